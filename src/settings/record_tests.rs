//! Parses the arguments of `record-tests`.

use std::collections::BTreeMap;

use url::Url;

use super::input_parser::{Choices, InputParser};
use super::signing::signing_is_planned;
use super::{PhaseSettings, Prepared, lines};
use crate::cli::{RecordTestsArgs, SigningInput};
use crate::domain::{Code, Diagnostic};
use crate::phases::{FinishedLeg, FinishedLegs, LegResult, RecordTests, ResultSigner, SignLegs};
use crate::plan::Artifacts;
use crate::protocol::StatusState;

/// The most characters of the name of a leg. GitHub takes 255 in the context of a status, which begins with `btp-release/e2e/`.
const MOST_LEG: usize = 239;

impl PhaseSettings for RecordTestsArgs {
    fn signs(&self) -> bool {
        !self.status_only && signing_is_planned(&self.plan)
    }

    fn has(&self, input: &str) -> bool {
        input == "legs" && lines(&self.legs).next().is_some()
    }

    fn signing(&self) -> Option<&SigningInput> {
        Some(&self.sigstore)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        if lines(&self.legs).next().is_some() {
            return self.prepare_legs(parser);
        }
        let results = [
            ("success", StatusState::Success),
            ("failure", StatusState::Failure),
        ];
        let results = Choices::of(&results);
        let state = parser.choice("result", self.result.as_deref(), &results);
        let leg = self.leg.as_deref().map(leg_name);
        let leg = leg.and_then(|name| parser.take("leg", name));
        if self.leg.is_none() {
            parser.missing(
                "leg",
                "name this leg of the tests, such as k3s-${{ matrix.k3s }}, or `legs` whose jobs have ended",
            );
        }
        let url = self.page(parser);
        let artifacts = self.tested(parser);
        let configuration = self.configuration(parser);
        let signed_by = if self.status_only {
            ResultSigner::LaterJob
        } else {
            ResultSigner::ThisJob(parser.environment.context.id_token())
        };
        let attempt = parser.lock_owner().attempt;
        let plan = parser.plan(&self.plan, &self.common)?;
        let result = LegResult {
            leg: leg?,
            state: state.unwrap_or(StatusState::Success),
            artifacts: artifacts?,
            url: url?,
            configuration,
            attempt,
            signed_by,
        };
        Some(Prepared::planned(plan, |plan| {
            RecordTests::new(plan, result)
        }))
    }
}

impl RecordTestsArgs {
    /// Legs whose jobs have ended.
    fn prepare_legs(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let given = [
            ("leg", self.leg.is_some()),
            ("result", self.result.is_some()),
            ("status-only", self.status_only),
        ];
        for (input, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            let both = Diagnostic::error(
                Code::InputsExclusive,
                format!(
                    "is given together with `legs`, which takes from GitHub how each leg ended, and `{input}` is about one leg"
                ),
                format!("leave `{input}` out, or `legs`"),
            );
            parser.take::<(), _>(input, Err(both));
        }
        let legs = parser.take("legs", finished_legs(lines(&self.legs)));
        let url = self.page(parser);
        let artifacts = self.tested(parser);
        let configuration = self.configuration(parser);
        let id_token = parser.environment.context.id_token();
        let owner = parser.lock_owner();
        if owner.run.is_none() || owner.repository.is_none() {
            parser.missing(
                "GITHUB_RUN_ID",
                "the runner sets it: only a job of the run that the legs were in can sign their results",
            );
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        let finished = FinishedLegs {
            legs: legs?,
            artifacts: artifacts?,
            url: url?,
            configuration,
            repository: owner.repository?,
            run: owner.run?,
            attempt: owner.attempt,
            id_token,
        };
        Some(Prepared::planned(plan, |plan| {
            SignLegs::new(plan, finished)
        }))
    }

    /// The page that shows how the tests ran; `None` where what was given is none.
    #[expect(
        clippy::option_option,
        reason = "a page that is wrong is not one that is unknown"
    )]
    fn page(&self, parser: &mut InputParser<'_>) -> Option<Option<String>> {
        match self.details_url.as_deref().map(page) {
            Some(url) => parser.take("details-url", url).map(Some),
            None => Some(parser.run_url()),
        }
    }

    fn tested(&self, parser: &mut InputParser<'_>) -> Option<Artifacts> {
        let artifacts = parser.artifacts(&self.artifacts);
        if self.artifacts.artifacts.is_none() {
            parser.missing(
                "artifacts",
                "pass the output of the phase `await` with the artifacts that were tested",
            );
        }
        artifacts
    }

    fn configuration(&self, parser: &mut InputParser<'_>) -> BTreeMap<String, String> {
        lines(&self.test_configuration)
            .filter_map(|line| parser.take("test-configuration", setting(line)))
            .collect()
    }
}

/// `LEG=JOB`, or the name of both.
fn finished_legs<'l>(lines: impl Iterator<Item = &'l str>) -> Result<Vec<FinishedLeg>, Diagnostic> {
    let mut legs: Vec<FinishedLeg> = Vec::new();
    for line in lines {
        let (leg, job) = line.split_once('=').unwrap_or((line, line));
        let (leg, job) = (leg_name(leg)?, job.trim().to_owned());
        if leg.is_empty() || job.is_empty() {
            let help = "write LEG=JOB, such as k3s-v1.33.5+k3s1=k3s v1.33.5+k3s1";
            let why = "has no name of a leg or of a job";
            return Err(Diagnostic::value(Code::TextInvalid, "leg", line, why, help));
        }
        // One job cannot have tested two legs, nor two jobs one.
        if legs
            .iter()
            .any(|other| other.leg == leg || other.job == job)
        {
            let why = "has a leg or a job that another line names as well";
            let help = "name each leg once, with a job of its own";
            return Err(Diagnostic::value(Code::TextInvalid, "leg", line, why, help));
        }
        legs.push(FinishedLeg { leg, job });
    }
    Ok(legs)
}

/// The name of a leg without the spaces around it: one line, which fits into the context of a commit status.
fn leg_name(text: &str) -> Result<String, Diagnostic> {
    let name = text.trim();
    let chars = name.chars().count();
    let why = if name.is_empty() {
        "is empty".to_owned()
    } else if chars > MOST_LEG {
        format!("has {chars} characters, and may have {MOST_LEG}")
    } else if name.contains(char::is_control) {
        "has a line end or another control character".to_owned()
    } else {
        return Ok(name.to_owned());
    };
    let help = "write a short name on one line, such as k3s-1.31";
    Err(Diagnostic::value(Code::TextInvalid, "leg", name, why, help))
}

/// `name=value`.
fn setting(line: &str) -> Result<(String, String), Diagnostic> {
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() || ["plan", "source"].contains(&name) {
        return Err(Diagnostic::value(
            Code::ChoiceInvalid,
            "setting",
            line,
            "is not NAME=VALUE, or has a name that the signed result uses itself",
            "write one setting per line, such as k3s=v1.31.4+k3s1; `plan` and `source` are no names of settings",
        ));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// GitHub refuses a commit status that links to another scheme.
fn page(text: &str) -> Result<String, Diagnostic> {
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "https" | "http") => Ok(url.to_string()),
        _ => Err(Diagnostic::value(
            Code::UrlInvalid,
            "URL",
            text,
            "is not the address of a page",
            "write it in full, such as https://prow.example/view/1, or leave it out",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leg_is_a_short_name_on_one_line() {
        assert_eq!(leg_name(" k3s 1.31\n").unwrap(), "k3s 1.31");
        let longest = "ü".repeat(MOST_LEG);
        assert_eq!(leg_name(&longest).unwrap(), longest);
        for name in [
            "",
            " \n",
            "k3s\nk3d",
            "\u{1b}[31m",
            &"x".repeat(MOST_LEG + 1),
        ] {
            assert_eq!(leg_name(name).unwrap_err().code, Code::TextInvalid);
        }
    }

    #[test]
    fn each_leg_is_named_once_with_a_job_of_its_own() {
        let legs = |text: &str| finished_legs(text.lines());
        let leg = |leg: &str, job: &str| FinishedLeg {
            leg: leg.into(),
            job: job.into(),
        };
        let read = legs("k3s-v1.33.5+k3s1 = k3s v1.33.5+k3s1\nchart").unwrap();
        let expected = [
            leg("k3s-v1.33.5+k3s1", "k3s v1.33.5+k3s1"),
            leg("chart", "chart"),
        ];
        assert_eq!(read, expected);
        for text in ["a=x\na=y", "a=x\nb=x", "=x", "a=", "a\nb=a"] {
            assert_eq!(legs(text).unwrap_err().code, Code::TextInvalid, "{text}");
        }
    }

    #[test]
    fn setting_has_a_name_and_a_value() {
        let read = setting("k3s = v1.31.4+k3s1=x").unwrap();
        assert_eq!(read, ("k3s".to_owned(), "v1.31.4+k3s1=x".to_owned()));
        for text in ["k3s", "k3s=", "=v1", "plan=x", "source=x"] {
            assert!(setting(text).is_err(), "{text}");
        }
    }

    #[test]
    fn details_url_is_the_full_address_of_a_page() {
        let url = "https://prow.example/view/1";
        assert_eq!(page(&format!(" {url}\n")), Ok(url.to_owned()));
        for text in ["prow.example/view/1", "/view/1", "javascript:alert(1)", ""] {
            assert_eq!(page(text).unwrap_err().code, Code::UrlInvalid, "{text}");
        }
    }
}
