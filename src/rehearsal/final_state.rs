//! The end of the output: the final state of the release, and the number of requests.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use stand_ins::{Category, LogEntry};

use super::proposals;
use super::pull_requests;
use super::services::Services;
use super::signing::TRUSTED_ROOT;
use crate::protocol::PhaseId;
use crate::settings::RehearsedRelease;

/// Prints the release with its assets, the pull requests before and after it, and how many requests were sent.
pub(super) fn print(
    services: &Services,
    rehearsed: &RehearsedRelease,
    out: &mut dyn Write,
) -> io::Result<()> {
    let github = services.github.world();
    let tag = rehearsed.tag.as_str();
    let repository = github.repositories.get(&services.repository);
    if let (Some(repository), Some(bump)) = (repository, &rehearsed.proposals.bump) {
        let files: Vec<_> = bump.files.iter().map(|file| &file.path).collect();
        pull_requests::print(repository, (&["bump/"], tag), &files, out)?;
    }
    let releases = repository.map(|repository| repository.releases_of(tag));
    let commit = repository.and_then(|repository| repository.tag_commit(tag));
    for release in releases.unwrap_or_default() {
        let state = if release.draft {
            "a draft, visible to maintainers only"
        } else {
            "published"
        };
        writeln!(out, "\n{tag} is {state}")?;
        match &commit {
            Some(commit) => writeln!(out, "  its tag is at {commit}")?,
            None => writeln!(out, "  it has no tag")?,
        }
        for asset in &release.assets {
            let digest = asset.content.as_deref().unwrap_or("unfinished");
            writeln!(
                out,
                "  {:<32} {:>8} bytes  sha256:{digest}",
                asset.name, asset.size
            )?;
        }
    }
    let attestations = repository.map(|repository| repository.attestations.as_slice());
    let attestations = attestations.unwrap_or_default();
    services.sigstore.print_signed(attestations, out)?;
    if let Some(modules) = &rehearsed.proposals.modules {
        let files = [&modules.submission, &modules.releases];
        let kinds = ["submission/", "promotion/"];
        let repository = github.repositories.get(&modules.repository.to_string());
        if let Some(repository) = repository {
            pull_requests::print(repository, (&kinds, tag), &files, out)?;
        }
    }
    drop(github);
    writeln!(
        out,
        "\nrequests to GitHub:   {}",
        by_kind(&services.github.log().entries())
    )?;
    if let Some(registry) = &services.registry {
        writeln!(
            out,
            "requests to registry: {}",
            by_kind(&registry.log().entries())
        )?;
    }
    writeln!(
        out,
        "requests to Sigstore: {}",
        by_kind(&services.sigstore.requests())
    )
}

/// Writes the summaries of all jobs into one file of the folder that is kept, and prints where things are.
pub(super) fn print_kept(
    services: &Services,
    folder: &Path,
    rehearsed: &RehearsedRelease,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = String::new();
    let phases = PhaseId::ALL.iter().map(ToString::to_string);
    let (before, after) = proposals::jobs(&rehearsed.proposals);
    for job in before.into_iter().chain(phases).chain(after) {
        let summary = services.workspace.join(format!("summary-{job}.md"));
        page.push_str(&std::fs::read_to_string(summary).unwrap_or_default());
    }
    std::fs::write(folder.join("summary.md"), page)?;
    writeln!(out, "\nkept in {}", folder.display())?;
    for (name, what) in KEPT {
        if folder.join(name).exists() {
            writeln!(out, "  {name:<39} {what}")?;
        }
    }
    let (tag, folder) = (&rehearsed.tag, folder.display());
    writeln!(
        out,
        "  go on with it: btp-release rehearse {tag} --state {folder} and the same files"
    )
}

/// The page about the release.
pub(super) const REPORT: &str = "report.html";

/// Where `publish` leaves the signed verdict.
const SIGNED_VERDICT_FILE: &str = "workspace/release-verdict.sigstore.json";

/// What is in the folder.
const KEPT: [(&str, &str); 9] = [
    (
        "summary.md",
        "what GitHub shows on the page of the run, as Markdown",
    ),
    (
        REPORT,
        "a page about the release, for a browser: who waited for what, and all digests",
    ),
    (
        "workspace/module-release",
        "the files that the module's build wrote",
    ),
    ("workspace/module", "the module, as its tests fetched it"),
    (
        "workspace/build",
        "the files that the module was built from",
    ),
    (
        SIGNED_VERDICT_FILE,
        "the signed verdict, for `btp-release verify-bundle FILE --trusted-root FILE`",
    ),
    (
        TRUSTED_ROOT,
        "the trusted root of the rehearsal's Sigstore: whose signatures count here",
    ),
    ("github", "the state of GitHub, with the assets"),
    ("registry", "the images"),
];

/// How many entries of a log are reads, unchanged answers and writes.
fn by_kind(entries: &[LogEntry]) -> String {
    let mut kinds: BTreeMap<&str, usize> =
        [("read", 0), ("unchanged (304)", 0), ("write", 0)].into();
    for entry in entries {
        let kind = match (entry.category, entry.status) {
            (Category::Write, _) => "write",
            (Category::Conditional, Some(304)) => "unchanged (304)",
            _ => "read",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
        .iter()
        .map(|(kind, n)| format!("{n} {kind}"))
        .collect::<Vec<_>>()
        .join(", ")
}
