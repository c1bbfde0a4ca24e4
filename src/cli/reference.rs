//! The documentation of the phases apart from their arguments: outputs and permissions. `docs/outputs.md`, the outputs
//! in `action.yml` and the table in `docs/permissions.md` are generated from here.

use crate::domain::{AccessLevel, Permission};

/// An output, as the documentation describes it.
#[derive(Clone, Copy, Debug)]
pub struct OutputDescription {
    pub name: &'static str,
    /// The phases and commands that give it.
    pub phases: &'static [&'static str],
    /// What its value is, in Markdown.
    pub about: &'static str,
}

macro_rules! outputs {
    ($($name:literal of $($phase:literal),+: $about:literal)+) => {
        /// Every output, in the order of a release.
        pub const OUTPUTS: &[OutputDescription] = &[
            $(OutputDescription { name: $name, phases: &[$($phase),+], about: $about }),+
        ];
    };
}

outputs! {
    "plan" of "plan", "finish-settings": "Everything the release wants, as JSON of the form `btp-release-plan/1`; the later phases take it"
    "version" of "plan", "build-module", "image-settings": "Version without `v`, such as `1.2.0`"
    "tag" of "plan": "Git tag and name of the release"
    "commit" of "plan", "propose": "Full hash of the commit that is released; of `propose`, the commit as which the pull request was merged, the head of the base branch where nothing was to be changed, and empty while the pull request is open"
    "previous-tag" of "plan", "ready": "Release from which on the notes list changes; empty for a first release"
    "prerelease" of "plan": "`true` or `false`: whether this is a prerelease"
    "make-latest" of "plan": "`true` or `false`: whether GitHub is to show the release as the latest"
    "rights" of "plan": "What was found out by `preflight`, as JSON: one word for each of `contents`, `tag-creation`, `immutable-releases`, `workflows`, `pull`, `anonymous-pull`, `push` and `id-token` that was asked about, `unknown` where nothing tells"
    "findings" of "plan", "release-settings", "finish-settings": "What the release was refused for, as JSON: a list of objects with `code`, `message`, `help` and, where known, `wanted`; at most 16 KiB, and empty for a release that is planned"
    "release-id" of "draft": "GitHub's number of the release; unlike the tag it also identifies a draft"
    "release-url" of "draft", "publish", "status", "verify": "Page of the release; a temporary one while it is a draft"
    "module-image" of "build-module": "Module image by digest; not with `no-push`"
    "module-digest" of "build-module", "fetch-module": "Digest of the module image"
    "files" of "build-module": "Files to upload, one per line"
    "release-meta" of "build-module": "Path of `module-release-meta.yaml`, if the input `release-meta` asked for it"
    "component-config" of "build-module": "Path of `component-config.yaml` with the images of the release, if the module has such a file or its configuration names a team"
    "component-constructor" of "build-module": "Path of `component-constructor.yaml` for the `ocm` command; only for the descriptor of modulectl 3"
    "ctf" of "build-module": "Path of the OCM archive, if the input `ctf` asked for one"
    "assets" of "upload", "release-settings": "Uploaded files with their digests, as JSON in the form of `artifacts`; of `release-settings`, the names of all assets, one per line"
    "artifacts" of "await", "publish", "finish-settings": "Assets and images with their digests, as JSON: name → kind, digest, size and, for images, the reference by digest and the platforms"
    "module-dir" of "fetch-module": "Folder into which the module was unpacked"
    "manifest" of "fetch-module": "Path of the raw manifest, or of the folder of the chart"
    "manifest-kind" of "fetch-module": "`raw-manifest` or `helm-chart`"
    "default-cr" of "fetch-module": "Path of the default custom resource; empty if the module has none"
    "is-latest" of "publish": "`true` or `false`: whether GitHub shows the release as the latest"
    "is-immutable" of "publish": "`true` or `false`: whether tag and assets are frozen, because the repository has *immutable releases* enabled"
    "pull-request" of "propose": "Number of the pull request; empty where nothing was to be changed"
    "pull-request-url" of "propose": "Page of the pull request"
    "head" of "propose": "Full hash of the commit that the pull request proposes"
    "state" of "publish", "propose", "ready", "status": "Of `publish`, `published` or, with `leave-draft`, `ready`; of `propose`, `unchanged`, `open` or `merged`; of `ready`, `ready`, `not-ready`, or `unknown` where the token may not read what decides; of `status`, `absent`, `tag-only`, `draft`, `foreign-draft`, `published`, `foreign-published`, `several`, or `unknown` where the token cannot see drafts; *foreign* is what btp-release did not make"
    "readiness" of "ready": "The answer as JSON of the form `btp-release-ready/1` ([form](ready.md#json))"
    "builders" of "release-settings": "`called`, `caller`, `tag` or `external`: who builds"
    "module" of "release-settings": "`true` or `false`: whether the release has a module image"
    "binary-image" of "release-settings", "image-settings": "Image of the module's manager; empty for a release without one"
    "module-name" of "release-settings": "Module as an OCM component; empty for a release without one"
    "module-registry" of "release-settings": "Registry and path of the module image; empty for a release without one"
    "upload-assets" of "release-settings": "`true` or `false`: whether a job of its own uploads the files"
    "image-platforms" of "release-settings", "finish-settings": "Platforms that the image must have, one per line; empty if others build it"
    "builder-checks" of "release-settings", "finish-settings": "Checks of the builders, one per line"
    "optional-jobs" of "release-settings", "finish-settings": "Jobs that this release does not have, one per line; of `finish-settings`, with those that were named to it"
    "test-legs" of "finish-settings": "Legs of the tests whose verdicts `publish` has to find, one per line"
    "jobs-passed" of "finish-settings": "`true` or `false`: whether no job prevents publishing"
}

/// The permissions that a phase needs: those of the job, or of the token that it makes as a GitHub App. `docs/permissions.md`
/// is generated from them, and an App's token is asked for with them.
#[derive(Clone, Copy, Debug)]
pub struct PhasePermissions {
    pub phase: &'static str,
    pub always: &'static [Permission],
    /// What it needs in addition, with inputs of which one is given.
    pub with: &'static [(&'static [&'static str], &'static [Permission])],
    /// Inputs with which it asks GitHub for nothing.
    pub none_with: &'static [&'static str],
    /// What they are needed for, in Markdown.
    pub reason: &'static str,
}

const fn read(name: &'static str) -> Permission {
    Permission {
        name,
        level: AccessLevel::Read,
    }
}

const fn write(name: &'static str) -> Permission {
    Permission {
        name,
        level: AccessLevel::Write,
    }
}

const CHECKS: &[Permission] = &[read("checks"), read("statuses"), read("actions")];

/// What is needed to read files.
pub const READ_CONTENTS: Permission = read("contents");
/// What a phase needs in addition that signs: its plan decides about that, and none of its inputs.
pub const ATTESTATIONS: Permission = write("attestations");

/// A phase with no conditions.
const fn phase(
    phase: &'static str,
    always: &'static [Permission],
    reason: &'static str,
) -> PhasePermissions {
    PhasePermissions {
        phase,
        always,
        with: &[],
        none_with: &[],
        reason,
    }
}

/// The permissions of every phase, in the order of a release.
pub const PERMISSIONS: &[PhasePermissions] = &[
    PhasePermissions {
        with: &[
            (
                &["notes", "validate-labels", "milestone"],
                &[read("pull-requests"), read("issues")],
            ),
            (&["feature-labels"], &[read("pull-requests")]),
        ],
        ..phase(
            "plan",
            &[write("contents")],
            "GitHub shows drafts only to users who may write ([Releases](https://docs.github.com/en/rest/releases/releases#list-releases)); pull requests and issues of a public repository are read without a permission; nothing is written",
        )
    },
    phase(
        "draft",
        &[write("contents")],
        "the draft, the tag, and GitHub's generated notes",
    ),
    PhasePermissions {
        none_with: &["commit-build", "no-push"],
        ..phase(
            "build-module",
            &[write("contents")],
            "to see whether the release is still a draft if the module's tag exists",
        )
    },
    phase("upload", &[write("contents")], "assets"),
    phase(
        "attest-build",
        &[],
        "the registry is read; where the plan has `signing`, `attestations: write` and `id-token: write`",
    ),
    PhasePermissions {
        with: &[
            (&["builder-checks"], CHECKS),
            (&["environment"], &[read("actions")]),
        ],
        ..phase(
            "await",
            &[write("contents")],
            "to see the draft and its assets; nothing is written; the attestations that images of a private repository must have are read with `attestations: read`",
        )
    },
    phase("fetch-module", &[], "only the registry is read"),
    PhasePermissions {
        with: &[(&["legs"], &[read("actions")])],
        ..phase(
            "record-tests",
            &[read("contents"), write("statuses")],
            "one commit status; where the plan has `signing`, also `attestations: write` and `id-token: write`; with `legs` no status is set, and `statuses: read` is enough",
        )
    },
    PhasePermissions {
        with: &[
            (&["test-legs"], &[read("statuses")]),
            (&["required-checks", "builder-checks"], CHECKS),
        ],
        ..phase(
            "publish",
            &[write("contents")],
            "the evidence, the text of the release, and its publication; where the plan has `signing`, also `attestations: write` and `id-token: write`, and where it has `referrers`, for images in ghcr.io also `packages: write`",
        )
    },
    PhasePermissions {
        with: &[(&["merge"], &[read("checks"), read("statuses")])],
        ..phase(
            "propose",
            &[write("contents"), write("pull-requests")],
            "the branch and the pull request, in the repository in which it is opened; a file in `.github/workflows` needs `workflows: write`, which only a GitHub App can have; a branch that is protected may need more to be merged into",
        )
    },
    PhasePermissions {
        with: &[
            (&["feature-labels"], &[read("pull-requests")]),
            (&["required-checks"], CHECKS),
            (
                &["validate-labels", "milestone"],
                &[read("pull-requests"), read("issues")],
            ),
            (&["comment"], &[write("pull-requests")]),
        ],
        ..phase(
            "ready",
            &[read("contents")],
            "what a permission is missing for is named as not known; checks, pull requests and issues of a public repository are read without one, and of a private one with `checks: read`, `statuses: read`, `actions: read`, `pull-requests: read` and `issues: read`; for the comment, `issues: write` does as well",
        )
    },
    PhasePermissions {
        with: &[
            (&["test-legs"], &[read("statuses")]),
            (&["required-checks", "builder-checks"], CHECKS),
        ],
        ..phase(
            "status",
            &[write("contents")],
            "to see a draft; what a permission is missing for is named as not known; nothing is written",
        )
    },
    phase(
        "verify",
        &[read("contents")],
        "nothing is written; the signatures of a private repository are read with `attestations: read`",
    ),
    phase(
        "discard",
        &[write("contents")],
        "deletes the draft and the tag",
    ),
];

impl PhasePermissions {
    /// Those of a phase with these inputs, each permission once and at its highest level.
    pub fn of(phase: &str, given: impl Fn(&str) -> bool) -> Vec<Permission> {
        let Some(entry) = PERMISSIONS.iter().find(|entry| entry.phase == phase) else {
            return Vec::new();
        };
        let is_given = |inputs: &[&str]| inputs.iter().any(|input| given(input));
        if is_given(entry.none_with) {
            return Vec::new();
        }
        let more = entry.with.iter().filter(|(inputs, _)| is_given(inputs));
        let all = entry.always.iter().chain(more.flat_map(|(_, more)| *more));
        let mut needed: Vec<Permission> = Vec::new();
        for permission in all {
            match needed
                .iter_mut()
                .find(|known| known.name == permission.name)
            {
                Some(known) => known.level = known.level.max(permission.level),
                None => needed.push(*permission),
            }
        }
        needed
    }

    /// In Markdown, in the words of `permissions:`.
    pub fn in_words(&self) -> String {
        let mut words = listed(self.always, ", ");
        let with = self.with.iter().map(|(inputs, more)| {
            format!("with {} also {}", quoted(inputs), listed(more, " and "))
        });
        let with: Vec<_> = with.collect();
        if !with.is_empty() {
            words = format!("{words}; {}", with.join(", "));
        }
        if !self.none_with.is_empty() {
            words = format!("{words}; with {} none", quoted(self.none_with));
        }
        words
    }
}

fn quoted(inputs: &[&str]) -> String {
    format!("`{}`", inputs.join("` or `"))
}

/// `a`, `b` and `c`.
fn listed(permissions: &[Permission], last: &str) -> String {
    match permissions {
        [] => "none".to_owned(),
        [one] => format!("`{one}`"),
        [first, end] => format!("`{first}`{last}`{end}`"),
        [first, rest @ ..] => format!("`{first}`, {}", listed(rest, last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_decide_which_permissions_a_phase_needs() {
        let of = |phase: &str, given: &[&str]| {
            let needed = PhasePermissions::of(phase, |input| given.contains(&input));
            needed.iter().map(Permission::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("build-module", &[]), ["contents: write"]);
        assert_eq!(of("build-module", &["no-push"]), [""; 0]);
        assert_eq!(of("fetch-module", &[]), [""; 0]);
        assert_eq!(
            of("publish", &["test-legs", "builder-checks"]),
            [
                "contents: write",
                "statuses: read",
                "checks: read",
                "actions: read"
            ]
        );
        assert_eq!(of("verify", &["test-legs"]), ["contents: read"]);
    }
}
