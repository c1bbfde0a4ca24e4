//! Parses the arguments of `publish`.

use std::collections::BTreeSet;

use super::input_parser::{Choices, InputParser, TokenChoice};
use super::signing::signing_is_planned;
use super::{NotBegun, NotBegunCause, PhaseSettings, Prepared, lines};
use crate::cli::{PublishArgs, SigningInput};
use crate::domain::{JobResults, findings_from_json};
use crate::phases::{Finish, Legs, Publish, PublishInputs, PublishToken};
use crate::protocol::{CheckState, RequiredCheck};

impl PhaseSettings for PublishArgs {
    fn token(&self) -> TokenChoice {
        TokenChoice::Publishing
    }

    fn has(&self, input: &str) -> bool {
        match input {
            "test-legs" => !self.test_legs.is_empty(),
            "required-checks" => !self.required_checks.is_empty(),
            "builder-checks" => !self.builders.builder_checks.is_empty(),
            _ => false,
        }
    }

    fn signs(&self) -> bool {
        signing_is_planned(&self.plan)
    }

    fn signing(&self) -> Option<&SigningInput> {
        Some(&self.sigstore)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let inputs = PublishInputs {
            // The phase refuses to publish without them, and lists this together with everything else that it finds.
            artifacts: parser.artifacts(&self.artifacts).unwrap_or_default(),
            jobs: jobs(parser, self.needs.as_deref()),
            optional: lines(&self.optional_jobs).map(str::to_owned).collect(),
            legs: legs(&self.test_legs),
            checks: lines(&self.required_checks)
                .filter_map(|line| required_check(parser, line))
                .collect(),
            builders: parser.builders(&self.builders),
            logs: parser.path("logs", self.logs.as_ref()),
            report: self.report.then(|| {
                let server = parser.environment.context.server_url.clone();
                server.unwrap_or_else(|| "https://github.com".to_owned())
            }),
            finish: if self.leave_draft {
                Finish::LeaveDraft
            } else {
                Finish::Publish
            },
            began: Some(parser.environment.began()),
            id_token: parser.environment.context.id_token(),
            token: if parser.environment.context.uses_own_token() {
                PublishToken::OfWorkflowRun
            } else {
                PublishToken::Other
            },
        };
        if self.plan.plan.is_none() {
            parser.earlier = not_planned(parser, self, &inputs);
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        let owner = parser.lock_owner();
        Some(Prepared::planned(plan, |plan| {
            Publish::locked(plan, inputs, owner)
        }))
    }
}

/// What publishing is refused for without a plan: the findings of `plan`, or else that a job did not succeed.
fn not_planned(
    parser: &mut InputParser<'_>,
    args: &PublishArgs,
    inputs: &PublishInputs,
) -> Option<NotBegun> {
    if let Some(text) = args.findings.as_ref() {
        let text = parser.text_or_file("findings", text)?;
        let findings = parser.take("findings", findings_from_json(&text))?;
        let cause = NotBegunCause::PlanRefused;
        return Some(NotBegun { cause, findings });
    }
    let mut findings = inputs.jobs.as_ref()?.refusals(&inputs.optional);
    let first = findings.first_mut()?;
    first.seen.push_str("; so nothing is published");
    let cause = NotBegunCause::JobFailed;
    Some(NotBegun { cause, findings })
}

/// `none` says that no job is needed.
fn jobs(parser: &mut InputParser<'_>, needs: Option<&str>) -> Option<JobResults> {
    match needs {
        Some("none") => None,
        Some(text) => {
            let text = parser.text_or_file("needs", text)?;
            parser.take("needs", JobResults::from_json(&text))
        }
        None => {
            parser.missing(
                "needs",
                "write needs: ${{ toJSON(needs) }}, or `none` if the release needs no tests",
            );
            None
        }
    }
}

/// One number, or names.
pub(super) fn legs(given: &[String]) -> Legs {
    let names: BTreeSet<String> = lines(given).map(str::to_owned).collect();
    match names.first().map(|only| only.parse()) {
        None => Legs::None,
        Some(Ok(count)) if names.len() == 1 => Legs::Count(count),
        Some(_) => Legs::Named(names),
    }
}

/// `name`, or `name=neutral,skipped`.
pub(super) fn required_check(parser: &mut InputParser<'_>, line: &str) -> Option<RequiredCheck> {
    let (name, also) = line.rsplit_once('=').unwrap_or((line, ""));
    let states = [
        ("neutral", CheckState::Neutral),
        ("skipped", CheckState::Skipped),
    ];
    let also = also.split(',').filter(|word| !word.trim().is_empty());
    let also = also
        .filter_map(|word| parser.choice("required-checks", Some(word), &Choices::of(&states)))
        .collect();
    let name = parser.take("required-checks", name.trim().parse())?;
    Some(RequiredCheck { name, also })
}
