//! Configurations of the shapes of modulectl's own tests
//! (`modulectl:tests/e2e/create/testdata/moduleconfig/{valid,invalid}`), by the names of those files.

use super::*;

const LINES: [(&str, &str); 8] = [
    ("name", "kyma-project.io/module/sample-operator"),
    ("version", "1.0.3"),
    (
        "manifest",
        "https://example.com/releases/1.0.1/manifest.yaml",
    ),
    ("repository", "https://example.com/sample-operator"),
    (
        "documentation",
        "https://example.com/sample-operator/README.md",
    ),
    (
        "icons",
        "[{name: module-icon, link: https://example.com/logo.png}]",
    ),
    ("team", "kyma/sample"),
    ("securityScanEnabled", "true"),
];

/// The minimal file with a line for each key of the edit in place of its own; an empty value takes the line out.
fn file(edit: &[(&str, &str)]) -> String {
    let edited = |key: &str| edit.iter().find(|(edited, _)| *edited == key);
    let own = LINES.iter().filter(|(key, _)| edited(key).is_none());
    let all = own.chain(edit.iter().filter(|(_, value)| !value.is_empty()));
    let lines: Vec<_> = all.map(|(key, value)| format!("{key}: {value}")).collect();
    lines.join("\n")
}

/// All errors, those of the paths included. The configuration is two folders below the workspace, as modulectl's are.
fn errors(text: &str) -> Vec<FormatCode> {
    let name = "moduleconfig/valid/config.yaml";
    let (config, mut found) = ModuleConfig::parse(name, text.as_bytes());
    let files = config.iter().flat_map(|config| {
        let manifest = Some((FileKey::Manifest, &config.manifest));
        let default_cr = config.default_cr.as_ref();
        let files = [manifest, default_cr.map(|file| (FileKey::DefaultCr, file))];
        files
            .into_iter()
            .flatten()
            .filter_map(|(key, file)| match file {
                FileRef::Path(path) => config.path(name, key, path).err(),
                FileRef::Url(url) => config.address_problem(name, key, url),
            })
    });
    let files: Vec<_> = files.collect();
    found.extend(files);
    let errors = found.iter().filter(|one| one.is_error());
    errors.map(|one| one.code).collect()
}

#[test]
fn shapes_of_modulectls_valid_files_are_accepted() {
    let object = "{name: manager, group: apps, version: v1, kind: Deployment}";
    for (what, edit) in [
        ("minimal", &[][..]),
        (
            "manifest-fileref",
            &[("manifest", "../../local-files/manifest.yaml")],
        ),
        (
            "with-manifest-containers",
            &[("manifest", "../../manifest/images/containers.yaml")],
        ),
        (
            "defaultcr-fileref",
            &[("defaultCR", "../../local-files/default-cr.yaml")],
        ),
        (
            "with-defaultcr",
            &[("defaultCR", "https://example.com/cr.yaml")],
        ),
        ("with-annotations", &[("annotations", "{example.com/a: b}")]),
        (
            "with-associated-resources",
            &[(
                "associatedResources",
                "[{group: g.io, version: v1, kind: K}]",
            )],
        ),
        ("with-beta", &[("beta", "true")]),
        ("with-internal", &[("internal", "true")]),
        ("with-mandatory", &[("mandatory", "true")]),
        ("with-manager-no-namespace", &[("manager", object)]),
        (
            "with-manager",
            &[(
                "manager",
                "{name: m, namespace: kyma-system, group: apps, version: v1, kind: Deployment}",
            )],
        ),
        ("with-requiresDowntime", &[("requiresDowntime", "true")]),
        (
            "with-resources",
            &[("resources", "[{name: other, link: https://example.com/x}]")],
        ),
        (
            "with-resources-overwrite",
            &[(
                "resources",
                "[{name: rawManifest, link: https://example.com/x}]",
            )],
        ),
        ("with-security", &[("security", "sec-scanners-config.yaml")]),
        (
            "with-security-scan-disabled",
            &[("securityScanEnabled", "false"), ("team", "")],
        ),
        (
            "icons and resources as maps",
            &[
                ("icons", "{a: https://example.com/a}"),
                ("resources", "{b: https://example.com/b}"),
            ],
        ),
        (
            "channel and namespace of older versions",
            &[("channel", "regular"), ("namespace", "kcp-system")],
        ),
        ("repositoryTag of a workflow", &[("repositoryTag", "1.0.3")]),
        ("labels without a value", &[("labels", "{a: ''}")]),
    ] {
        assert_eq!(errors(&file(edit)), [], "{what}");
    }
}

#[test]
fn shapes_of_modulectls_invalid_files_are_refused() {
    use FormatCode::{ConfigKeyMissing, ConfigLink, ConfigNameTwice, ConfigPath};
    for (what, edit, code) in [
        ("missing-name", &[("name", "")][..], ConfigKeyMissing),
        ("missing-version", &[("version", "")], ConfigKeyMissing),
        ("missing-manifest", &[("manifest", "")], ConfigKeyMissing),
        (
            "missing-repository",
            &[("repository", "")],
            ConfigKeyMissing,
        ),
        (
            "missing-documentation",
            &[("documentation", "")],
            ConfigKeyMissing,
        ),
        ("missing-icons", &[("icons", "")], ConfigKeyMissing),
        ("missing-team", &[("team", "")], ConfigKeyMissing),
        (
            "defaultcr-fileref",
            &[("defaultCR", "/tmp/cr.yaml")],
            ConfigPath,
        ),
        (
            "manifest-fileref",
            &[("manifest", "/tmp/manifest.yaml")],
            ConfigPath,
        ),
        (
            "manifest out of the workspace",
            &[("manifest", "../../../manifest.yaml")],
            ConfigPath,
        ),
        (
            "non-https-manifest",
            &[("manifest", "http://example.com/x.yaml")],
            ConfigLink,
        ),
        (
            "non-https-repository",
            &[("repository", "http://example.com")],
            ConfigLink,
        ),
        (
            "non-https-resource",
            &[("resources", "[{name: a, link: http://example.com/x}]")],
            ConfigLink,
        ),
        (
            "duplicate-resources",
            &[(
                "resources",
                "[{name: a, link: https://e.io/x}, {name: a, link: https://e.io/y}]",
            )],
            ConfigNameTwice,
        ),
        (
            "duplicate-icons",
            &[(
                "icons",
                "[{name: a, link: https://e.io/x}, {name: a, link: https://e.io/y}]",
            )],
            ConfigNameTwice,
        ),
        (
            "resource-without-link",
            &[("resources", "[{name: a}]")],
            ConfigKeyMissing,
        ),
        (
            "resource-without-name",
            &[("resources", "[{link: https://e.io/x}]")],
            ConfigKeyMissing,
        ),
        (
            "empty-resource-name",
            &[("resources", "[{name: '', link: https://e.io/x}]")],
            ConfigKeyMissing,
        ),
        (
            "empty-resource-link",
            &[("resources", "{a: ''}")],
            ConfigLink,
        ),
        (
            "manager-without-kind",
            &[("manager", "{name: m, group: apps, version: v1}")],
            ConfigKeyMissing,
        ),
    ] {
        let found = errors(&file(edit));
        assert!(found.contains(&code), "{what}: {found:?}");
    }
}
