//! Channels as files and as pairs, and each way to write them wrong.

use super::*;

fn channel(channel: &str, version: &str) -> ChannelVersion {
    ChannelVersion {
        channel: channel.into(),
        version: version.into(),
    }
}

fn parsed(text: &str) -> ReleaseMeta {
    let (read, found) = ReleaseMeta::parse_file("channels.yaml", text.as_bytes(), "1.2.0");
    assert!(!found.iter().any(Diagnostic::is_error), "{found:?}");
    read.unwrap()
}

/// Code, line and column of all that is found, and whether something was read.
fn found(text: &str) -> (bool, Vec<Found>) {
    let (read, found) = ReleaseMeta::parse_file("channels.yaml", text.as_bytes(), "1.2.0");
    let found = found.iter().map(|found| {
        assert!(!found.help.is_empty(), "{found}");
        let at = found.position().map_or((0, 0), |at| (at.line, at.column));
        (found.code, at.0, at.1)
    });
    (read.is_some(), found.collect())
}

#[test]
fn files_in_the_format_of_module_releases_are_read() {
    let read = parsed(
        "channels:\n  - channel: regular\n    version: 1.1.0\n  - channel: fast\n    version: \"{version}\"\n",
    );
    assert_eq!(
        read,
        ReleaseMeta {
            audience: Audience::Channels(vec![
                channel("regular", "1.1.0"),
                channel("fast", "1.2.0")
            ]),
            kyma_selector: None,
            beta: None,
            internal: None,
        }
    );
    let read = parsed("mandatory:\n  version: 1.2.0\n");
    assert_eq!(read.audience, Audience::Mandatory("1.2.0".into()));
}

#[test]
fn pairs_are_read() {
    for pairs in [
        "regular=1.1.0,fast={version}",
        " regular=1.1.0 fast=1.2.0\n",
        "regular=1.1.0\r\nfast=1.2.0",
        "regular=1.1.0, fast={version},",
    ] {
        let (read, found) = ReleaseMeta::parse_pairs("release-meta", pairs, "1.2.0");
        assert_eq!(found, [], "{pairs}");
        let channels = vec![channel("regular", "1.1.0"), channel("fast", "1.2.0")];
        assert_eq!(
            read.unwrap().audience,
            Audience::Channels(channels),
            "{pairs}"
        );
    }
}

#[test]
fn each_mistake_in_pairs_is_reported() {
    for (pairs, expected) in [
        ("", vec![FormatCode::ChannelsMissing]),
        (" , ", vec![FormatCode::ChannelsMissing]),
        ("fast", vec![FormatCode::ChannelVersionInvalid]),
        ("fast=", vec![FormatCode::VersionInvalid]),
        ("=1.2.0", vec![FormatCode::ChannelInvalid]),
        ("fast=v1.2.0", vec![FormatCode::VersionWithV]),
        ("fast=1.2.0=3", vec![FormatCode::VersionInvalid]),
        ("fast=1.2.0 fast=1.2.0", vec![FormatCode::ChannelTwice]),
        (
            "Fast=1.2 ab=1.2.0-rc.1 regular x",
            vec![
                FormatCode::ChannelInvalid,
                FormatCode::VersionInvalid,
                FormatCode::ChannelInvalid,
                FormatCode::VersionPrereleaseDotted,
                FormatCode::ChannelVersionInvalid,
                FormatCode::ChannelVersionInvalid,
            ],
        ),
    ] {
        let (read, found) = ReleaseMeta::parse_pairs("release-meta", pairs, "1.2.0");
        assert_eq!(read, None, "{pairs}");
        let errors = found.iter().filter(|found| found.is_error());
        assert_eq!(
            errors.map(|found| found.code).collect::<Vec<_>>(),
            expected,
            "{pairs}"
        );
        assert!(
            found
                .iter()
                .all(|found| found.place == Some(Place::Input("release-meta".into())))
        );
    }
}

#[test]
fn a_release_that_no_channel_gets_is_a_warning() {
    let warned = (true, vec![(FormatCode::ChannelsWithoutRelease, 1, 1)]);
    assert_eq!(
        found("channels:\n- {channel: fast, version: 1.1.0}\n"),
        warned
    );
    assert_eq!(
        found("mandatory: {version: 1.1.0}\n").1[0].0,
        FormatCode::ChannelsWithoutRelease
    );
    let (read, found) = ReleaseMeta::parse_pairs("release-meta", "fast=1.1.0", "1.2.0");
    assert!(read.is_some());
    assert_eq!(found[0].code, FormatCode::ChannelsWithoutRelease);
}

/// Code, line and column.
type Found = (FormatCode, usize, usize);

/// Checks the errors of each file.
fn assert_errors(cases: &[(&str, &[Found])]) {
    for (text, expected) in cases {
        let (read, mut found) = found(text);
        found.retain(|(code, ..)| *code != FormatCode::ChannelsWithoutRelease);
        assert!(!read, "{text}");
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn mistakes_in_the_shape_of_a_file_have_code_and_position() {
    use FormatCode::{
        ChannelsMissing, ConfigKeyMissing, ConfigKeyUnknown, ConfigUnreadable, ConfigValueKind,
    };
    assert_errors(&[
        ("", &[(ConfigUnreadable, 0, 0)]),
        ("fast=1.2.0\n", &[(ConfigUnreadable, 0, 0)]),
        ("channels: [\n", &[(ConfigUnreadable, 1, 11)]),
        ("mandatory:\nmandatory:\n", &[(ConfigUnreadable, 2, 1)]),
        (
            "kind: ModuleReleaseMeta\n",
            &[(ConfigKeyUnknown, 1, 1), (ChannelsMissing, 1, 1)],
        ),
        ("channels: []\n", &[(ChannelsMissing, 1, 1)]),
        ("channels:\n", &[(ChannelsMissing, 1, 1)]),
        ("channels: fast\n", &[(ConfigValueKind, 1, 1)]),
        ("channels:\n- fast\n", &[(ConfigValueKind, 1, 1)]),
        ("mandatory:\n", &[(ConfigKeyMissing, 1, 1)]),
        ("mandatory: 1.2.0\n", &[(ConfigValueKind, 1, 1)]),
        ("mandatory: {}\n", &[(ConfigKeyMissing, 1, 1)]),
    ]);
}

#[test]
fn mistakes_in_a_channel_have_code_and_position() {
    use FormatCode::{
        ChannelInvalid, ChannelTwice, ConfigKeyMissing, ConfigKeyUnknown, ConfigNumberAsText,
        ConfigValueKind, VersionBuildMetadata, VersionWithV,
    };
    let long = format!("channel: {}\n  version: 1.2.0", "a".repeat(33));
    for (channel, expected) in [
        ("channel: fast", vec![(ConfigKeyMissing, 2, 3)]),
        ("version: 1.2.0", vec![(ConfigKeyMissing, 2, 3)]),
        (
            "channel: ab\n  version: 1.2.0",
            vec![(ChannelInvalid, 2, 3)],
        ),
        (long.as_str(), vec![(ChannelInvalid, 2, 3)]),
        (
            "channel: Fast\n  version: v1.2.0",
            vec![(ChannelInvalid, 2, 3), (VersionWithV, 3, 3)],
        ),
        (
            "channel: true\n  version: 1.2.0",
            vec![(ConfigValueKind, 2, 3)],
        ),
        (
            "channel: fast\n  version: 1.2",
            vec![(ConfigNumberAsText, 3, 3)],
        ),
        (
            "channel: fast\n  version: {version}",
            vec![(ConfigValueKind, 3, 3)],
        ),
        (
            "channel: fast\n  version: 1.2.0+b",
            vec![(VersionBuildMetadata, 3, 3)],
        ),
        (
            "channel: fast\n  verison: 1.2.0",
            vec![(ConfigKeyMissing, 2, 3), (ConfigKeyUnknown, 3, 3)],
        ),
        (
            "channel: fast\n  version: 1.2.0\n- channel: fast\n  version: 1.1.0",
            vec![(ChannelTwice, 4, 3)],
        ),
    ] {
        let text = format!("channels:\n- {channel}\n");
        assert_errors(&[(&text, &expected)]);
    }
}

#[test]
fn mistakes_beside_the_channels_have_code_and_position() {
    use FormatCode::{ChannelsMissing, ConfigValueKind};
    for (more, expected) in [
        ("mandatory:\n  version: 1.2.0\n", (ChannelsMissing, 4, 1)),
        ("beta: maybe\n", (ConfigValueKind, 4, 1)),
        ("kymaSelector: a=b\n", (ConfigValueKind, 4, 1)),
    ] {
        let text = format!("channels:\n- channel: fast\n  version: 1.2.0\n{more}");
        assert_errors(&[(&text, &[expected])]);
    }
}

#[test]
fn what_is_experimental_or_deprecated_is_read_with_a_warning() {
    let text = "channels:\n- {channel: fast, version: 1.2.0}\nbeta: true\ninternal: false\nkymaSelector:\n  matchLabels:\n    a.io/b: \"true\"\n    empty: \"\"\n  matchExpressions:\n  - {key: c, operator: In, values: [d, e]}\n  - {key: f, operator: Exists}\n";
    let read = parsed(text);
    assert_eq!((read.beta, read.internal), (Some(true), Some(false)));
    assert_eq!(
        read.kyma_selector,
        Some(json!({
            "matchLabels": {"a.io/b": "true", "empty": ""},
            "matchExpressions": [
                {"key": "c", "operator": "In", "values": ["d", "e"]},
                {"key": "f", "operator": "Exists"},
            ],
        }))
    );
    let expected = vec![
        (FormatCode::ReleaseMetaDeprecated, 3, 1),
        (FormatCode::ReleaseMetaDeprecated, 4, 1),
        (FormatCode::ReleaseMetaExperimental, 5, 1),
    ];
    assert_eq!(found(text), (true, expected));
}

#[test]
fn a_selector_that_kubernetes_refuses_is_an_error() {
    for selector in [
        "matchLabels: {-a: b}",
        "matchLabels: {a: -b}",
        "matchLabels: {a: true}",
        "matchExpressions: [{key: a, operator: Is}]",
        "matchExpressions: [{key: a, operator: In}]",
        "matchExpressions: [{key: a, operator: Exists, values: [b]}]",
        "matchExpressions: [{key: '', operator: Exists}]",
        "matchExpressions: [{key: a b, operator: Exists}]",
        "matchExpressions: [{key: a, operator: In, values: [b c]}]",
        "matchLables: {a: b}",
    ] {
        let text = format!(
            "channels:\n- {{channel: fast, version: 1.2.0}}\nkymaSelector: {{{selector}}}\n"
        );
        assert!(!found(&text).0, "{selector}");
    }
}

#[test]
fn thousands_of_mistakes_are_all_reported() {
    let text = format!(
        "channels:\n{}",
        "- channel: fast\n  version: v1\n".repeat(2000)
    );
    let (read, found) = found(&text);
    assert!(!read);
    // Two of each but the first channel, and one warning.
    assert_eq!(found.len(), 2 * 2000);
}
