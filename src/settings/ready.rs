//! Parses the arguments of `ready`.

use super::input_parser::{Choices, InputParser};
use super::notes::MILESTONES;
use super::policy::{existing_branch, version_rules};
use super::publish::required_check;
use super::{PhaseSettings, Prepared, lines};
use crate::cli::ReadyArgs;
use crate::domain::{ChangeOptions, Code, Diagnostic, LabelRule, PreflightCheck, RightsOptions};
use crate::phases::{AnswerForm, NotReady, Plan, PlanOptions, Ready, ReadyOptions};
use crate::plan::Wanted;
use crate::protocol::Phase;

impl PhaseSettings for ReadyArgs {
    fn has(&self, input: &str) -> bool {
        match input {
            "validate-labels" => self.validate_labels,
            "feature-labels" => !self.rules.feature_labels.is_empty(),
            "milestone" => self.milestone.is_some(),
            "required-checks" => !self.required_checks.is_empty(),
            "comment" => self.comment.is_some(),
            _ => false,
        }
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let repository = parser.repository(&self.common);
        let tag_format = parser.parse("tag-format", self.tag_format.as_ref());
        let previous_tag = parser.parse("previous-tag", self.previous_tag.as_ref());
        let checks = lines(&self.required_checks)
            .filter_map(|line| required_check(parser, line))
            .collect();
        let comment = self.comment.as_deref();
        let comment = comment.and_then(|text| parser.take("comment", number(text)));
        let milestone = Choices::of(&MILESTONES);
        let milestone = parser.choice("milestone", self.milestone.as_deref(), &milestone);
        let policy = version_rules(parser, &self.rules);
        let branch = existing_branch(parser, "branch", self.branch.as_deref());
        let repository = repository?;
        let page = parser.repository_url(&repository);
        let changes = ChangeOptions {
            labels: if self.validate_labels {
                LabelRule::OneOfCategories
            } else {
                LabelRule::Any
            },
            milestone: milestone.unwrap_or_default(),
            feature_labels: lines(&self.rules.feature_labels)
                .map(str::to_owned)
                .collect(),
            page: page.clone(),
            ..ChangeOptions::default()
        };
        let options = ReadyOptions {
            repository: repository.clone(),
            page,
            branch,
            tag_format,
            previous_tag: previous_tag.clone(),
            checks,
            run: parser.run_id().parse().ok(),
            comment,
            not_ready: if self.fail_unless_ready {
                NotReady::Fail
            } else {
                NotReady::Report
            },
            form: if self.common.json {
                AnswerForm::Json
            } else {
                AnswerForm::Text
            },
        };
        let plan = move |wanted: Wanted| -> Box<dyn Phase> {
            Box::new(Plan::new(PlanOptions {
                wanted,
                previous_tag: previous_tag.clone(),
                guard_branch: None,
                changes: changes.clone(),
                policy: policy.clone(),
                rights: RightsOptions {
                    checks: vec![PreflightCheck::GitHub],
                    ..RightsOptions::default()
                },
            }))
        };
        Some(Prepared::on_github(
            repository,
            Ready::new(options, Box::new(plan)),
        ))
    }
}

/// The number of a pull request.
fn number(text: &str) -> Result<u64, Diagnostic> {
    let digits = text.trim().trim_start_matches('#');
    match digits.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err(Diagnostic::value(
            Code::PullRequestInvalid,
            "pull request",
            text,
            "is not the number of a pull request",
            "pass it on from the event: comment: ${{ github.event.pull_request.number }}",
        )),
    }
}
