//! The `module-config.yaml` of a submission, in the shape of today's.

use super::*;
use crate::FormatCode;
use crate::config::ModuleConfig;

/// In order and layout as `kyma-project/btp-manager:.github/workflows/module-version-submit.yaml` writes it.
const FILE: &str = "name: kyma-project.io/module/btp-operator
version: 1.3.14
team: kyma/gopher
repository: https://github.com/kyma-project/btp-manager.git
repositoryTag: 1.3.14
manifest: btp-manager.yaml
defaultCR: btp-operator.yaml
documentation: https://help.example/btp-operator
manager:
  name: btp-manager-controller-manager
  namespace: kyma-system
  group: apps
  version: v1
  kind: Deployment
security: sec-scanners-config.yaml
associatedResources:
  - group: services.cloud.sap.com
    kind: ServiceInstance
    version: v1
  - group: services.cloud.sap.com
    kind: ServiceBinding
    version: v1
icons:
  - name: module-icon
    link: https://icons.example/logo.svg
";

fn read(text: &str) -> ModuleConfig {
    let (config, found) = ModuleConfig::parse("module-config.yaml", text.as_bytes());
    assert_eq!(found, []);
    config.unwrap()
}

#[test]
fn files_have_the_layout_of_todays() {
    let submission = ModuleSubmission::of(&read(FILE), &"1.3.14".parse().unwrap(), "1.3.14");
    assert_eq!(submission.file("f"), (Some(FILE.to_owned()), Vec::new()));
}

#[test]
fn the_version_and_the_tag_are_those_of_the_release() {
    let submission = ModuleSubmission::of(&read(FILE), &"1.4.0-rc1".parse().unwrap(), "v1.4.0-rc1");
    let expected = FILE
        .replace("version: 1.3.14", "version: 1.4.0-rc1")
        .replace("repositoryTag: 1.3.14", "repositoryTag: v1.4.0-rc1");
    assert_eq!(submission.file("f").0, Some(expected));
}

#[test]
fn all_keys_are_read_back_with_their_values() {
    let more = "resources:
  - name: raw
    link: https://a.example/b
labels:
  a.example/b: \"yes\"
annotations:
  c: 'd: e'
securityScanEnabled: false
requiresDowntime: true
internal: true
beta: true
";
    let text = format!("{FILE}{more}");
    let config = read(&text);
    let submission = ModuleSubmission::of(&config, &config.version.parse().unwrap(), "1.3.14");
    let (file, found) = submission.file("module-config.yaml");
    assert_eq!(found, []);
    let file = file.unwrap();
    assert_eq!(file, text);
    assert_eq!(read(&file), config);
}

#[test]
fn a_submission_that_modulectl_would_refuse_is_no_file() {
    let version = "1.3.14".parse().unwrap();
    let mut submission = ModuleSubmission::of(&read(FILE), &version, "1.3.14");
    submission.icons.clear();
    submission.team = None;
    submission.documentation = "help.example".into();
    let (file, found) = submission.file("f");
    assert_eq!(file, None);
    let codes: Vec<_> = found.iter().map(|found| found.code).collect();
    for code in [FormatCode::ConfigKeyMissing, FormatCode::ConfigLink] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(codes.len(), 3);
}

#[test]
fn what_is_there_is_told_apart() {
    for (existing, expected) in [
        (None, Submitted::Absent),
        (Some(FILE.to_owned()), Submitted::Same),
        (Some(format!("# c\n{FILE}")), Submitted::SameValues),
        (
            Some(FILE.replace("gopher", "otters") + "beta: true\n"),
            Submitted::Differs(vec!["beta".into(), "team".into()]),
        ),
        (
            Some(FILE.replace("security: sec-scanners-config.yaml\n", "")),
            Submitted::Differs(vec!["security".into()]),
        ),
        (Some("- x\n".to_owned()), Submitted::Unreadable),
        (Some("a: [\n".to_owned()), Submitted::Unreadable),
    ] {
        let found = submitted(existing.as_deref().map(str::as_bytes), FILE);
        assert_eq!(found, expected);
    }
    assert_eq!(submitted(Some(b"\xff"), FILE), Submitted::Unreadable);
}
