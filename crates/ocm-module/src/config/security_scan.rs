//! `sec-scanners-config.yaml`: the configuration of security scanners for a module, with the keys of 2023 or the
//! present ones.

use super::fields::ConfigFile;
use crate::oci::ImageName;
use crate::yaml::Dialect;
use crate::{Diagnostic, FormatCode};

/// The parts of the file that the module's descriptor repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityScan {
    /// Images to scan: `bdba`, or `protecode` in 2023.
    pub images: Vec<String>,
    /// The language of the sources, such as `golang-mod`: `mend`, or `whitesource` in 2023.
    pub language: String,
    /// Whether sub-projects are scanned, as a text.
    pub subprojects: String,
    /// Patterns of files that are not scanned.
    pub exclude: Vec<String>,
    /// The branch that is scanned between releases.
    pub dev_branch: String,
    /// The release candidate that is scanned.
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

impl SecurityScan {
    /// Reads the file; `file` is its name, for diagnostics. All that is wrong with it comes with it, or instead of it if it
    /// cannot be read at all.
    pub fn parse(file: &str, bytes: &[u8]) -> (Option<Self>, Vec<Diagnostic>) {
        let file = match ConfigFile::parse(file, bytes, Dialect::Kubernetes) {
            Ok(file) => file,
            Err(unreadable) => return (None, vec![unreadable]),
        };
        let fields = file.fields();
        fields.only(&KEYS);
        for (new, old) in [("bdba", "protecode"), ("mend", "whitesource")] {
            if file.has(new) && file.has(old) {
                let mixed = Diagnostic::error(
                    FormatCode::ScanConfigMixed,
                    format!("{old} is there beside {new}, which replaced it"),
                    format!("keep {new} only"),
                );
                fields.note(old, mixed);
            }
        }
        let text = |key: &str| fields.text(key).unwrap_or_default();
        let mut scan = Self {
            dev_branch: text("dev-branch"),
            rc_tag: text("rc-tag"),
            ..Self::default()
        };
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
        (Some(scan), file.finish())
    }
}

fn check_image(image: &str) -> Option<Diagnostic> {
    let help =
        "write it in full, such as europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.2.0";
    let Some(name) = ImageName::parse(image) else {
        let seen = format!("{image:?} is no image");
        return Some(Diagnostic::error(FormatCode::ScanImageInvalid, seen, help));
    };
    name.moving().or_else(|| {
        // `cli:pkg/module/security_scan.go` split at every colon until 2.20.
        (image.matches(':').count() != 1).then(|| {
            Diagnostic::warning(
                FormatCode::ScanImageForOldTools,
                format!("{image:?} has a port or a digest, which the Kyma CLI 2 cannot read"),
                "nothing to do, unless that tool reads the file",
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    const KYMA_CLI_2: &str = "module-name: btp-operator\nrc-tag: 1.0.0\ndev-branch: main\nprotecode:\n  - europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.0.0\nwhitesource:\n  language: golang-mod\n  subprojects: false\n  exclude:\n    - \"**/*_test.go\"\n";
    const MODULECTL_3: &str = "module-name: btp-operator\nkind: kyma\nrc-tag: 1.3.0\nbdba:\n  - europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.3.0\nmend:\n  language: golang-mod\n  exclude: [\"**/*_test.go\"]\ncheckmarx-one:\n  preset: go-default\n  exclude: [\"**/*_test.go\"]\n";

    #[test]
    fn keys_of_kyma_cli_2_and_modulectl_3_are_read() {
        for (text, subprojects, tag) in [(KYMA_CLI_2, "false", "1.0.0"), (MODULECTL_3, "", "1.3.0")]
        {
            let (scan, found) = SecurityScan::parse("sec-scanners-config.yaml", text.as_bytes());
            assert_eq!(found, []);
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
    fn each_mistake_has_code_and_position() {
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
            let (_, found) = SecurityScan::parse("s.yaml", text.as_bytes());
            let diagnostic = found
                .iter()
                .find(|v| v.code == code)
                .unwrap_or_else(|| panic!("{code}"));
            assert_eq!(
                diagnostic.position().map_or(0, |at| at.line),
                line,
                "{code}"
            );
            assert_eq!(diagnostic.severity, severity, "{code}");
        }
    }
}
