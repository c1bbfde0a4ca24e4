//! The changes between two releases, as GitHub has them. Titles, names and labels are anybody's text.

/// All that was changed since a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenChanges {
    /// Each commit that the released one has and the previous release has not.
    pub commits: Vec<SeenCommit>,
    /// The merged pull requests that belong to any of these commits, each once.
    pub pulls: Vec<SeenPull>,
    /// Without a previous release only the newest commits are read, and this is `false` if there are more.
    pub is_complete: bool,
    /// The text of `.github/release.yml` at the commit.
    pub config: Option<String>,
}

/// A commit (<https://docs.github.com/en/graphql/reference/objects#commit>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenCommit {
    pub sha: String,
    /// The commit onto which it was committed or merged; none for the first one.
    pub parent: Option<String>,
    /// The first line of its message.
    pub subject: String,
    /// When it was committed, in RFC 3339 and UTC.
    pub date: String,
    /// Its author, and then those whom it names as co-authors.
    pub authors: Vec<SeenAuthor>,
}

/// Who made a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenAuthor {
    /// As in git.
    pub name: String,
    /// The account on GitHub, if there is one; that of an app ends in `[bot]`.
    pub login: Option<String>,
}

/// A merged pull request (<https://docs.github.com/en/graphql/reference/objects#pullrequest>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenPull {
    pub number: u64,
    pub title: String,
    /// The author's account; that of an app ends in `[bot]`. None for a deleted account.
    pub login: Option<String>,
    pub labels: Vec<String>,
    /// The branch that it was merged into.
    pub base: String,
    /// The commit that it was merged as.
    pub merge_commit: Option<String>,
    /// In RFC 3339 and UTC.
    pub merged_at: String,
}

/// A milestone (<https://docs.github.com/en/graphql/reference/objects#milestone>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenMilestone {
    pub title: String,
    pub is_closed: bool,
    pub url: String,
    /// How many of its issues and pull requests are open.
    pub open: u64,
    /// The pages of the first of these.
    pub open_urls: Vec<String>,
}
