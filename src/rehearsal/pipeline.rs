//! The release from beginning to end, with its pull requests, in the order of the workflow *Create a release*.

use std::io;
use std::time::Duration;

use futures_util::future::join3;
use serde_json::json;

use super::Rehearsal;
use super::builders::{BUILDER_CHECKS, RehearsedBuilders};
use super::step::StepResult;
use crate::adapters::system_clock::SystemClock;
use crate::domain::Exit;
use crate::plan::{Artifacts, ReleasePlan, TagWhen, Verdict};
use crate::protocol::Clock as _;
use crate::settings::{BuilderBehavior, TestResult};

/// The inputs of `plan` that name images, or folders of registries.
const IMAGES: [&str; 3] = ["binary-image", "extra-images", "module-registry"];

/// The only leg of the rehearsal's tests.
const LEG: &str = "rehearsal";

/// The simulated duration of the tests.
const TESTS_TAKE: Duration = Duration::from_millis(400);

impl Rehearsal<'_> {
    /// Releases the commit that the bump leads to, and submits and promotes what was released. Returns the exit code of the first
    /// phase that failed.
    pub(super) async fn run_pipeline(&self) -> anyhow::Result<Exit> {
        let released = match self.commit_to_release().await? {
            Ok(commit) => self.release(&commit).await?,
            Err(exit) => Err(exit),
        };
        match released {
            Ok(plan) => Ok(self.submit_and_promote(&plan).await?),
            Err(exit) => {
                self.skip_proposals();
                Ok(exit)
            }
        }
    }

    /// Runs the phases of the release in order, with builders and tests in parallel; ends early if `plan` or `draft` fails. Returns
    /// the plan, or the exit code of the first phase that failed.
    async fn release(&self, commit: &str) -> anyhow::Result<Result<String, Exit>> {
        let planned = self.plan(commit).await?;
        if !planned.succeeded() {
            return Ok(Err(planned.exit));
        }
        let plan = planned.output("plan");
        let builders = RehearsedBuilders::listen(self, planned.output("commit"));
        let drafted = self.step("draft", &[("plan", plan)]).await?;
        if !drafted.succeeded() {
            return Ok(Err(drafted.exit));
        }
        let ((), awaited, unit_tests) = join3(
            builders.build(plan),
            self.await_artifacts(plan),
            self.test("unit tests", self.settings.unit_tests),
        )
        .await;
        let awaited = awaited?;
        let artifacts = awaited.output("artifacts");
        let (fetched, e2e_tests) = if awaited.succeeded() {
            self.test_release(plan, artifacts).await?
        } else {
            (Exit::Done, "skipped")
        };
        let needs = json!({
            "await": {"result": awaited.result()},
            "unit-tests": {"result": unit_tests},
            "e2e-tests": {"result": e2e_tests},
        });
        let inputs = [
            ("plan", plan),
            ("artifacts", artifacts),
            ("needs", &needs.to_string()),
            ("test-legs", LEG),
            ("builder-checks", BUILDER_CHECKS),
        ];
        let published = self.step("publish", &inputs).await?;
        let verified = match published.exit {
            Exit::Done => self.verify().await?.exit,
            _ => Exit::Done,
        };
        let exits = [awaited.exit, fetched, published.exit, verified];
        let failed = exits.into_iter().find(|exit| *exit != Exit::Done);
        Ok(failed.map_or_else(|| Ok(plan.to_owned()), Err))
    }

    async fn plan(&self, commit: &str) -> anyhow::Result<StepResult> {
        let release = &self.settings.release;
        let tag_when = match self.settings.tag_when {
            TagWhen::Draft => "draft",
            TagWhen::Publish => "publish",
        };
        let mut given = release.plan.clone();
        for (input, value) in &mut given {
            if IMAGES.contains(input) {
                *value = self.services.in_registry(value);
            }
        }
        let given = given.iter().map(|(input, value)| (*input, value.as_str()));
        let fixed = [
            ("commit", commit),
            ("guard-branch", "main"),
            ("tag-when", tag_when),
            ("signing", "require"),
        ];
        let inputs: Vec<_> = given.chain(fixed).collect();
        Ok(self.step("plan", &inputs).await?)
    }

    /// Verifies the published release, with its signatures.
    async fn verify(&self) -> io::Result<StepResult> {
        let tag = self.settings.release.tag.as_str();
        self.step("verify", &[("version", tag)]).await
    }

    async fn await_artifacts(&self, plan: &str) -> io::Result<StepResult> {
        let timeout = match self.settings.builders {
            BuilderBehavior::Build | BuilderBehavior::Fail => "2m",
            BuilderBehavior::Never => "4s",
        };
        let inputs = [
            ("plan", plan),
            ("await-interval", "1s"),
            ("builder-checks", BUILDER_CHECKS),
            ("timeout", timeout),
        ];
        self.step("await", &inputs).await
    }

    /// Fetches the module, if there is one, and records the result of its tests. Returns the exit code of `fetch-module` and
    /// the result of the tests.
    async fn test_release(
        &self,
        plan: &str,
        artifacts: &str,
    ) -> anyhow::Result<(Exit, &'static str)> {
        if self.settings.release.module.is_some() {
            let inputs = [("plan", plan), ("artifacts", artifacts)];
            let fetched = self.step("fetch-module", &inputs).await?;
            if !fetched.succeeded() {
                return Ok((fetched.exit, "skipped"));
            }
            let manifest = fetched.output("manifest");
            let bytes = std::fs::metadata(self.services.workspace.join(manifest))?.len();
            self.timeline
                .log("e2e tests", &format!("apply {manifest} ({bytes} bytes)"));
        }
        if self.settings.e2e_tests == TestResult::Forged {
            self.forge_result(plan, artifacts)?;
            return Ok((Exit::Done, "success"));
        }
        let result = self.test("e2e tests", self.settings.e2e_tests).await;
        let inputs = [
            ("plan", plan),
            ("artifacts", artifacts),
            ("leg", LEG),
            ("result", result),
        ];
        self.step("record-tests", &inputs).await?;
        Ok((Exit::Done, result))
    }

    /// Writes the commit status of tests that passed, as anybody can whose token may write one. Nothing is signed.
    fn forge_result(&self, plan: &str, artifacts: &str) -> anyhow::Result<()> {
        let verdict = Verdict {
            run: ReleasePlan::from_json(plan, None)?.wanted.run,
            artifacts: Artifacts::from_json(artifacts)?.digest(),
        };
        let context = Verdict::context(LEG);
        let mut world = self.services.github.world();
        let repository = world.repository(&self.services.repository);
        repository.status(&context, "success");
        if let Some(status) = repository.statuses.last_mut() {
            status.description = Some(verdict.to_string());
        }
        let what = format!("somebody sets {context} to success, and nothing was tested");
        self.timeline.log("e2e tests", &what);
        Ok(())
    }

    /// Simulates the tests. The result is as GitHub calls it in the context `needs`.
    async fn test(&self, name: &str, result: TestResult) -> &'static str {
        let _spinner = self.timeline.spinner(name);
        let clock = SystemClock::start();
        clock.sleep_until(clock.now().plus(TESTS_TAKE)).await;
        let result = match result {
            TestResult::Pass | TestResult::Forged => "success",
            TestResult::Fail => "failure",
        };
        self.timeline.log(name, result);
        result
    }
}
