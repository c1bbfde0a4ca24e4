//! `finish-settings`: what the second half of a release needs, out of the outputs of the jobs before it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::CommandReport;
use crate::domain::{Code, Diagnostic, JobResults};

/// The largest `needs` that is read, in bytes: GitHub's limit for the outputs of one job
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs>).
const LARGEST: usize = 1024 * 1024;

/// The jobs that the publishing job needs.
#[derive(Clone, Debug)]
pub struct Jobs {
    results: JobResults,
    outputs: BTreeMap<String, Outputs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndedJob {
    /// A job without outputs has none or, with some runners, `null`.
    outputs: Option<Outputs>,
}

/// The outputs that are read. Jobs may have others, which may be anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Outputs {
    plan: String,
    artifacts: String,
    /// None where the job has no such output; an empty one names no leg.
    test_legs: Option<String>,
    optional_jobs: String,
    builder_checks: String,
    image_platforms: String,
    findings: String,
}

impl Jobs {
    /// Parses `toJSON(needs)`.
    ///
    /// # Errors
    ///
    /// [`Code::NeedsUnreadable`] if the text is not this context, or is larger than the outputs of a job may be.
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        if text.len() > LARGEST {
            return Err(Diagnostic::error(
                Code::NeedsUnreadable,
                format!("needs has {} bytes, and {LARGEST} are read", text.len()),
                "leave jobs with large outputs out of `needs` of the publishing job, or put a job without outputs between",
            ));
        }
        let results = JobResults::from_json(text)?;
        let jobs: BTreeMap<String, EndedJob> = serde_json::from_str(text).map_err(|error| {
            Diagnostic::error(
                Code::NeedsUnreadable,
                format!("an output of a job cannot be read: {error}"),
                "write needs: ${{ toJSON(needs) }}",
            )
        })?;
        let outputs = jobs
            .into_iter()
            .map(|(name, job)| (name, job.outputs.unwrap_or_default()));
        Ok(Self {
            results,
            outputs: outputs.collect(),
        })
    }

    /// The value of an output that may have only one, and a job that gives it; both empty where no job does.
    fn one(
        &self,
        output: &str,
        of: impl Fn(&Outputs) -> &str,
    ) -> Result<(&str, String), Diagnostic> {
        let mut given = self
            .outputs
            .iter()
            .map(|(job, outputs)| (job, of(outputs)))
            .filter(|(_, value)| !value.is_empty());
        let Some((first, value)) = given.next() else {
            return Ok(("", String::new()));
        };
        match given.find(|(_, other)| *other != value) {
            None => Ok((first, value.to_owned())),
            Some((second, _)) => Err(Diagnostic::error(
                Code::NeedsContradict,
                format!("the jobs {first} and {second} have different outputs `{output}`"),
                format!(
                    "need only jobs of one release; give an output of your own that is not ours another name than `{output}`"
                ),
            )),
        }
    }

    /// The lines of an output of several jobs, each once.
    fn lines<'a>(&'a self, of: impl Fn(&'a Outputs) -> &'a str) -> BTreeSet<&'a str> {
        let texts = self
            .outputs
            .values()
            .flat_map(|outputs| of(outputs).lines());
        texts
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect()
    }
}

/// The jobs, and those that may be skipped whatever the release has.
#[derive(Clone, Debug)]
pub struct FinishSettings {
    pub jobs: Jobs,
    pub optional: BTreeSet<String>,
}

impl FinishSettings {
    /// Everything that `await` and `publish` take.
    ///
    /// # Errors
    ///
    /// If two jobs contradict each other, a job of tests names no leg, or neither a plan nor the reasons against one are there.
    pub fn report(&self) -> Result<CommandReport, Diagnostic> {
        let jobs = &self.jobs;
        let (planned, plan) = jobs.one("plan", |outputs| &outputs.plan)?;
        let (awaited, artifacts) = jobs.one("artifacts", |outputs| &outputs.artifacts)?;
        let (_, findings) = jobs.one("findings", |outputs| &outputs.findings)?;
        if plan.is_empty() && findings.is_empty() {
            return Err(self.without_plan());
        }
        let mut optional = jobs.lines(|outputs| &outputs.optional_jobs);
        optional.extend(self.optional.iter().map(String::as_str));
        let names: BTreeSet<String> = optional.iter().map(|name| (*name).to_owned()).collect();
        let passed = !plan.is_empty() && jobs.results.objections(&names).next().is_none();
        let legs = self.legs(passed)?;
        let joined = |lines: BTreeSet<&str>| lines.into_iter().collect::<Vec<_>>().join("\n");
        let from = |what: &str, job: &str, otherwise: &str| match job {
            "" => format!("{what}: {otherwise}"),
            job => format!("{what} of the job {job}"),
        };
        Ok(CommandReport::default()
            .line(from("plan", planned, "none, since it was refused"))
            .line(from("artifacts", awaited, "no job has awaited them yet"))
            .output("plan", plan)
            .output("findings", findings)
            .output("artifacts", artifacts)
            .output("test-legs", joined(legs))
            .output("optional-jobs", joined(optional))
            .output("builder-checks", joined(jobs.lines(|o| &o.builder_checks)))
            .output(
                "image-platforms",
                joined(jobs.lines(|o| &o.image_platforms)),
            )
            .output("jobs-passed", passed))
    }

    /// The legs of the tests. Where all jobs passed, one that has tested has to name its legs: an empty list would require none.
    fn legs(&self, passed: bool) -> Result<BTreeSet<&str>, Diagnostic> {
        let nameless = |outputs: &Outputs| matches!(outputs.test_legs.as_deref(), Some(legs) if legs.trim().is_empty());
        let job = self.jobs.outputs.iter().find(|(_, job)| nameless(job));
        match job.filter(|_| passed) {
            Some((name, _)) => Err(Diagnostic::error(
                Code::VerdictMissing,
                format!("the job {name} has an output `test-legs` that names no leg"),
                format!("see the log of the job {name}, and run it again"),
            )),
            None => Ok(self
                .jobs
                .lines(|o| o.test_legs.as_deref().unwrap_or_default())),
        }
    }

    /// No job has a plan, and none says why there is none.
    fn without_plan(&self) -> Diagnostic {
        let nothing = BTreeSet::new();
        let failed = self.jobs.results.objections(&nothing);
        let failed: Vec<_> = failed
            .filter(|(_, result)| *result != "skipped")
            .map(|(name, result)| format!("the job {name} ended with {result}"))
            .collect();
        if failed.is_empty() {
            return Diagnostic::error(
                Code::InputMissing,
                "no job under `needs` has the output `plan`".to_owned(),
                "add the job that calls start-release.yaml to `needs` of the publishing job",
            );
        }
        Diagnostic::error(
            Code::JobNotSuccessful,
            format!("there is no plan: {}", failed.join(", ")),
            "see the log of that job; repair it and run it again",
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn start() -> Value {
        json!({"result": "success", "outputs": {
            "plan": "{\"schema\": 1}", "optional-jobs": "assets\nbuild-module", "builder-checks": "*Build image / Build image",
            "image-platforms": "linux/amd64\nlinux/arm64", "version": "1.2.0",
        }})
    }

    fn tests() -> Value {
        json!({"result": "success", "outputs": {"artifacts": "{\"a\": 1}", "test-legs": "k3s-1\nk3s-2"}})
    }

    fn settings(jobs: &Value) -> FinishSettings {
        FinishSettings {
            jobs: Jobs::from_json(&jobs.to_string()).unwrap(),
            optional: ["upgrade".to_owned()].into(),
        }
    }

    fn outputs(jobs: &Value) -> BTreeMap<&'static str, String> {
        let report = settings(jobs).report().unwrap();
        report
            .outputs
            .into_iter()
            .map(|o| (o.name, o.value))
            .collect()
    }

    fn refused(jobs: &Value) -> Diagnostic {
        settings(jobs).report().unwrap_err()
    }

    #[test]
    fn outputs_of_all_jobs_are_collected() {
        let more = json!({"result": "success", "outputs": {"artifacts": "{\"a\": 1}", "test-legs": "k3s-2\nk3s-3"}});
        let own = json!({"result": "success", "outputs": {"images": ["a", "b"], "digest": 1, "build-report": {}}});
        let jobs = json!({"start": start(), "e2e-tests": tests(), "more": more, "build": own,
            "assets": {"result": "skipped", "outputs": {}}, "stress": {"result": "success", "outputs": null},
            "upgrade": {"result": "skipped"}});
        let wanted = [
            ("artifacts", "{\"a\": 1}"),
            ("builder-checks", "*Build image / Build image"),
            ("findings", ""),
            ("image-platforms", "linux/amd64\nlinux/arm64"),
            ("jobs-passed", "true"),
            ("optional-jobs", "assets\nbuild-module\nupgrade"),
            ("plan", "{\"schema\": 1}"),
            ("test-legs", "k3s-1\nk3s-2\nk3s-3"),
        ];
        let wanted = wanted.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(outputs(&jobs), wanted.into());
    }

    #[test]
    fn nothing_is_awaited_when_a_job_failed() {
        for (result, passed) in [
            ("success", "true"),
            ("failure", "false"),
            ("cancelled", "false"),
            ("skipped", "false"),
        ] {
            let jobs = json!({"start": start(), "stress": {"result": result, "outputs": {}}});
            let outputs = outputs(&jobs);
            assert_eq!(outputs["jobs-passed"], passed, "{result}");
            assert_eq!(
                (outputs["artifacts"].as_str(), outputs["test-legs"].as_str()),
                ("", "")
            );
        }
    }

    #[test]
    fn two_releases_are_not_one() {
        let mut other = start();
        other["outputs"]["plan"] = json!("{\"schema\": 2}");
        let found = refused(&json!({"start": start(), "again": other}));
        assert_eq!(found.code, Code::NeedsContradict);
        assert_eq!(
            found.seen,
            "the jobs again and start have different outputs `plan`"
        );
        let mut others = tests();
        others["outputs"]["artifacts"] = json!("{}");
        let found = refused(&json!({"start": start(), "a": tests(), "b": others}));
        assert_eq!(
            found.seen,
            "the jobs a and b have different outputs `artifacts`"
        );
        assert_eq!(
            outputs(&json!({"start": start(), "again": start()}))["jobs-passed"],
            "true"
        );
    }

    #[test]
    fn a_missing_plan_is_explained() {
        let skipped = json!({"result": "skipped", "outputs": {}});
        let found =
            refused(&json!({"start": {"result": "failure", "outputs": {}}, "build": skipped}));
        assert_eq!(found.code, Code::JobNotSuccessful);
        assert_eq!(
            found.seen,
            "there is no plan: the job start ended with failure"
        );
        let found = refused(&json!({"tests": tests()}));
        assert_eq!(found.code, Code::InputMissing);
        assert!(found.help.contains("start-release.yaml"), "{found:?}");
    }

    #[test]
    fn findings_of_a_refused_plan_are_passed_on() {
        let start = json!({"result": "failure", "outputs": {"findings": "[{}]"}});
        let outputs =
            outputs(&json!({"start": start, "build": {"result": "skipped", "outputs": {}}}));
        assert_eq!(outputs["findings"], "[{}]");
        assert_eq!(
            (outputs["plan"].as_str(), outputs["jobs-passed"].as_str()),
            ("", "false")
        );
    }

    #[test]
    fn tests_that_name_no_leg_do_not_pass() {
        let mut silent = tests();
        silent["outputs"]["test-legs"] = json!("");
        let found = refused(&json!({"start": start(), "e2e-tests": silent.clone()}));
        assert_eq!(found.code, Code::VerdictMissing);
        assert!(found.seen.contains("e2e-tests"), "{found:?}");
        silent["result"] = json!("failure");
        let failed = outputs(&json!({"start": start(), "e2e-tests": silent}));
        assert_eq!(failed["jobs-passed"], "false");
    }

    #[test]
    fn what_is_not_the_context_is_refused() {
        let large = format!(
            "{{\"a\": {{\"result\": \"success\", \"outputs\": {{\"x\": \"{}\"}}}}}}",
            "x".repeat(LARGEST)
        );
        let texts = [
            "",
            "[]",
            "{\"a\": {\"result\": \"success\", \"outputs\": {\"plan\": 1}}}",
            &large,
        ];
        for text in texts {
            let found = Jobs::from_json(text).unwrap_err();
            assert_eq!(found.code, Code::NeedsUnreadable, "{}", found.seen);
            assert!(found.seen.len() < 300, "{}", found.seen);
        }
    }
}
