//! The parts of a diagnostic, as the log, annotations and the job summary show them.

use crate::domain::Diagnostic;

/// Where it was found and what was seen, such as `module-config.yaml:3:1: chanel is no field`; one line, or a list below it.
pub(super) fn headline(diagnostic: &Diagnostic) -> String {
    match &diagnostic.place {
        Some(place) => format!("{place} {}", diagnostic.seen),
        None => diagnostic.seen.clone(),
    }
}

/// What was wanted, where that is known, and the help: lines that follow the headline.
pub(super) fn details(diagnostic: &Diagnostic) -> impl Iterator<Item = String> {
    let wanted = diagnostic.wanted.as_deref().unwrap_or_default().lines();
    let wanted = wanted.map(|line| format!("wanted: {line}"));
    let help = diagnostic.help.lines();
    wanted.chain(help.map(|line| format!("help: {line}")))
}
