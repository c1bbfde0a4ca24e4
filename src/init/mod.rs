//! `btp-release init`: the workflow that fits a repository.
//!
//! The files of the repository become facts ([`facts`]), and the facts a workflow as a value ([`release`]), which is then written with a comment
//! for each line ([`document`]). Nothing here reads a file or asks a server. The files are somebody else's: what goes from them into the
//! workflow has a plain name ([`names`]), stands in quotes, and is no expression that was not understood.

mod assets;
mod calls;
mod carried;
mod choices;
mod document;
mod existing;
mod explain;
mod facts;
mod image_builds;
mod jobs;
mod makefile;
mod module;
mod names;
mod release;
mod summary;
mod test_commands;

use std::collections::BTreeSet;

use crate::domain::{Diagnostic, RepoSlug, RepositoryFiles};
pub use summary::InitSummary;

/// Where the workflow is written by default.
pub const DEFAULT_OUTPUT: &str = ".github/workflows/release.yaml";
/// The ends of the names of files that are read.
const READ: [&str; 4] = [".yaml", ".yml", ".sh", "Makefile"];
/// Where scripts are looked for.
const SCRIPTS: [&str; 3] = [".github/", "scripts/", "hack/"];

/// What a checkout says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// Whether the folder is in a git checkout at all.
    pub is_checkout: bool,
    /// From the remote `origin`.
    pub repository: Option<RepoSlug>,
    /// Whether `origin` is on a GitHub other than github.com.
    pub is_elsewhere: bool,
    pub default_branch: Option<String>,
    /// What is checked out.
    pub branch: Option<String>,
    pub remote_branches: BTreeSet<String>,
    pub tags: BTreeSet<String>,
}

/// A repository.
#[derive(Clone, Copy, Debug)]
pub struct LookedAt<'f> {
    pub files: &'f RepositoryFiles,
    pub git: &'f GitFacts,
    /// The folder of the module, if it was typed.
    pub folder: Option<&'f str>,
    /// The name of the top folder, where git does not know the repository's.
    pub name: &'f str,
}

/// A workflow, and what a person has to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedWorkflow {
    /// The text of the file.
    pub yaml: String,
    pub summary: InitSummary,
    /// The next version, as the repository writes it.
    pub next_version: String,
}

/// Whether the text of a file is of interest, by its path.
pub fn is_wanted(path: &str) -> bool {
    let is_script = names::has_extension(path, &["sh"]);
    READ.iter().any(|end| path.ends_with(end))
        && (!is_script || SCRIPTS.iter().any(|folder| path.starts_with(folder)))
}

/// The workflow that fits.
///
/// # Errors
///
/// If there is nothing to release, or the module's folder is unclear.
pub fn propose(looked_at: &LookedAt<'_>) -> Result<ProposedWorkflow, Diagnostic> {
    let facts = facts::RepositoryFacts::read(looked_at)?;
    let mut summary = InitSummary::of(looked_at, &facts);
    let workflow = release::workflow(&facts, &mut summary);
    Ok(ProposedWorkflow {
        yaml: workflow.to_yaml(),
        summary,
        next_version: facts.rules.example,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_interest_are_read() {
        for (path, wanted) in [
            ("Makefile", true),
            ("api/Makefile", true),
            (".github/workflows/a.yml", true),
            ("scripts/a.sh", true),
            ("deploy/a.sh", false),
            ("main.go", false),
            ("image.png", false),
        ] {
            assert_eq!(is_wanted(path), wanted, "{path}");
        }
    }
}
