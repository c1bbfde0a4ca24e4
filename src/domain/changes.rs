//! What is asked of the changes since the previous release: the text about them, their labels and their milestone.

/// A part of the release's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotesPart {
    /// What GitHub generates.
    Generate,
    /// The merged pull requests by the categories of `.github/release.yml`.
    Categories,
    /// One line for each commit.
    Commits,
    /// A text of the module's own.
    Text(String),
}

/// Which labels the merged pull requests must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelRule {
    #[default]
    Any,
    /// Exactly one of those that the categories of `.github/release.yml` name.
    OneOfCategories,
}

/// What has to be true of the milestone that is named as the version or the tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MilestoneRule {
    #[default]
    Ignore,
    Exists,
    /// It is closed, and none of its issues and pull requests is open.
    Closed,
}

/// What happens to notes that the body of a release cannot hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongNotes {
    /// Nothing is asked about them.
    #[default]
    Ignore,
    /// The body has their beginning, and an asset all of them.
    Attach,
}

/// All that is asked of the changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeOptions {
    /// The parts of the text that `plan` composes, in their order. Without any it composes none.
    pub notes: Vec<NotesPart>,
    /// A text after the parts.
    pub append: Option<String>,
    pub long_notes: LongNotes,
    pub labels: LabelRule,
    pub milestone: MilestoneRule,
    /// The labels of pull requests with which a release needs more than a new patch number.
    pub feature_labels: Vec<String>,
    /// The repository's page, without a slash at its end.
    pub page: String,
}

impl ChangeOptions {
    /// Whether the commits since the previous release have to be read.
    pub fn need_changes(&self) -> bool {
        let of_changes =
            |part: &NotesPart| matches!(part, NotesPart::Categories | NotesPart::Commits);
        self.labels != LabelRule::Any
            || !self.feature_labels.is_empty()
            || self.notes.iter().any(of_changes)
    }
}
