//! Files of Kyma's repositories, and each way to write an invalid one.

use super::*;
use crate::fixtures;

#[test]
fn files_of_kymas_repositories_are_read() {
    for (file, name, team, images) in [
        (
            "btp-manager",
            "kyma-project.io/module/btp-operator",
            "kyma/gopher",
            3,
        ),
        (
            "telemetry-manager",
            "kyma-project.io/module/telemetry",
            "kyma/Huskies",
            7,
        ),
        (
            "cloud-manager",
            "kyma-project.io/kyma-runtime/kcp-components/cloud-manager",
            "kyma/phoenix",
            1,
        ),
        (
            "lifecycle-manager",
            "kyma-project.io/kyma-runtime/kcp-components/lifecycle-manager",
            "kyma/jellyfish",
            2,
        ),
    ] {
        let bytes = fixtures::read(&format!("component-config/{file}.yaml"));
        let (config, found) = ScannedComponent::parse(file, &bytes);
        assert_eq!(found, [], "{file}");
        let config = config.unwrap();
        assert_eq!(
            (
                config.name.as_str(),
                config.team.as_str(),
                config.images.len()
            ),
            (name, team, images)
        );
        assert_eq!(config.images[0].1.map(|at| at.line), Some(4));
        assert!(config.more.is_empty());
    }
}

#[test]
fn each_mistake_has_code_and_position() {
    for (text, expected) in [
        ("team: t\n", vec![(FormatCode::ConfigKeyMissing, 1)]),
        ("name: a.io/b\n", vec![(FormatCode::ConfigKeyMissing, 1)]),
        (
            "name: b\nteam: t\n",
            vec![(FormatCode::ModuleNameInvalid, 1)],
        ),
        (
            "name: a.io/b\nteam: t\nimages:\n- r.example/a:1\n- a b\n",
            vec![(FormatCode::ScanImageInvalid, 5)],
        ),
        (
            "name: a.io/b\nteam: t\nimages: r.example/a:1\n",
            vec![(FormatCode::ConfigValueKind, 3)],
        ),
        (
            "name: a.io/b\nteam: t\nimage: []\n",
            vec![(FormatCode::ConfigKeyUnknown, 3)],
        ),
        (
            "name: a.io/b\nteam: 1.10\nimages: [1]\n",
            vec![
                (FormatCode::ConfigNumberAsText, 2),
                (FormatCode::ConfigValueKind, 3),
            ],
        ),
        ("- a\n", vec![(FormatCode::ConfigUnreadable, 0)]),
        (
            "name: a.io/b\nname: a.io/c\n",
            vec![(FormatCode::ConfigUnreadable, 2)],
        ),
    ] {
        let (config, found) = ScannedComponent::parse("c.yaml", text.as_bytes());
        assert_eq!(config, None, "{text}");
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.code, found.position().map_or(0, |at| at.line)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }
}
