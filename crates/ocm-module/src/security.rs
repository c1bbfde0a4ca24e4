//! `sec-scanners-config.yaml`: what security scanners are told about a module, in the form of 2023 and in today's.

use super::fields::Document;
use super::images::ImageName;
use crate::{Diagnostic, FormatCode};

/// The parts of the file that the module's descriptor repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityScan {
    /// Images to scan: `bdba` today, `protecode` in 2023.
    pub images: Vec<String>,
    /// `mend` today, `whitesource` in 2023.
    pub language: String,
    pub subprojects: String,
    pub exclude: Vec<String>,
    pub dev_branch: String,
    pub rc_tag: String,
}

const KEYS: [&str; 9] = [
    "module-name",
    "kind",
    "rc-tag",
    "dev-branch",
    "protecode",
    "bdba",
    "whitesource",
    "mend",
    "checkmarx-one",
];

/// Reads the file; the violations come with it, or instead of it if it cannot be read at all.
pub fn parse(file: &str, bytes: &[u8]) -> (Option<SecurityScan>, Vec<Diagnostic>) {
    let document = match Document::parse(file, bytes) {
        Ok(document) => document,
        Err(violation) => return (None, vec![violation]),
    };
    let fields = document.fields();
    fields.only(&KEYS);
    let text = |key: &str| fields.text(key).unwrap_or_default();
    let mut scan = SecurityScan {
        dev_branch: text("dev-branch"),
        rc_tag: text("rc-tag"),
        ..SecurityScan::default()
    };
    for (now, then) in [("bdba", "protecode"), ("mend", "whitesource")] {
        if document.has(now) && document.has(then) {
            let message = format!("{then} stands beside {now}, which took its place");
            fields.note(
                then,
                Diagnostic::error(
                    FormatCode::ScanConfigMixed,
                    message,
                    format!("keep {now} only"),
                ),
            );
        }
    }
    for key in ["protecode", "bdba"] {
        for image in fields.texts(key) {
            fields.note_all(key, check_image(&image));
            scan.images.push(image);
        }
    }
    for key in ["whitesource", "mend"] {
        if let Some(scanner) = fields.object(key) {
            scanner.only(&["language", "subprojects", "exclude"]);
            scan.language = scanner.text("language").unwrap_or_default();
            scan.subprojects = scanner.text("subprojects").unwrap_or_default();
            scan.exclude = scanner.texts("exclude");
        }
    }
    if let Some(scanner) = fields.object("checkmarx-one") {
        scanner.only(&["preset", "exclude"]);
        scanner.text("preset");
        scanner.texts("exclude");
    }
    (Some(scan), document.finish())
}

fn check_image(image: &str) -> Option<Diagnostic> {
    let help =
        "write it in full, such as europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.2.0";
    match ImageName::parse(image) {
        None => Some(Diagnostic::error(
            FormatCode::ScanImageInvalid,
            format!("{image:?} is no image"),
            help,
        )),
        Some(name) => name.moving().or_else(|| {
            // `cli:pkg/module/security_scan.go` split at every colon until 2.20.
            (image.matches(':').count() != 1).then(|| {
                let message = format!(
                    "{image:?} has a port or a digest, which the Kyma CLI of 2023 cannot read"
                );
                Diagnostic::warning(
                    FormatCode::ScanImageForOldTools,
                    message,
                    "nothing to do, unless that tool reads the file",
                )
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    const OF_2023: &str = "module-name: btp-operator\nrc-tag: 1.0.0\ndev-branch: main\nprotecode:\n  - europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.0.0\nwhitesource:\n  language: golang-mod\n  subprojects: false\n  exclude:\n    - \"**/*_test.go\"\n";
    const OF_TODAY: &str = "module-name: btp-operator\nkind: kyma\nrc-tag: 1.3.0\nbdba:\n  - europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.3.0\nmend:\n  language: golang-mod\n  exclude: [\"**/*_test.go\"]\ncheckmarx-one:\n  preset: go-default\n  exclude: [\"**/*_test.go\"]\n";

    #[test]
    fn both_forms_are_read() {
        for (text, subprojects, tag) in [(OF_2023, "false", "1.0.0"), (OF_TODAY, "", "1.3.0")] {
            let (scan, violations) = parse("sec-scanners-config.yaml", text.as_bytes());
            assert_eq!(violations, []);
            let scan = scan.unwrap();
            assert_eq!(
                scan.images,
                [format!(
                    "europe-docker.pkg.dev/kyma-project/prod/btp-manager:{tag}"
                )]
            );
            assert_eq!(
                (scan.language.as_str(), scan.subprojects.as_str()),
                ("golang-mod", subprojects)
            );
            assert_eq!(scan.exclude, ["**/*_test.go"]);
            assert_eq!(scan.rc_tag, tag);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, code, line, severity) in [
            (
                "protecode:\n- btp manager\n",
                FormatCode::ScanImageInvalid,
                1,
                Severity::Error,
            ),
            (
                "a: 1\nbdba:\n- r.example/a:latest\n",
                FormatCode::ImageTagMoving,
                2,
                Severity::Error,
            ),
            (
                "bdba:\n- r.example/a\n",
                FormatCode::ImageTagMissing,
                1,
                Severity::Error,
            ),
            (
                "bdba:\n- r.example:5000/a:1\n",
                FormatCode::ScanImageForOldTools,
                1,
                Severity::Warning,
            ),
            (
                "bdba: []\nprotecode: []\n",
                FormatCode::ScanConfigMixed,
                2,
                Severity::Error,
            ),
            (
                "mend:\n  langauge: go\n",
                FormatCode::ConfigKeyUnknown,
                2,
                Severity::Error,
            ),
            (
                "rc-tag: 1.10\n",
                FormatCode::ConfigNumberAsText,
                1,
                Severity::Error,
            ),
            ("bdba: x\n", FormatCode::ConfigValueKind, 1, Severity::Error),
            ("- x\n", FormatCode::ConfigUnreadable, 0, Severity::Error),
        ] {
            let (_, violations) = parse("s.yaml", text.as_bytes());
            let found = violations
                .iter()
                .find(|v| v.code == code)
                .unwrap_or_else(|| panic!("{code}: {violations:?}"));
            assert_eq!(found.position().map_or(0, |at| at.line), line, "{code}");
            assert_eq!(found.severity, severity, "{code}");
        }
    }
}
