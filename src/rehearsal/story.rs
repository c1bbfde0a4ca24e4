//! The release from beginning to end, in the order of the workflow *Create a release*.

use std::time::Duration;

use futures_util::future::join3;
use serde_json::json;

use super::Script;
use super::builders::Builders;
use super::invocation::{Ended, run};
use super::timeline::Timeline;
use super::world::World;
use crate::adapters::system_clock::SystemClock;
use crate::domain::Exit;
use crate::protocol::Clock as _;

/// How everyone plays their part.
pub(super) struct Cast {
    pub(super) unit_tests_pass: bool,
    pub(super) e2e_passes: bool,
    pub(super) builders_build: bool,
}

pub(super) struct Story<'a> {
    world: &'a World,
    script: &'a Script,
    timeline: &'a Timeline,
    run_id: String,
}

/// The only leg of the rehearsal's tests.
const LEG: &str = "rehearsal";

/// How long the tests pretend to take.
const TESTS_TAKE: Duration = Duration::from_millis(400);

impl<'a> Story<'a> {
    pub(super) fn new(world: &'a World, script: &'a Script, timeline: &'a Timeline) -> Self {
        let now = SystemClock::start()
            .wall()
            .duration_since(std::time::SystemTime::UNIX_EPOCH);
        Self {
            world,
            script,
            timeline,
            run_id: now.unwrap_or_default().as_millis().to_string(),
        }
    }

    pub(super) async fn tell(&self) -> anyhow::Result<Exit> {
        let planned = self.plan().await?;
        if !planned.succeeded() {
            return Ok(exit(planned.code));
        }
        let plan = planned.output("plan");
        let builders = Builders::listen(self.world, self.script, self.timeline, &self.run_id);
        let drafted = self.phase("draft", &[("plan", plan)]).await?;
        if !drafted.succeeded() {
            return Ok(exit(drafted.code));
        }
        let timeout = if self.script.cast.builders_build {
            "2m"
        } else {
            "4s"
        };
        let inputs = [
            ("plan", plan),
            ("await-interval", "1s"),
            ("timeout", timeout),
        ];
        let (built, awaited, unit_tests) = join3(
            builders.build(plan),
            self.phase("await", &inputs),
            self.unit_tests(),
        )
        .await;
        built?;
        let awaited = awaited?;
        let artifacts = awaited.output("artifacts");
        let (fetched, e2e) = if awaited.succeeded() {
            let fetched = self
                .phase("fetch-module", &[("plan", plan), ("artifacts", artifacts)])
                .await?;
            let e2e = self.e2e(&fetched).await?;
            self.record(plan, artifacts, e2e).await?;
            (exit(fetched.code), e2e)
        } else {
            (Exit::Done, "skipped")
        };
        let needs = json!({
            "await": {"result": awaited.result()},
            "unit-tests": {"result": unit_tests},
            "e2e-tests": {"result": e2e},
        });
        let inputs = [
            ("plan", plan),
            ("artifacts", artifacts),
            ("needs", &needs.to_string()),
            ("test-legs", LEG),
        ];
        let published = self.phase("publish", &inputs).await?;
        Ok(*[exit(awaited.code), fetched, exit(published.code)]
            .iter()
            .find(|e| **e != Exit::Done)
            .unwrap_or(&Exit::Done))
    }

    async fn plan(&self) -> anyhow::Result<Ended> {
        let assets = "template.yaml\ntemplate_control_plane.yaml\nrendered.yaml";
        let (binary, registry) = (self.world.binary_image(), self.world.module_registry());
        let inputs = [
            ("version", self.script.version.as_str()),
            ("assets", assets),
            ("binary-image", &binary),
            ("module-name", "kyma.project.io/module/btp-operator"),
            ("module-registry", &registry),
            ("guard-branch", "main"),
        ];
        self.phase("plan", &inputs).await
    }

    async fn phase(&self, name: &str, inputs: &[(&str, &str)]) -> anyhow::Result<Ended> {
        Ok(run(self.world, self.timeline, &self.run_id, name, inputs).await?)
    }

    async fn unit_tests(&self) -> &'static str {
        self.play("unit tests", self.script.cast.unit_tests_pass)
            .await
    }

    /// Looks at what a test in a cluster would be given: the manifest that `fetch-module` unpacked.
    async fn e2e(&self, fetched: &Ended) -> anyhow::Result<&'static str> {
        if !fetched.succeeded() {
            return Ok("skipped");
        }
        let manifest = self.world.workspace.join(fetched.output("manifest"));
        let bytes = std::fs::metadata(&manifest)?.len();
        self.timeline.say(
            "e2e tests",
            &format!("apply {} ({bytes} bytes)", fetched.output("manifest")),
        );
        Ok(self.play("e2e tests", self.script.cast.e2e_passes).await)
    }

    /// What the leg of the tests says, for the gate to find.
    async fn record(&self, plan: &str, artifacts: &str, result: &str) -> anyhow::Result<()> {
        if result != "skipped" {
            let inputs = [
                ("plan", plan),
                ("artifacts", artifacts),
                ("leg", LEG),
                ("result", result),
            ];
            self.phase("record-tests", &inputs).await?;
        }
        Ok(())
    }

    async fn play(&self, who: &str, passes: bool) -> &'static str {
        let _busy = self.timeline.busy(who);
        let clock = SystemClock::start();
        clock.sleep_until(clock.now().plus(TESTS_TAKE)).await;
        let result = if passes { "success" } else { "failure" };
        self.timeline.say(who, result);
        result
    }
}

fn exit(code: u8) -> Exit {
    Exit::ALL
        .into_iter()
        .find(|exit| exit.code() == code)
        .unwrap_or(Exit::Bug)
}
