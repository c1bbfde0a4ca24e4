//! The documentation of the phases apart from their arguments: outputs and permissions. `docs/outputs.md`, the outputs
//! in `action.yml` and the table in `docs/permissions.md` are generated from here.

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
    "plan" of "plan": "Everything the release wants, as JSON of the form `btp-release-plan/1`; the later phases take it"
    "version" of "plan", "build-module", "image-settings": "Version without `v`, such as `1.2.0`"
    "tag" of "plan": "Git tag and name of the release"
    "commit" of "plan": "Full hash of the commit that is released"
    "previous-tag" of "plan": "Release from which on the notes list changes; empty for a first release"
    "prerelease" of "plan": "`true` or `false`: whether this is a prerelease"
    "make-latest" of "plan": "`true` or `false`: whether GitHub is to show the release as the latest"
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
    "artifacts" of "await", "publish": "Assets and images with their digests, as JSON: name → kind, digest, size and, for images, the reference by digest and the platforms"
    "module-dir" of "fetch-module": "Folder into which the module was unpacked"
    "manifest" of "fetch-module": "Path of the raw manifest, or of the folder of the chart"
    "manifest-kind" of "fetch-module": "`raw-manifest` or `helm-chart`"
    "default-cr" of "fetch-module": "Path of the default custom resource; empty if the module has none"
    "is-latest" of "publish": "`true` or `false`: whether GitHub shows the release as the latest"
    "is-immutable" of "publish": "`true` or `false`: whether tag and assets are frozen, because the repository has *immutable releases* enabled"
    "state" of "status": "`absent`, `tag-only`, `draft`, `foreign-draft`, `published`, `foreign-published`, `several`, or `unknown` where the token cannot see drafts; *foreign* is what btp-release did not make"
    "builders" of "release-settings": "`called`, `tag` or `external`: who builds"
    "module" of "release-settings": "`true` or `false`: whether the release has a module image"
    "binary-image" of "release-settings", "image-settings": "Image of the module's manager; empty for a release without one"
    "module-name" of "release-settings": "Module as an OCM component; empty for a release without one"
    "module-registry" of "release-settings": "Registry and path of the module image; empty for a release without one"
    "image-platforms" of "release-settings": "Platforms that the image must have, one per line; empty if others build it"
    "builder-checks" of "release-settings": "Checks of the builders, one per line"
    "optional-jobs" of "release-settings": "Jobs that this release does not have, one per line"
}

/// The permissions that a job needs for a phase.
#[derive(Clone, Copy, Debug)]
pub struct PhasePermissions {
    pub phase: &'static str,
    /// In Markdown, in the words of `permissions:`.
    pub permissions: &'static str,
    /// What they are needed for.
    pub reason: &'static str,
}

macro_rules! permissions {
    ($($phase:literal $permissions:literal $reason:literal)+) => {
        /// The permissions of every phase, in the order of a release.
        pub const PERMISSIONS: &[PhasePermissions] = &[
            $(PhasePermissions { phase: $phase, permissions: $permissions, reason: $reason }),+
        ];
    };
}

permissions! {
    "plan" "`contents: write`; in a private repository, with `notes`, `validate-labels` or `milestone` also `pull-requests: read` and `issues: read`" "GitHub shows drafts only to users who may write ([Releases](https://docs.github.com/en/rest/releases/releases#list-releases)); nothing is written"
    "draft" "`contents: write`" "the draft, the tag, and GitHub's generated notes"
    "build-module" "`contents: write`; with `commit-build` or `no-push` none" "to see whether the release is still a draft if the module's tag exists"
    "upload" "`contents: write`" "assets"
    "await" "`contents: write`; with `builder-checks` also `checks: read`, `statuses: read` and `actions: read`" "to see the draft and its assets; nothing is written"
    "fetch-module" "none" "only the registry is read"
    "record-tests" "`contents: read`, `statuses: write`" "one commit status"
    "publish" "`contents: write`; with `test-legs` also `statuses: read`, with `required-checks` or `builder-checks` also `checks: read`, `statuses: read` and `actions: read`" "the evidence, the text of the release, and its publication"
    "status" "`contents: write`" "to see a draft; nothing is written"
    "verify" "`contents: read`" "nothing is written"
    "discard" "`contents: write`" "deletes the draft and the tag"
}
