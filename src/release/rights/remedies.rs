//! The misconfigurations that users of release tools report most, with what to paste against each. `docs/permissions.md` is generated
//! from this list.

use crate::domain::{Code, FormatCode};

/// A misconfiguration that has a code of its own.
#[derive(Clone, Copy, Debug)]
pub struct Misconfiguration {
    pub code: Code,
    /// What is configured wrong, in Markdown.
    pub wrong: &'static str,
    /// Who finds it, and when.
    pub found_by: &'static str,
    /// What helps.
    pub remedy: &'static str,
    /// What to paste into the workflow; empty where nothing there helps.
    pub yaml: &'static str,
}

/// In the order of a release.
pub const MISCONFIGURATIONS: [Misconfiguration; 12] = [
    Misconfiguration {
        code: Code::Format(FormatCode::CommitInvalid),
        wrong: "The commit is given as a branch, as `HEAD` or in a short form, which GitHub refuses as the target of a release",
        found_by: "every phase that takes `commit`, before any request",
        remedy: "Give the full hash, which the runner has",
        yaml: "with:\n  commit: ${{ github.sha }}",
    },
    Misconfiguration {
        code: Code::TokenReadOnly,
        wrong: "The token may only read: GitHub answers `403 Resource not accessible by integration`, and shows no drafts",
        found_by: "`plan`, always",
        remedy: "Give the job the permission. A job that calls a workflow has to have at least the permissions of that workflow's jobs",
        yaml: "permissions:\n  contents: write",
    },
    Misconfiguration {
        code: Code::DraftMissing,
        wrong: "A later job has `contents: read`: GitHub answers 404 for the draft, as if there were none",
        found_by: "`await`, `upload`, `publish` and `status`",
        remedy: "Give this permission to every job that works with the draft, also to those that only read it",
        yaml: "permissions:\n  contents: write",
    },
    Misconfiguration {
        code: Code::TagCreationRestricted,
        wrong: "A ruleset restricts the creation of tags",
        found_by: "`plan` with `preflight: github`, otherwise `draft` when it creates the tag",
        remedy: "Add a GitHub App to the bypass list of the ruleset, and let the App create the tag",
        yaml: "with:\n  app-id: ${{ secrets.APP_ID }}\n  app-private-key: ${{ secrets.APP_PRIVATE_KEY }}",
    },
    Misconfiguration {
        code: Code::TagReserved,
        wrong: "The tag was that of an immutable release that was deleted, and GitHub never gives it again",
        found_by: "`draft`, before anything of the release exists; no request tells it earlier",
        remedy: "Release the next version",
        yaml: "with:\n  version: v1.2.1",
    },
    Misconfiguration {
        code: Code::WorkflowsDiffer,
        wrong: "The commit has other workflow files than the default branch, so that GitHub refuses it as the target of a draft to a token without `workflows: write`",
        found_by: "`plan` with `preflight: github`, as a warning where the target matters: with `tag-when: publish`",
        remedy: "Create the tag together with the draft, which needs no target",
        yaml: "with:\n  tag-when: draft",
    },
    Misconfiguration {
        code: Code::TagStartsNothing,
        wrong: "Builds wait for the tag, and the run's own token creates it, which starts no workflow",
        found_by: "`release-settings` with `builders: tag`; `plan` with `preflight: github`, as a warning; `await` says `builder-never-started`",
        remedy: "Let a GitHub App create the tag, and say that there is one",
        yaml: "with:\n  app-id: ${{ secrets.APP_ID }}\n  app-private-key: ${{ secrets.APP_PRIVATE_KEY }}\n  has-release-token: true",
    },
    Misconfiguration {
        code: Code::ReleaseStartsNothing,
        wrong: "Workflows wait for the published release, and the run's own token publishes it, which starts none",
        found_by: "`plan` with `preflight: github`, as a warning",
        remedy: "Let a GitHub App publish, or give `publish` a `publish-token`; `has-release-token: true` says to `plan` that there is one",
        yaml: "with:\n  app-id: ${{ secrets.APP_ID }}\n  app-private-key: ${{ secrets.APP_PRIVATE_KEY }}",
    },
    Misconfiguration {
        code: Code::RunsDropped,
        wrong: "`concurrency` keeps one waiting run, and cancels the one that waits when another comes; or it cancels the release that runs",
        found_by: "`plan` with `preflight: github`, as a warning",
        remedy: "Let all of them wait",
        yaml: "concurrency:\n  group: release\n  cancel-in-progress: false\n  queue: max",
    },
    Misconfiguration {
        code: Code::RegistryDenied,
        wrong: "The credentials may not pull or push the images",
        found_by: "`plan` with `preflight: pull` or `push`",
        remedy: "For ghcr.io give the job the permission, and add the repository under *Manage Actions access* in the settings of the package. For another registry give its credentials",
        yaml: "permissions:\n  packages: write",
    },
    Misconfiguration {
        code: Code::ImagePrivate,
        wrong: "The package is private, as every new one on ghcr.io is, so that no cluster can pull it without a secret",
        found_by: "`plan` with `preflight: pull`, as a warning",
        remedy: "After the first push, make the package public, under *Package settings*, *Change visibility*; there is no API for it. Or give the clusters a secret to pull with",
        yaml: "",
    },
    Misconfiguration {
        code: Code::IdTokenMissing,
        wrong: "The job may not ask GitHub for an identity token, so that nothing can be attested",
        found_by: "`plan` with `preflight: attest`",
        remedy: "Give the permissions to the job that attests; the second one is for storing the attestation, which no request tells beforehand",
        yaml: "permissions:\n  id-token: write\n  attestations: write",
    },
];

/// A sentence, and below it what to paste against the misconfiguration of this code.
pub(crate) fn with_yaml(code: Code, sentence: impl Into<String>) -> String {
    let mut help = sentence.into();
    let mut all = MISCONFIGURATIONS.iter();
    if let Some(known) = all.find(|known| known.code == code && !known.yaml.is_empty()) {
        help.push('\n');
        help.push_str(known.yaml);
    }
    help
}
