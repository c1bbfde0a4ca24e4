//! The inputs of `plan` about the changes since the previous release: the text about them, their labels and their milestone.

use super::input_parser::{Choices, InputParser};
use crate::cli::PlanArgs;
use crate::domain::{
    ChangeOptions, Code, Diagnostic, LabelRule, LongNotes, MilestoneRule, NotesPart,
};
use crate::plan::{Names, NotesSource};

/// Where a module keeps the notes of a version, unless told otherwise.
const DEFAULT_FILE: &str = "docs/release-notes/{version}.md";

/// The words of `notes`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Generate,
    Categories,
    Commits,
    File,
    Nothing,
}

const WORDS: [(&str, Word); 5] = [
    ("generate", Word::Generate),
    ("categories", Word::Categories),
    ("commits", Word::Commits),
    ("file", Word::File),
    ("none", Word::Nothing),
];

pub(super) const MILESTONES: [(&str, MilestoneRule); 3] = [
    ("ignore", MilestoneRule::Ignore),
    ("exists", MilestoneRule::Exists),
    ("closed", MilestoneRule::Closed),
];

/// What is asked of the text.
pub(super) struct NotesSettings {
    /// Where GitHub's own notes or a file are all of the text, it says so; otherwise `plan` composes it.
    pub(super) source: NotesSource,
    pub(super) changes: ChangeOptions,
    /// The path of a file whose text is still missing, with `{version}` and `{tag}` in it.
    pub(super) file: Option<String>,
}

/// The inputs about the text. `names` are missing where the version is not known yet: then a file is not read that is named by them.
pub(super) fn notes(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    names: Option<Names<'_>>,
) -> Option<NotesSettings> {
    let words = words(parser, args);
    let append = match &args.notes_append {
        Some(text) => Some(parser.text_or_file("notes-append", text)?),
        None => None,
    };
    let path = args.notes_file.as_deref().unwrap_or(DEFAULT_FILE);
    let (mut own, mut file) = (String::new(), None);
    if words.contains(&Word::File) {
        match names {
            Some(names) => own = parser.file("notes-file", &names.fill(path))?,
            None => file = Some(path.to_owned()),
        }
    }
    let milestone = parser.choice(
        "milestone",
        args.milestone.as_deref(),
        &Choices::of(&MILESTONES),
    );
    let mut changes = ChangeOptions {
        append,
        long_notes: LongNotes::Attach,
        labels: if args.validate_labels {
            LabelRule::OneOfCategories
        } else {
            LabelRule::Any
        },
        milestone: milestone.unwrap_or_default(),
        ..ChangeOptions::default()
    };
    let source = match words.as_slice() {
        [Word::Generate] if changes.append.is_none() => NotesSource::Generated,
        [Word::File] if changes.append.is_none() => NotesSource::Text(own),
        [Word::Nothing] => NotesSource::Text(String::new()),
        several => {
            let part = |word: &Word| match word {
                Word::Generate => Some(NotesPart::Generate),
                Word::Categories => Some(NotesPart::Categories),
                Word::Commits => Some(NotesPart::Commits),
                Word::File => Some(NotesPart::Text(own.clone())),
                Word::Nothing => None,
            };
            changes.notes = several.iter().filter_map(part).collect();
            NotesSource::Text(String::new())
        }
    };
    Some(NotesSettings {
        source,
        changes,
        file,
    })
}

fn words(parser: &mut InputParser<'_>, args: &PlanArgs) -> Vec<Word> {
    let typed = args.notes.iter();
    let typed = typed.flat_map(|text| text.split(|c: char| c.is_whitespace() || c == ','));
    let mut words = Vec::new();
    for word in typed.filter(|word| !word.is_empty()) {
        match parser.choice("notes", Some(word), &Choices::of(&WORDS)) {
            Some(word) if !words.contains(&word) => words.push(word),
            _ => {}
        }
    }
    let exclusive = |seen: &str, help: &str| Diagnostic::error(Code::InputsExclusive, seen, help);
    if words.len() > 1 && words.contains(&Word::Nothing) {
        let seen = "notes is none and something else";
        parser.take::<(), _>(
            "notes",
            Err(exclusive(seen, "leave `none` out, or the others")),
        );
    }
    if words.is_empty() {
        words.push(match args.notes_file {
            Some(_) => Word::File,
            None => Word::Generate,
        });
    } else if args.notes_file.is_some() && !words.contains(&Word::File) {
        let seen = "notes-file names a file that notes does not ask for";
        let help = "add `file` to `notes` where its text is to stand, or leave `notes-file` out";
        parser.take::<(), _>("notes-file", Err(exclusive(seen, help)));
    }
    words
}
