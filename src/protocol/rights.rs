//! What is read of the rules for tags and of the workflows of a repository.

/// An active ruleset for tags
/// (<https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTagRuleset {
    pub name: String,
    /// Its page for people, if GitHub names one.
    pub url: Option<String>,
    /// Patterns of references that it is for, and `~ALL`.
    pub include: Vec<String>,
    /// Patterns of references that it is not for.
    pub exclude: Vec<String>,
    pub restricts_creation: bool,
    /// Whether this token may bypass it, if GitHub returns that.
    pub may_bypass: Option<bool>,
}

/// The folder `.github/workflows` at a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenWorkflows {
    /// Names and texts of the files.
    pub files: Vec<(String, String)>,
    /// Whether the folder is the same at the head of the default branch.
    pub as_on_default_branch: bool,
}
