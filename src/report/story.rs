//! The log: one line when something happens, and a sign of life each minute of a wait.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use super::{Failure, commands};
use crate::domain::Diagnostic;
use crate::domain::Moment;
use crate::engine::{Event, Observer, Outcome};
use crate::protocol::Cause;
use crate::protocol::{Effect, PhaseId};

const HEARTBEAT: Duration = Duration::from_mins(1);

/// Who reads the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A person, or a file.
    Plain,
    /// The runner, which understands commands.
    Workflow,
}

pub struct Story<W> {
    dialect: Dialect,
    told: Mutex<Told<W>>,
}

struct Told<W> {
    out: W,
    /// The last wait that was printed, and when.
    wait: Option<(Vec<String>, Moment)>,
}

impl<W: Write + Send> Story<W> {
    pub fn new(out: W, dialect: Dialect) -> Self {
        Self {
            dialect,
            told: Mutex::new(Told { out, wait: None }),
        }
    }

    /// Hides secrets, and what is derived from them, in everything that the runner prints from here on.
    pub fn mask(&self, secrets: &[&str]) {
        if self.dialect == Dialect::Workflow {
            for secret in secrets
                .iter()
                .flat_map(|s| s.lines())
                .filter(|s| !s.is_empty())
            {
                self.command(&commands::mask(secret));
            }
        }
    }

    pub fn ended(&self, phase: PhaseId, outcome: &Outcome) {
        if let Outcome::Done { report, .. } = outcome {
            for warning in &report.warnings {
                self.tell("warning", phase.as_str(), warning);
            }
        }
        match outcome {
            Outcome::Done { report, actions }
                if actions.is_empty() && phase.effect() == Effect::Writes =>
            {
                self.line(&format!("{phase}: nothing to do: {}", report.summary));
            }
            Outcome::Done { report, .. } => {
                self.line(&format!("{phase}: done: {}", report.summary));
            }
            Outcome::DryRun(actions) => {
                for action in actions {
                    self.line(&format!("{phase}: would {action}"));
                }
                self.line(&format!("{phase}: dry run, nothing was changed"));
            }
        }
        self.end_group();
    }

    pub fn failed(&self, title: &str, failure: &Failure) {
        self.end_group();
        for finding in &failure.findings {
            let word = if finding.is_error() {
                "error"
            } else {
                "warning"
            };
            self.tell(word, title, finding);
        }
    }

    fn tell(&self, word: &str, title: &str, finding: &Diagnostic) {
        self.line(&format!("{word}[{}] {title}: {}", finding.code, finding));
        for line in finding.help.lines() {
            self.line(&format!("  help: {line}"));
        }
        if self.dialect == Dialect::Workflow {
            let message = format!("{finding}\nhelp: {}", finding.help);
            let title = format!("{title}: {}", finding.code);
            self.command(&commands::annotation(word, &title, &message));
        }
    }

    pub fn line(&self, line: &str) {
        match self.dialect {
            Dialect::Plain => self.print(line),
            Dialect::Workflow => self.print(&commands::plain(line)),
        }
    }

    fn end_group(&self) {
        if self.dialect == Dialect::Workflow {
            self.command(commands::END_GROUP);
        }
    }

    fn command(&self, command: &str) {
        self.print(command);
    }

    fn print(&self, text: &str) {
        if let Ok(mut told) = self.told.lock() {
            // A log that cannot be written to must not stop a release.
            let _ = writeln!(told.out, "{text}");
        }
    }

    /// What of a wait is news: the lines that changed, what is no longer waited for, or, a minute later, all of it.
    fn news(&self, on: &[String], now: Moment) -> Vec<String> {
        let Ok(mut told) = self.told.lock() else {
            return vec![];
        };
        let (last, at) = told.wait.take().unwrap_or_default();
        if last == on && now.since(at) < HEARTBEAT {
            told.wait = Some((last, at));
            return vec![];
        }
        let still = last == on;
        told.wait = Some((on.to_vec(), now));
        let changed = on
            .iter()
            .filter(|line| still || !last.contains(line))
            .cloned();
        let name = |line: &str| {
            line.rsplit_once(": ")
                .map_or(line.to_owned(), |(name, _)| name.to_owned())
        };
        let gone = last
            .iter()
            .map(|line| name(line))
            .filter(|gone| !on.iter().any(|line| name(line) == *gone));
        gone.map(|name| format!("{name}: ready"))
            .chain(changed)
            .collect()
    }
}

impl<W: Write + Send> Observer for Story<W> {
    fn see(&self, event: &Event<'_>) {
        match event {
            Event::Started { phase, .. } if self.dialect == Dialect::Workflow => {
                self.command(&commands::group(phase.as_str()));
            }
            Event::Waiting {
                phase,
                on,
                now,
                left,
            } => {
                let news = self.news(on, *now);
                if !news.is_empty() {
                    let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
                    self.line(&format!("{phase}: waiting for {}, {left} left", on.len()));
                }
                for line in news {
                    self.line(&format!("  {line}"));
                }
            }
            Event::Started { .. } | Event::Acting { .. } => {}
            Event::Acted {
                phase,
                action,
                answer,
            } => {
                let end = match answer.map(|error| &error.cause) {
                    None => "ok".to_owned(),
                    Some(Cause::Unknown { detail }) => {
                        format!("no answer ({detail}), looking again")
                    }
                    Some(Cause::Conflict { message, .. }) => format!("{message}, looking again"),
                    Some(cause) => cause.to_string(),
                };
                self.line(&format!("{phase}: {action}: {end}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Paper(std::sync::Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_wait_tells_what_changed_and_is_alive_each_minute() {
        let paper = Paper::default();
        let story = Story::new(paper.clone(), Dialect::Plain);
        let wait = |seconds: u64, on: &[&str]| {
            let on: Vec<String> = on.iter().map(|&l| l.into()).collect();
            let now = Moment::at(Duration::from_secs(seconds));
            let left = Duration::from_mins(20)
                .checked_sub(Duration::from_secs(seconds))
                .unwrap();
            story.see(&Event::Waiting {
                phase: PhaseId::Await,
                on: &on,
                now,
                left,
            });
        };
        wait(0, &["asset a: absent", "asset b: absent"]);
        wait(10, &["asset a: absent", "asset b: absent"]);
        wait(20, &["asset b: incomplete"]);
        wait(79, &["asset b: incomplete"]);
        wait(80, &["asset b: incomplete"]);
        let told = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "await: waiting for 2, 20m left",
                "  asset a: absent",
                "  asset b: absent",
                "await: waiting for 1, 19m 40s left",
                "  asset a: ready",
                "  asset b: incomplete",
                "await: waiting for 1, 18m 40s left",
                "  asset b: incomplete",
            ]
        );
    }
}
