//! Says how a phase ended: in the log, the outputs, the job summary, and on standard output.

use std::io::{Write as _, stdout};
use std::path::Path;

use super::written::written;
use super::{App, screen};
use crate::adapters::files::Files;
use crate::adapters::runner_files::RunnerFiles;
use crate::adapters::terminal::Terminal;
use crate::domain::{Code, Diagnostic, Exit, findings_to_json};
use crate::engine::{Outcome, Stop};
use crate::protocol::{FilesWriter as _, PhaseId, PhaseReport, Preview, ReleaseFacts, StepOutput};
use crate::report::{
    Failure, PhaseResult, ResultKind, foreseen, next_after_plan, preview, printable, summary,
};

/// How a phase ended, and what it knew then.
pub(super) struct PhaseEnd {
    pub(super) id: PhaseId,
    pub(super) dry_run: bool,
    /// Whether a phase that only shows something was interrupted, which is how it ends.
    pub(super) watch_was_ended: bool,
    pub(super) known: ReleaseFacts,
    /// What would follow the changes of a dry run.
    pub(super) later: Vec<String>,
    pub(super) result: Result<Outcome, Failure>,
}

impl PhaseEnd {
    /// Adds what was read for a person.
    pub(super) fn with_preview(mut self, preview: Option<Box<Preview>>) -> Self {
        let facts = match &mut self.result {
            Ok(Outcome::Done { report, .. }) if report.facts.tag.is_some() => &mut report.facts,
            _ => &mut self.known,
        };
        facts.preview = preview;
        self
    }

    /// What is known of the release: what the phase reports or, where that is nothing, what it knew.
    fn facts(&self) -> &ReleaseFacts {
        match &self.result {
            Ok(Outcome::Done { report, .. }) if report.facts.tag.is_some() => &report.facts,
            _ => &self.known,
        }
    }
}

impl App<'_> {
    /// Whether somebody looks at the result of a phase, and wants to know what it was decided from.
    pub(super) fn explains(&self) -> bool {
        let context = self.context();
        let on_terminal = || screen::of_results(&context.screen).is_some();
        self.json.is_wanted() || context.runner.is_none() && on_terminal()
    }

    /// Writes the plan to the file that was named for it. It appears there only when it is complete.
    pub(super) async fn keep_plan(&self, file: Option<&Path>, end: &mut PhaseEnd) {
        let (Some(file), Ok(Outcome::Done { report, .. })) = (file, &end.result) else {
            return;
        };
        let plan = report.outputs.iter().find(|output| output.name == "plan");
        let Some(plan) = plan.filter(|_| !end.dry_run) else {
            return;
        };
        let text = format!("{}\n", plan.value);
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let written = match file.file_name() {
            Some(_) if !folder.is_dir() => Err("its folder does not exist".to_owned()),
            Some(name) => {
                let files = Files::below(folder);
                let written = files.write(Path::new(name), text.as_bytes()).await;
                written.map_err(|error| error.cause.to_string())
            }
            None => Err("is not the name of a file".to_owned()),
        };
        if let Err(why) = written {
            let help = "name a file in a folder that exists and may be written to";
            let seen = format!("output {:?}: {why}", file.display().to_string());
            let found = Diagnostic::error(Code::FileUnwritable, seen, help);
            end.result = Err(Failure::new(end.id.as_str(), vec![found]));
        }
    }

    /// Logs a failure, and hands it to later jobs if there is no plan because of it. The exit code is the failure's, also if its job
    /// summary could not be written.
    pub(super) fn refused(
        &self,
        failure: &Failure,
        written: std::io::Result<()>,
        known: Option<&ReleaseFacts>,
    ) -> Exit {
        self.log.failed(failure);
        let result = self.json.failure(failure);
        let result = match known {
            Some(known) => result.with_release(known),
            None => result,
        };
        let printed = self.json.print(&result, self.context());
        let findings = if self.passes_findings_on {
            self.output("findings", &findings_to_json(failure.diagnostics()))
        } else {
            Ok(())
        };
        if let Err(error) = written.and(findings).and(printed) {
            self.log.line(&format!(
                "the summary or a result cannot be written: {error}"
            ));
        }
        failure.exit()
    }

    fn output(&self, name: &'static str, value: &str) -> std::io::Result<()> {
        self.step_output().outputs(&[(name, value)])
    }

    /// The target of outputs: the runner's files, or a terminal.
    pub(super) fn step_output(&self) -> Box<dyn StepOutput> {
        match &self.context.runner {
            Some(files) => Box::new(RunnerFiles {
                output: files.output.clone(),
                summary: files.summary.clone(),
            }),
            None => Box::new(Terminal(stdout())),
        }
    }

    /// Reports how a phase ended: in the job summary, in the outputs of the step, in the log, and as JSON. `plan_file` is where the plan
    /// was written to.
    pub(super) fn report(&self, end: PhaseEnd, plan_file: Option<&Path>) -> anyhow::Result<Exit> {
        let phase = end.id;
        let mut output = self.step_output();
        let summarized = output.summary(&summary(phase, &end.known, &end.result));
        let facts = end.facts().clone();
        let outcome = match end.result {
            Ok(outcome) => outcome,
            Err(failure) => return Ok(self.refused(&failure, summarized, Some(&facts))),
        };
        written(summarized)?;
        let page = screen::of_results(&self.context().screen);
        let page = page.filter(|_| {
            phase == PhaseId::Plan && self.context.runner.is_none() && !self.json.is_wanted()
        });
        let actions = match &outcome {
            Outcome::DryRun(actions) => actions.as_slice(),
            Outcome::Done { .. } => &[],
        };
        // An answer says what is: what it was worked out from is no plan that anybody made.
        let answers = matches!(&outcome, Outcome::Done { report, .. } if report.answer.is_some());
        if end.dry_run && page.is_none() && !answers {
            self.log.preview(&facts, actions);
        }
        self.log.succeeded(phase, &outcome, &end.later);
        let (report, actions) = match outcome {
            Outcome::Done { report, actions } => (report, actions),
            Outcome::DryRun(actions) => {
                let result = PhaseResult::new(phase.as_str(), ResultKind::DryRun, 0)
                    .with_changes(foreseen(&actions, &end.later))
                    .with_release(&facts);
                written(self.json.print(&result, self.context()))?;
                return Ok(Exit::Done);
            }
        };
        let file = plan_file.filter(|_| !end.dry_run);
        let file = file.map(|file| file.display().to_string());
        match (&file, plan_file) {
            (Some(file), _) => self.log.line(&format!("{phase}: the plan is in {file}")),
            (None, Some(file)) => {
                let file = file.display();
                self.log
                    .line(&format!("{phase}: dry run, {file} is not written"));
            }
            (None, None) => {}
        }
        if let Some(page) = page {
            let text = preview(&facts, &[], page);
            let next = next_after_plan(&facts, file.as_deref());
            written(write!(stdout(), "\n{text}\n{next}"))?;
            return Ok(Exit::Done);
        }
        self.done(phase, &facts, &report, foreseen(&actions, &[]))
    }

    /// Passes on what a phase reports.
    fn done(
        &self,
        phase: PhaseId,
        facts: &ReleaseFacts,
        report: &PhaseReport,
        changes: Vec<String>,
    ) -> anyhow::Result<Exit> {
        let is_step = self.context.runner.is_some();
        if is_step || report.answer.is_none() && !self.json.is_wanted() {
            let outputs = report.outputs.iter();
            let outputs: Vec<_> = outputs.map(|o| (o.name, o.value.as_str())).collect();
            written(self.step_output().outputs(&outputs))?;
        }
        let Some(answer) = &report.answer else {
            let result = PhaseResult::done(phase, report, changes).with_release(facts);
            written(self.json.print(&result, self.context()))?;
            return Ok(Exit::Done);
        };
        self.json.answered();
        if is_step {
            answer.text.lines().for_each(|line| self.log.line(line));
        } else {
            written(write!(stdout(), "{}", printable(&answer.text)))?;
        }
        if answer.refusals.is_empty() {
            return Ok(Exit::Done);
        }
        let findings = answer.refusals.clone();
        let failure = Failure::of_phase(phase, Stop::Blocked { findings });
        Ok(self.refused(&failure, Ok(()), Some(facts)))
    }
}
