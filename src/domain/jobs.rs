//! The results of the jobs that the publishing job needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Code, Diagnostic};

/// The context `needs` of the publishing job: the result of each job by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobResults(BTreeMap<String, String>);

impl JobResults {
    /// Parses `toJSON(needs)`: an object with an object for each job, whose `result` is `success`, `failure`, `cancelled` or
    /// `skipped` ([contexts reference, `needs`](https://docs.github.com/en/actions/reference/workflows-and-actions/contexts)).
    ///
    /// # Errors
    ///
    /// [`Code::NeedsUnreadable`] if the text is no such object.
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        #[derive(serde::Deserialize)]
        struct NeededJob {
            result: String,
        }
        let jobs: BTreeMap<String, NeededJob> = serde_json::from_str(text).map_err(|error| {
            Diagnostic::value(
                Code::NeedsUnreadable,
                "needs",
                text.chars().take(80).collect::<String>(),
                format!("is not the context of this name: {error}"),
                "write needs: ${{ toJSON(needs) }}",
            )
        })?;
        Ok(Self(
            jobs.into_iter()
                .map(|(name, job)| (name, job.result))
                .collect(),
        ))
    }

    /// Each job and its result, by name.
    pub fn iter(&self) -> impl Iterator<Item = (String, String)> {
        self.0
            .iter()
            .map(|(name, result)| (name.clone(), result.clone()))
    }

    /// Whether the publishing job needs no other job.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The jobs that prevent publishing, with their results: all that did not succeed, except optional jobs that were skipped.
    pub fn objections<'a>(
        &'a self,
        optional: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(move |(name, result)| match result.as_str() {
                "success" => false,
                "skipped" => !optional.contains(*name),
                _ => true,
            })
            .map(|(name, result)| (name.as_str(), result.as_str()))
    }

    /// The same as findings, with each cause once: jobs that were skipped after another one failed are named with that one.
    pub fn refusals(&self, optional: &BTreeSet<String>) -> Vec<Diagnostic> {
        let all = self.objections(optional);
        let (skipped, ended): (Vec<_>, Vec<_>) = all.partition(|(_, result)| *result == "skipped");
        let skipped: Vec<_> = skipped.into_iter().map(|(name, _)| name).collect();
        if ended.is_empty() {
            return only_skipped(&skipped).into_iter().collect();
        }
        let mut findings: Vec<_> = ended
            .into_iter()
            .map(|(name, result)| {
                let repair = "look at its log, repair what it says, and run it again";
                let (seen, help) = match result {
                    "failure" => (format!("the job {name} failed"), repair),
                    "cancelled" => (
                        format!("the job {name} was cancelled"),
                        "run it again: somebody cancelled it, or it took longer than it may",
                    ),
                    _ => (format!("the job {name} ended with {result}"), repair),
                };
                Diagnostic::error(Code::JobNotSuccessful, seen, help)
            })
            .collect();
        if let Some(first) = findings.first_mut().filter(|_| !skipped.is_empty()) {
            let after = format!("; skipped after that: {}", skipped.join(", "));
            first.seen.push_str(&after);
        }
        findings
    }
}

/// The jobs without which there is no release: they are never optional.
const ESSENTIAL: [&str; 3] = ["draft", "plan", "start"];

/// Jobs that were skipped although no other one failed: the caller's own conditions skipped them.
fn only_skipped(skipped: &[&str]) -> Option<Diagnostic> {
    let (jobs, were) = match skipped {
        [] => return None,
        [one] => (format!("the job {one}"), "was"),
        many => (format!("the jobs {}", many.join(", ")), "were"),
    };
    let look = "look at its `if:` and at the jobs that it needs";
    let mut help = format!("a job that this release has must run: {look}");
    let optional: Vec<_> = skipped
        .iter()
        .filter(|job| !ESSENTIAL.contains(*job))
        .collect();
    if !optional.is_empty() {
        help.push_str("\nname the jobs that this release does not have:\noptional-jobs: |");
        for job in optional {
            help.push_str("\n  ");
            help.push_str(job);
        }
    }
    let seen = format!("{jobs} {were} skipped, and no other job failed");
    Some(Diagnostic::error(Code::JobNotSuccessful, seen, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `toJSON(needs)` of a publishing job with these results.
    fn needs(results: &[(&str, &str)]) -> JobResults {
        let jobs = results.iter().map(|(name, result)| {
            let job = serde_json::json!({"result": result, "outputs": {}});
            ((*name).to_owned(), job)
        });
        let json: serde_json::Map<_, _> = jobs.collect();
        JobResults::from_json(&serde_json::Value::from(json).to_string()).unwrap()
    }

    fn told(results: &[(&str, &str)], optional: &[&str]) -> Vec<String> {
        let optional = optional.iter().map(|&name| name.to_owned()).collect();
        let findings = needs(results).refusals(&optional);
        let told = |one: &Diagnostic| {
            assert_eq!(one.code, Code::JobNotSuccessful);
            format!("{} / {}", one.seen, one.help)
        };
        findings.iter().map(told).collect()
    }

    #[test]
    fn each_cause_is_told_once() {
        const REPAIR: &str = "look at its log, repair what it says, and run it again";
        let start_failed = [
            ("start", "failure"),
            ("unit-tests", "skipped"),
            ("build-image", "skipped"),
            ("build-module", "skipped"),
            ("e2e-tests", "skipped"),
        ];
        assert_eq!(
            told(&start_failed, &[]),
            [format!(
                "the job start failed; skipped after that: build-image, build-module, e2e-tests, \
                 unit-tests / {REPAIR}"
            )]
        );
        let all = |job: &str, result: &str| {
            let names = ["start", "unit-tests", "build-image", "e2e-tests"];
            let results = names.map(|name| (name, if name == job { result } else { "success" }));
            told(&results, &["build-image"])
        };
        assert_eq!(all("", ""), [""; 0]);
        assert_eq!(
            all("unit-tests", "failure"),
            [format!("the job unit-tests failed / {REPAIR}")]
        );
        assert_eq!(
            all("e2e-tests", "cancelled"),
            [
                "the job e2e-tests was cancelled / run it again: somebody cancelled it, or it took longer than it may"
            ]
        );
        let two = [
            ("e2e-tests", "failure"),
            ("start", "success"),
            ("unit-tests", "failure"),
        ];
        assert_eq!(
            told(&two, &[]),
            [
                format!("the job e2e-tests failed / {REPAIR}"),
                format!("the job unit-tests failed / {REPAIR}")
            ],
            "two causes"
        );
    }

    #[test]
    fn optional_jobs_are_proposed_only_for_skipped_jobs() {
        assert_eq!(
            told(
                &[
                    ("start", "success"),
                    ("build-module", "skipped"),
                    ("upgrade", "skipped")
                ],
                &[]
            ),
            [
                "the jobs build-module, upgrade were skipped, and no other job failed / a job that this release has must run: \
                 look at its `if:` and at the jobs that it needs\nname the jobs that this release does not have:\n\
                 optional-jobs: |\n  build-module\n  upgrade"
            ]
        );
        let optional = ["build-module"];
        assert_eq!(
            told(
                &[("start", "success"), ("build-module", "skipped")],
                &optional
            ),
            [""; 0]
        );
        for job in ["plan", "start", "draft"] {
            let [one] = told(&[(job, "skipped")], &[]).try_into().unwrap();
            assert!(
                one.starts_with(&format!("the job {job} was skipped")),
                "{one}"
            );
            assert!(!one.contains("optional-jobs"), "{one}");
        }
        for result in ["failure", "cancelled", "new"] {
            let [one] = told(&[("build-module", result)], &optional)
                .try_into()
                .unwrap();
            assert!(!one.contains("optional-jobs"), "{one}");
        }
    }

    #[test]
    fn objections_are_all_but_success_and_skipped_optional_jobs() {
        let json = r#"{"a":{"result":"success","outputs":{}},"b":{"result":"skipped"},"c":{"result":"cancelled"},"d":{"result":"failure"},"e":{"result":"new"}}"#;
        let jobs = JobResults::from_json(json).unwrap();
        let none = BTreeSet::new();
        let optional: BTreeSet<String> = ["b".into(), "c".into()].into();
        let all = |optional| {
            jobs.objections(optional)
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(all(&none), ["b", "c", "d", "e"]);
        assert_eq!(
            all(&optional),
            ["c", "d", "e"],
            "an optional job may be skipped, not fail"
        );
        for text in ["", "[]", "{\"a\":1}", "{\"a\":{}}"] {
            assert_eq!(
                JobResults::from_json(text).unwrap_err().code,
                Code::NeedsUnreadable
            );
        }
    }
}
