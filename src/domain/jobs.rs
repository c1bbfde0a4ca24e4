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
}

#[cfg(test)]
mod tests {
    use super::*;

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
