//! What a phase was refused for, as an output that a later job shows: JSON of a list of findings.

use serde::{Deserialize, Serialize};

use super::{Code, Diagnostic};

/// The most bytes of the output.
const MAX_BYTES: usize = 16 * 1024;
/// The most characters of each text of a finding that is shortened, because it would not fit otherwise.
const SHORT: usize = 400;
/// The most bytes of the JSON that is read.
const MAX_READ: usize = 4 * MAX_BYTES;

/// One finding, as JSON has it. `message` has the place as well.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    help: String,
}

impl Finding {
    /// A diagnostic, with at most so many characters in each of its texts.
    pub fn of(diagnostic: &Diagnostic, most: usize) -> Self {
        let cut = |text: &str| text.chars().take(most).collect::<String>();
        let message = match &diagnostic.place {
            Some(place) => format!("{place} {}", diagnostic.seen),
            None => diagnostic.seen.clone(),
        };
        Self {
            code: diagnostic.code.to_string(),
            message: cut(&message),
            wanted: diagnostic.wanted.as_deref().map(cut),
            help: cut(&diagnostic.help),
        }
    }

    /// Its code and its message.
    pub fn headline(&self) -> String {
        format!("[{}] {}", self.code, self.message)
    }

    /// What was wanted, where that is known, and the help.
    pub fn details(&self) -> impl Iterator<Item = String> {
        let wanted = self.wanted.as_deref().unwrap_or_default().lines();
        let wanted = wanted.map(|line| format!("wanted: {line}"));
        wanted.chain(self.help.lines().map(|line| format!("help: {line}")))
    }

    fn diagnostic(self) -> Option<Diagnostic> {
        let code = Code::all().find(|code| code.as_str() == self.code)?;
        let finding = Diagnostic::error(code, self.message, self.help);
        Some(Diagnostic {
            wanted: self.wanted,
            ..finding
        })
    }
}

/// The errors as JSON of at most 16 KiB: long texts are shortened, and what then does not fit is left out.
pub fn findings_to_json(diagnostics: &[Diagnostic]) -> String {
    // Serialising plain values into memory has no way to fail.
    let json =
        |one: &Diagnostic, most| serde_json::to_string(&Finding::of(one, most)).unwrap_or_default();
    let mut list = String::from("[");
    for one in diagnostics.iter().filter(|one| one.is_error()) {
        let room = MAX_BYTES.saturating_sub(list.len() + 2);
        let item = [usize::MAX, SHORT]
            .map(|most| json(one, most))
            .into_iter()
            .find(|item| item.len() <= room);
        let Some(item) = item else { break };
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&item);
    }
    list.push(']');
    list
}

/// Reads what [`findings_to_json`] wrote. Findings of another version's codes are left out as long as any is left.
///
/// # Errors
///
/// [`Code::PlanUnreadable`] if it is no list of findings with known codes.
pub fn findings_from_json(text: &str) -> Result<Vec<Diagnostic>, Diagnostic> {
    let unreadable = |why: String| {
        let seen: String = text.chars().take(80).collect();
        let help = "pass the output `findings` of the phase `plan` on unchanged: findings: ${{ needs.start.outputs.findings }}";
        Diagnostic::value(Code::PlanUnreadable, "findings", seen, why, help)
    };
    if text.len() > MAX_READ {
        return Err(unreadable("are too long".into()));
    }
    let list: Vec<Finding> = serde_json::from_str(text)
        .map_err(|error| unreadable(format!("are no list of findings: {error}")))?;
    let known: Vec<_> = list.into_iter().filter_map(Finding::diagnostic).collect();
    if known.is_empty() {
        return Err(unreadable("name no code of this version".into()));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Place;

    #[test]
    fn findings_round_trip_with_their_place() {
        let elsewhere =
            Diagnostic::error(Code::TagElsewhere, "the tag v1 points at 1", "use\nanother")
                .wanted("2");
        let mut input = Diagnostic::error(Code::ChoiceInvalid, "x", "y");
        input.place = Some(Place::Input("assets".into()));
        let warning = Diagnostic::warning(Code::LockRefused, "w", "h");
        let json = findings_to_json(&[elsewhere.clone(), warning, input.clone()]);
        let read = findings_from_json(&json).unwrap();
        let message = format!("{} x", input.place.unwrap());
        assert_eq!(
            read,
            [
                elsewhere,
                Diagnostic::error(Code::ChoiceInvalid, message, "y")
            ]
        );
        assert!(json.starts_with(r#"[{"code":"tag-elsewhere","message":"the tag v1 points at 1","wanted":"2","help":"use\nanother"}"#), "{json}");
    }

    #[test]
    fn output_is_bounded() {
        let long = Diagnostic::error(
            Code::NotesTooLong,
            "\u{1}".repeat(20_000),
            "ü".repeat(20_000),
        );
        let many = vec![long; 100];
        let json = findings_to_json(&many);
        assert!((1..=16 * 1024).contains(&json.len()), "{}", json.len());
        assert!(!findings_from_json(&json).unwrap().is_empty());
        let short = Diagnostic::error(Code::CommitMissing, "no", "push it");
        let all = vec![short; 10_000];
        let json = findings_to_json(&all);
        assert!((16_000..=16 * 1024).contains(&json.len()), "{}", json.len());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "x",
            "{}",
            "[]",
            "[1]",
            r#"[{"code":"x","message":"","help":""}]"#,
        ] {
            assert_eq!(
                findings_from_json(text).unwrap_err().code,
                Code::PlanUnreadable,
                "{text}"
            );
        }
        let newer = r#"[{"code":"of-later","message":"m","help":"h"},{"code":"tag-elsewhere","message":"m","help":"h","more":1}]"#;
        assert_eq!(findings_from_json(newer).unwrap().len(), 1);
    }
}
