//! Valid files of both tools, and each way to write an invalid one.

use super::*;
use crate::{Diagnostic, FormatCode, Severity};

const KYMA_CLI: &str = r#"name: kyma.project.io/module/btp-operator
version: v1.2.0
channel: regular
manifest: manifests/btp-operator/rendered.yaml
defaultCR: examples/btp-operator.yaml
resourceName: btp-operator-regular
namespace: kcp-system
security: sec-scanners-config.yaml
internal: false
beta: true
labels:
  a: b
annotations:
  operator.kyma-project.io/doc-url: "https://kyma-project.io"
customStateCheck:
- jsonPath: status.state
  value: on
  mappedState: Ready
- jsonPath: status.state
  value: broken
  mappedState: Error
mandatory: false
"#;

const MODULECTL: &str = r"name: kyma-project.io/module/btp-operator
version: 1.3.20
manifest: https://github.com/kyma-project/btp-manager/releases/download/1.3.20/btp-manager.yaml
repository: https://github.com/kyma-project/btp-manager.git
documentation: https://help.sap.com/docs/btp
team: kyma/gopher
icons:
- name: module-icon
  link: https://raw.githubusercontent.com/kyma-project/kyma/main/logo.svg
defaultCR: btp-operator.yaml
manager:
  name: btp-manager-controller-manager
  namespace: kyma-system
  group: apps
  version: v1
  kind: Deployment
associatedResources:
- group: services.cloud.sap.com
  version: v1
  kind: ServiceInstance
resources:
  rawManifest: https://example.com/x.yaml
requiresDowntime: true
";

/// As yaml.v3 fills the tools' structs: what is wanted decides what a word means.
#[test]
fn words_of_yaml_1_1_are_flags_only_where_flags_are_wanted() {
    let text = MODULECTL.replace("requiresDowntime: true", "requiresDowntime: On\nlabels: {a: yes, b: True, c: 0644, d: true}\nannotations: &more\n  e: 1_000\n  <<: {e: x, f: off}");
    let (config, found) = ModuleConfig::parse("c", text.as_bytes());
    let config = config.unwrap();
    assert_eq!(found, []);
    assert!(config.requires_downtime);
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        pairs.collect::<BTreeMap<_, _>>()
    };
    let labels = [("a", "yes"), ("b", "True"), ("c", "0644"), ("d", "true")];
    assert_eq!(config.labels, pairs(&labels));
    assert_eq!(config.annotations, pairs(&[("e", "1_000"), ("f", "off")]));

    // sigs.k8s.io/yaml fills the struct of the scanners' configuration from JSON.
    let scan = "bdba: [a.io/b:1.0.0]\nmend: {language: golang-mod, subprojects: no}\n";
    let (scan, found) = SecurityScan::parse("s", scan.as_bytes());
    assert_eq!(found, []);
    assert_eq!(scan.unwrap().subprojects, "false");
}

/// What is wrong with a file, and with the paths in it if no input names those files.
fn codes(text: &str) -> Vec<(FormatCode, usize)> {
    let name = "module-config.yaml";
    let (config, mut found) = ModuleConfig::parse(name, text.as_bytes());
    if let Some(config) = config {
        let files = [
            (FileKey::Manifest, Some(config.manifest.clone())),
            (FileKey::DefaultCr, config.default_cr.clone()),
            (
                FileKey::Security,
                config.security.clone().map(FileRef::Path),
            ),
        ];
        found.extend(files.into_iter().filter_map(|(key, file)| match file? {
            FileRef::Path(path) => config.path(name, key, &path).err(),
            FileRef::Url(url) => config.address_problem(name, key, &url),
        }));
    }
    found
        .iter()
        .map(|v| (v.code, v.position().map_or(0, |at| at.line)))
        .collect()
}

#[test]
fn files_of_both_tools_are_read() {
    let (config, found) = ModuleConfig::parse("c", KYMA_CLI.as_bytes());
    assert_eq!(found, []);
    let config = config.unwrap();
    assert_eq!(config.dialect, ConfigDialect::KymaCli2);
    assert_eq!(config.version, "v1.2.0");
    assert_eq!(config.channel.as_deref(), Some("regular"));
    assert_eq!(
        config.manifest,
        FileRef::Path("manifests/btp-operator/rendered.yaml".into())
    );
    assert_eq!(config.custom_state_checks.len(), 2);
    assert!(config.beta && !config.internal);

    let (config, found) = ModuleConfig::parse("c", MODULECTL.as_bytes());
    assert_eq!(found, []);
    let config = config.unwrap();
    assert_eq!(config.dialect, ConfigDialect::Modulectl3);
    assert!(matches!(config.manifest, FileRef::Url(_)));
    assert_eq!(config.icons.keys().next().unwrap(), "module-icon");
    assert_eq!(config.resources.len(), 1);
    assert_eq!(config.manager.unwrap().gvk.kind, "Deployment");
    assert!(config.requires_downtime && config.security_scan);
}

#[test]
fn each_mistake_in_the_file_of_kyma_cli_2_is_reported() {
    for (from, to, expected) in [
        (
            "kyma.project.io/module/btp-operator",
            "btp-operator",
            (FormatCode::ModuleNameInvalid, 1),
        ),
        (
            "kyma.project.io/module/btp-operator",
            "kyma.project.io/module/k8s",
            (FormatCode::ModuleNameShort, 1),
        ),
        ("name: kyma", "#: kyma", (FormatCode::ConfigKeyMissing, 2)),
        ("v1.2.0", "1.2", (FormatCode::ConfigNumberAsText, 2)),
        ("v1.2.0", "1.2.x", (FormatCode::VersionInvalid, 2)),
        (
            "v1.2.0",
            "1.2.0-rc.1",
            (FormatCode::VersionPrereleaseDotted, 2),
        ),
        ("v1.2.0", "1.2.0+b", (FormatCode::VersionBuildMetadata, 2)),
        (
            "channel: regular",
            "channel: Regular",
            (FormatCode::ChannelInvalid, 3),
        ),
        ("channel: regular\n", "", (FormatCode::ConfigKeyMissing, 1)),
        (
            "manifest: manifests/",
            "manifest: /manifests/",
            (FormatCode::ConfigPath, 4),
        ),
        (
            "manifest: manifests/",
            "manifest: ../manifests/",
            (FormatCode::ConfigPath, 4),
        ),
        (
            "manifest: manifests/",
            "manifest: http://x/",
            (FormatCode::ConfigLink, 4),
        ),
        ("defaultCR", "defaultCr", (FormatCode::ConfigKeyUnknown, 5)),
        (
            "kcp-system",
            "kcp_system",
            (FormatCode::NamespaceInvalid, 7),
        ),
        (
            "internal: false",
            "internal: nope",
            (FormatCode::ConfigValueKind, 9),
        ),
        (
            "labels:\n  a: b",
            "labels: [a]",
            (FormatCode::ConfigValueKind, 11),
        ),
        (
            "labels:\n  a: b",
            "labels:\n  a: {b: c}",
            (FormatCode::ConfigValueKind, 12),
        ),
        (
            "mappedState: Error",
            "mappedState: Broken",
            (FormatCode::StateCheckUnknown, 21),
        ),
        (
            "mappedState: Error",
            "mappedState: Ready",
            (FormatCode::StateCheckIncomplete, 15),
        ),
        ("  value: broken\n", "", (FormatCode::ConfigKeyMissing, 19)),
        (
            "mandatory: false",
            "mandatory: false\nmoduleTag: x",
            (FormatCode::ConfigKeyUnknown, 23),
        ),
        (
            "security: sec",
            "security: /sec",
            (FormatCode::ConfigPath, 8),
        ),
        (
            "defaultCR: examples/",
            "defaultCR: a/../../examples/",
            (FormatCode::ConfigPath, 5),
        ),
        (
            "name: kyma",
            "name: [kyma",
            (FormatCode::ConfigUnreadable, 2),
        ),
    ] {
        let text = KYMA_CLI.replacen(from, to, 1);
        assert_ne!(text, KYMA_CLI, "{from}");
        let found = codes(&text);
        assert!(found.contains(&expected), "{from} → {to}: {found:?}");
    }
}

#[test]
fn each_mistake_in_the_file_of_modulectl_3_is_reported() {
    for (from, to, expected) in [
        ("1.3.20\n", "v1.3.20\n", (FormatCode::VersionWithV, 2)),
        (
            "repository: https",
            "repository: http",
            (FormatCode::ConfigLink, 4),
        ),
        (
            "repository: https://github.com/kyma-project/btp-manager.git\n",
            "",
            (FormatCode::ConfigKeyMissing, 1),
        ),
        (
            "documentation: https://help.sap.com/docs/btp",
            "documentation: docs",
            (FormatCode::ConfigLink, 5),
        ),
        ("team: kyma/gopher\n", "", (FormatCode::ConfigKeyMissing, 1)),
        (
            "team: kyma/gopher",
            "team: ''",
            (FormatCode::ConfigKeyMissing, 6),
        ),
        (
            "icons:\n- name: module-icon\n  link: https://raw.githubusercontent.com/kyma-project/kyma/main/logo.svg\n",
            "",
            (FormatCode::ConfigKeyMissing, 1),
        ),
        (
            "- name: module-icon\n  link: https",
            "- name: module-icon\n  link: http",
            (FormatCode::ConfigLink, 7),
        ),
        (
            "  link: https://raw.githubusercontent.com/kyma-project/kyma/main/logo.svg\n",
            "",
            (FormatCode::ConfigKeyMissing, 8),
        ),
        (
            "defaultCR:",
            "- name: module-icon\n  link: https://x.io\ndefaultCR:",
            (FormatCode::ConfigNameTwice, 10),
        ),
        (
            "defaultCR: btp",
            "defaultCR: /btp",
            (FormatCode::ConfigPath, 10),
        ),
        (
            "  kind: Deployment\n",
            "",
            (FormatCode::ConfigKeyMissing, 11),
        ),
        (
            "  namespace: kyma-system",
            "  namespace: [a]",
            (FormatCode::ConfigValueKind, 13),
        ),
        (
            "  namespace: kyma-system",
            "  namespace: kyma--x",
            (FormatCode::NamespaceInvalid, 13),
        ),
        (
            "  kind: ServiceInstance",
            "  knd: ServiceInstance",
            (FormatCode::ConfigKeyUnknown, 20),
        ),
        (
            "https://example.com/x.yaml",
            "x.yaml",
            (FormatCode::ConfigLink, 21),
        ),
        (
            "requiresDowntime: true",
            "requiresDowntime: true\nchannel: fast",
            (FormatCode::ConfigKeyGone, 24),
        ),
        (
            "requiresDowntime: true",
            "requiresDowntime: 1",
            (FormatCode::ConfigValueKind, 23),
        ),
        (
            "documentation:",
            "dokumentation:",
            (FormatCode::ConfigKeyUnknown, 5),
        ),
    ] {
        let text = MODULECTL.replacen(from, to, 1);
        assert_ne!(text, MODULECTL, "{from}");
        let found = codes(&text);
        assert!(found.contains(&expected), "{from} → {to}: {found:?}");
    }
}

#[test]
fn unknown_keys_are_warnings_unless_probably_misspelt() {
    let more = format!("{MODULECTL}repositoryUrl: 1.3.20\n");
    let (_, found) = ModuleConfig::parse("c", more.as_bytes());
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].code, found[0].severity),
        (FormatCode::ConfigKeyUnknown, Severity::Warning)
    );
    assert!(
        found[0].help.contains("nearest to it is repository"),
        "{}",
        found[0].help
    );
    let misspelt = MODULECTL.replace("repository:", "repositoryUrl:");
    let (_, found) = ModuleConfig::parse("c", misspelt.as_bytes());
    assert!(
        found.iter().any(|v| v.help == "did you mean repository?"),
        "{found:?}"
    );
}

#[test]
fn repository_tag_is_read_without_a_warning() {
    // As the workflows of btp-manager and telemetry-manager write it.
    for text in [KYMA_CLI, MODULECTL] {
        assert_eq!(codes(&format!("{text}repositoryTag: 1.3.20\n")), []);
    }
}

#[test]
fn paths_may_have_dots_as_long_as_they_stay_in_the_workspace() {
    let text = KYMA_CLI.replace("manifests/btp", "../manifests/btp");
    let (config, found) = ModuleConfig::parse("a/config.yaml", text.as_bytes());
    assert_eq!(found, []);
    let config = config.unwrap();
    let at = |file: &str, path: &str| config.path(file, FileKey::Manifest, path);
    for (file, path, expected) in [
        (
            "a/config.yaml",
            "../manifests/x.yaml",
            Some("manifests/x.yaml"),
        ),
        ("a/b/config.yaml", "../../x.yaml", Some("x.yaml")),
        ("./a/config.yaml", "./../a/../x.yaml", Some("x.yaml")),
        ("/repo/a/config.yaml", "../x.yaml", Some("/repo/x.yaml")),
        ("a/config.yaml", "../../x.yaml", None),
        ("config.yaml", "../x.yaml", None),
        ("a/config.yaml", "/x.yaml", None),
    ] {
        let found = at(file, path);
        assert_eq!(
            found.as_ref().ok().map(|p| p.to_str().unwrap()),
            expected,
            "{path}"
        );
        if let Err(refused) = found {
            assert_eq!(refused.code, FormatCode::ConfigPath);
            assert_eq!(refused.position().unwrap().line, 4);
        }
    }
}

#[test]
fn labels_with_an_empty_value_are_kept() {
    let labels = "labels:\n  a: b\n  empty: \"\"\n  none:\n  spaces: \" x \"\n  flag: true\nannotations:\n  empty: ''\n";
    for text in [KYMA_CLI, MODULECTL] {
        let text = text.replace("labels:\n  a: b\nannotations:\n", "annotations:\n");
        let text = if text.contains("annotations:\n") {
            text.replace("annotations:\n", labels)
        } else {
            format!("{text}{labels}")
        };
        let (config, found) = ModuleConfig::parse("c", text.as_bytes());
        assert_eq!(found, []);
        let config = config.unwrap();
        let kept: Vec<_> = config
            .labels
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        assert_eq!(kept.join(","), "a=b,empty=,flag=true,none=,spaces= x ");
        assert_eq!(config.annotations["empty"], "");
    }
}

#[test]
fn a_team_is_needed_for_security_scans_only() {
    let scanless = MODULECTL.replace("team: kyma/gopher", "securityScanEnabled: false");
    assert_eq!(codes(&scanless), []);
}

#[test]
fn all_mistakes_are_reported_in_the_order_of_the_file() {
    let text = "version: x\nrepository: y\nicons: {}\nnmae: z\n";
    let (config, found) = ModuleConfig::parse("module-config.yaml", text.as_bytes());
    assert!(config.is_none());
    let lines: Vec<_> = found.iter().map(|v| v.position().unwrap().line).collect();
    assert!(lines.is_sorted(), "{found:?}");
    let first = |v: &Diagnostic| v.seen.split(' ').next().unwrap_or_default().to_owned();
    let wrong: Vec<_> = found.iter().map(first).collect();
    let expected = "name manifest version documentation team repository icons nmae";
    assert_eq!(wrong.join(" "), expected, "{found:?}");
    assert_eq!(found[7].help, "did you mean name?");
    assert!(
        found
            .iter()
            .any(|v| v.code == FormatCode::VersionInvalid && v.severity == Severity::Error)
    );
    assert_eq!(
        ModuleConfig::parse("c", b"- a").1[0].to_string(),
        "c: the file holds no keys"
    );
}
