//! The outputs of a step. `docs/outputs.md` and `action.yml` are generated from this table.

/// An output, as the documentation describes it.
#[derive(Clone, Copy, Debug)]
pub struct OutputDescription {
    pub name: &'static str,
    /// The phases that give it.
    pub phases: &'static [&'static str],
    /// What its value is, in Markdown.
    pub about: &'static str,
}

const fn output(
    name: &'static str,
    phases: &'static [&'static str],
    about: &'static str,
) -> OutputDescription {
    OutputDescription {
        name,
        phases,
        about,
    }
}

/// Every output, in the order of a release.
pub const OUTPUTS: &[OutputDescription] = &[
    output(
        "plan",
        &["plan"],
        "Everything the release wants, as JSON of the form `btp-release-plan/1`; the later phases take it",
    ),
    output("version", &["plan"], "Version without `v`, such as `1.2.0`"),
    output("tag", &["plan"], "Git tag and name of the release"),
    output(
        "commit",
        &["plan"],
        "Full hash of the commit that is released",
    ),
    output(
        "previous-tag",
        &["plan"],
        "Release from which on the notes list changes; empty for a first release",
    ),
    output(
        "prerelease",
        &["plan"],
        "`true` or `false`: whether this is a prerelease",
    ),
    output(
        "make-latest",
        &["plan"],
        "`true` or `false`: whether GitHub is to show the release as the latest",
    ),
    output(
        "release-id",
        &["draft"],
        "GitHub's number of the release; unlike the tag it also identifies a draft",
    ),
    output(
        "release-url",
        &["draft", "publish", "verify"],
        "Page of the release; a temporary one while it is a draft",
    ),
    output(
        "module-image",
        &["build-module"],
        "Module image by digest; not with `no-push`",
    ),
    output(
        "module-digest",
        &["build-module", "fetch-module"],
        "Digest of the module image",
    ),
    output("files", &["build-module"], "Files to upload, one per line"),
    output(
        "ctf",
        &["build-module"],
        "Path of the OCM archive, if the input `ctf` asked for one",
    ),
    output(
        "assets",
        &["upload"],
        "Uploaded files with their digests, as JSON in the form of `artifacts`",
    ),
    output(
        "artifacts",
        &["await", "publish"],
        "Assets and images with their digests, as JSON: name → kind, digest, size and, for images, the reference by digest and the platforms",
    ),
    output(
        "module-dir",
        &["fetch-module"],
        "Folder into which the module was unpacked",
    ),
    output(
        "manifest",
        &["fetch-module"],
        "Path of the raw manifest, or of the folder of the chart",
    ),
    output(
        "manifest-kind",
        &["fetch-module"],
        "`raw-manifest` or `helm-chart`",
    ),
    output(
        "default-cr",
        &["fetch-module"],
        "Path of the default custom resource; empty if the module has none",
    ),
    output(
        "is-latest",
        &["publish"],
        "`true` or `false`: whether GitHub shows the release as the latest",
    ),
    output(
        "is-immutable",
        &["publish"],
        "`true` or `false`: whether tag and assets are frozen, because the repository has *immutable releases* enabled",
    ),
];
