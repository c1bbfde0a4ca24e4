//! Each merged pull request has exactly one label of the categories.

use super::config::has_label;
use super::{Changes, ReleaseConfig, told};
use crate::domain::{Code, Diagnostic};

/// That there are pull requests whose labels were not read. A first release has no previous one up to which all are read.
pub(crate) fn labels_unchecked(changes: &Changes) -> Option<Diagnostic> {
    let unchecked = || {
        Diagnostic::warning(
            Code::LabelsUnchecked,
            format!(
                "labels were validated for the newest {} commits only, as for every first release: those of older pull requests are not known",
                changes.commits.len()
            ),
            "name a tag from which on they have to be right as `previous-tag`",
        )
    };
    (!changes.is_complete).then(unchecked)
}

/// All pull requests with none of the labels, or with several. Those that GitHub leaves out need none.
pub(crate) fn check_labels(
    changes: &Changes,
    config: &ReleaseConfig,
    page: &str,
) -> Option<Diagnostic> {
    let labels = config.labels();
    if labels.is_empty() {
        return Some(Diagnostic::error(
            Code::ReleaseConfigMissing,
            "labels are to be validated, and .github/release.yml at the commit names none",
            "add the file with changelog.categories and their labels, or leave `validate-labels` out",
        ));
    }
    let mut wrong = Vec::new();
    for pull in &changes.pulls {
        let of_pull: Vec<_> = labels
            .iter()
            .copied()
            .filter(|label| has_label(pull, label))
            .collect();
        if of_pull.len() != 1 && !config.leaves_out(pull) {
            let has = match of_pull.as_slice() {
                [] => "none".to_owned(),
                several => several.join(", "),
            };
            wrong.push(format!("{page}/pull/{} has {has}", pull.number));
        }
    }
    (!wrong.is_empty()).then(|| {
        Diagnostic::error(
            Code::LabelsInvalid,
            format!(
                "{} of {} merged pull requests do not have exactly one of the labels {}:{}",
                wrong.len(),
                changes.pulls.len(),
                labels.join(", "),
                told(&wrong)
            ),
            "open each of them, set exactly one of these labels, and run plan again",
        )
    })
}
