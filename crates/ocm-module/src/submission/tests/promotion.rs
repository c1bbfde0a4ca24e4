//! Which changes of `module-releases.yaml` a promotion makes.

use super::*;
use crate::{Diagnostic, FormatCode};

const FILE: &str = "channels:\n  - channel: regular\n    version: 1.1.0 # since May\n  - channel: fast\n    version: \"1.2.0\"\n";

fn promoted(file: &str, channel: &str, version: &str) -> Result<Promotion, Diagnostic> {
    promoted_after(&[], Some(file), channel, version)
}

fn promoted_after(
    after: &[&str],
    file: Option<&str>,
    channel: &str,
    version: &str,
) -> Result<Promotion, Diagnostic> {
    let goal = ChannelGoal {
        module: "btp-operator",
        channel,
        version: &version.parse().unwrap(),
        after,
    };
    promotion("module-releases.yaml", file.map(str::as_bytes), goal)
}

/// The new file, or what is said instead.
fn result(file: &str, channel: &str, version: &str) -> String {
    said(promoted(file, channel, version))
}

fn said(found: Result<Promotion, Diagnostic>) -> String {
    match found {
        Ok(Promotion::Nothing) => "nothing".to_owned(),
        Ok(Promotion::Edit { file, .. }) => String::from_utf8(file).unwrap(),
        Ok(Promotion::Refused(why)) => format!("refused {}", why.code),
        Err(error) => format!("{} {:?}", error.code, error.position().map(|at| at.line)),
    }
}

#[test]
fn a_channel_gets_a_higher_version_and_nothing_else_changes() {
    assert_eq!(
        result(FILE, "regular", "1.2.0"),
        FILE.replace("1.1.0", "1.2.0")
    );
    assert_eq!(
        result(FILE, "fast", "1.3.0-rc1"),
        FILE.replace("1.2.0", "1.3.0-rc1")
    );
    let Ok(Promotion::Edit { from, .. }) = promoted(FILE, "fast", "1.10.0") else {
        panic!();
    };
    assert_eq!(from, Some("1.2.0".parse().unwrap()));
    let crlf = FILE.replace('\n', "\r\n");
    assert_eq!(
        result(&crlf, "fast", "1.3.0"),
        crlf.replace("1.2.0", "1.3.0")
    );
    let flow = "channels: [{channel: fast, version: 1.2.0}]";
    assert_eq!(
        result(flow, "fast", "1.3.0"),
        flow.replace("1.2.0", "1.3.0")
    );
}

#[test]
fn a_channel_never_gets_a_lower_version() {
    assert_eq!(result(FILE, "fast", "1.2.0"), "nothing");
    for lower in ["1.1.9", "1.2.0-rc1", "0.9.0"] {
        assert_eq!(result(FILE, "fast", lower), "refused channel-downgrade");
    }
    let Ok(Promotion::Refused(why)) = promoted(FILE, "fast", "1.1.0") else {
        panic!();
    };
    assert_eq!(
        why.seen,
        "the channel fast has version 1.2.0, which is higher than 1.1.0"
    );
    // 1.10.0 is lower as a text.
    assert_eq!(
        result(FILE, "fast", "1.10.0"),
        FILE.replace("1.2.0", "1.10.0")
    );
}

#[test]
fn a_channel_that_is_not_there_is_added_at_the_end() {
    let more = "  - channel: dev\n    version: 1.3.0\n";
    assert_eq!(result(FILE, "dev", "1.3.0"), format!("{FILE}{more}"));
    for (file, expected) in [
        (
            "# c\nchannels:\n- version: 1.2.0 # b\n  channel: fast # a\n# d\nbeta: true\n",
            "# c\nchannels:\n- version: 1.2.0 # b\n  channel: fast # a\n- channel: dev\n  version: 1.3.0\n# d\nbeta: true\n",
        ),
        (
            "channels:\n  -   channel: fast\n      version: 1.2.0",
            "channels:\n  -   channel: fast\n      version: 1.2.0\n  -   channel: dev\n      version: 1.3.0\n",
        ),
        (
            "channels:\r\n- channel: fast\r\n  version: 1.2.0\r\n",
            "channels:\r\n- channel: fast\r\n  version: 1.2.0\r\n- channel: dev\r\n  version: 1.3.0\r\n",
        ),
        (
            "channels: [{channel: fast, version: 1.2.0}]\n",
            "yaml-edit-refused None",
        ),
        (
            "channels:\n- channel: fast\n  version: 1.2.0\n  note: x\n",
            "yaml-edit-refused None",
        ),
        (
            "channels:\n- {channel: fast, version: 1.2.0}\n",
            "channels:\n- {channel: fast, version: 1.2.0}\n- channel: dev\n  version: 1.3.0\n",
        ),
    ] {
        assert_eq!(result(file, "dev", "1.3.0"), expected);
    }
}

#[test]
fn a_file_that_is_not_there_gets_this_channel_only() {
    let file = "channels:\n  - channel: fast\n    version: 1.2.0\n";
    assert_eq!(said(promoted_after(&[], None, "fast", "1.2.0")), file);
    assert_eq!(promoted(file, "fast", "1.2.0"), Ok(Promotion::Nothing));
}

#[test]
fn a_channel_follows_those_before_it() {
    // `fast` has 1.2.0, `regular` 1.1.0.
    let edited = |version: &str| FILE.replace("1.1.0", version);
    for (after, version, expected) in [
        (&[][..], "1.3.0", edited("1.3.0")),
        (&["fast"], "1.2.0", edited("1.2.0")),
        (&["fast"], "1.1.5", edited("1.1.5")),
        (&["fast"], "1.2.1", "refused channel-order".to_owned()),
        (&["dev"], "1.2.0", "refused channel-order".to_owned()),
        (
            &["fast", "dev"],
            "1.2.0",
            "refused channel-order".to_owned(),
        ),
        (
            &["dev", "fast"],
            "1.2.0",
            "refused channel-order".to_owned(),
        ),
        // What it has already, it may keep; and it never goes down.
        (&["dev"], "1.1.0", "nothing".to_owned()),
        (&["dev"], "1.0.0", "refused channel-downgrade".to_owned()),
    ] {
        let found = promoted_after(after, Some(FILE), "regular", version);
        assert_eq!(said(found), expected, "{version} after {after:?}");
    }
    for (file, channel, seen) in [
        (
            Some(FILE),
            "regular",
            "the channel regular follows fast, which has version 1.2.0",
        ),
        (
            Some(FILE),
            "dev",
            "the channel dev follows fast, which has version 1.2.0",
        ),
        (
            None,
            "regular",
            "the channel regular follows fast, which has no version",
        ),
    ] {
        let Ok(Promotion::Refused(why)) = promoted_after(&["fast"], file, channel, "1.3.0") else {
            panic!("{seen}");
        };
        assert_eq!(why.seen, seen);
        assert_eq!(
            why.wanted.as_deref(),
            Some("version 1.3.0 or a higher one in fast")
        );
    }
}

#[test]
fn the_files_of_kyma_are_changed_in_one_place() {
    // As Lifecycle Manager's migration guide has them for Telemetry, and as the module's own script wrote them.
    let guide = "targetLandscapes: [dev, stage] # <= stage landscape added\nchannels:\n  - channel: regular\n    version: 1.32.0\n  - channel: fast\n    version: 1.34.0\n  - channel: experimental\n    version: 1.34.0-experimental\n  - channel: dev\n    version: 1.35.0-rc1\n";
    let script = guide.replace(
        " [dev, stage] # <= stage landscape added",
        "\n  - dev\n  - stage",
    );
    // As btp-manager's tests of its script have them.
    let narrow = guide
        .replace("\n  - channel", "\n - channel")
        .replace("\n    version", "\n   version");
    for file in [guide, &script, &narrow] {
        for (channel, from, to) in [
            ("regular", "1.32.0", "1.34.0"),
            ("experimental", "1.34.0-experimental", "1.35.0-experimental"),
            ("dev", "1.35.0-rc1", "1.35.0"),
        ] {
            let (from, to) = (format!("version: {from}\n"), format!("version: {to}\n"));
            let version = to.trim_start_matches("version: ").trim_end();
            assert_eq!(
                result(file, channel, version),
                file.replacen(&from, &to, 1),
                "{channel}"
            );
        }
    }
    let more = " - channel: lts\n   version: 1.34.0\n";
    assert_eq!(result(&narrow, "lts", "1.34.0"), format!("{narrow}{more}"));
}

#[test]
fn the_file_of_another_module_is_not_changed() {
    for (named, expected) in [
        ("btp-operator", None),
        ("kyma-project.io/module/btp-operator", None),
        ("\"btp-operator\"", None),
        ("keda", Some("keda")),
        (
            "kyma-project.io/module/keda",
            Some("kyma-project.io/module/keda"),
        ),
        ("[btp-operator]", Some("[\"btp-operator\"]")),
    ] {
        let file = format!("moduleName: {named}\n{FILE}");
        let found = promoted(&file, "fast", "1.3.0");
        let other = found.err().map(|wrong| {
            assert_eq!(wrong.code, FormatCode::ReleaseMetaNameDiffers);
            wrong.seen
        });
        let expected = expected.map(|other| format!("moduleName is {other}"));
        assert_eq!(other, expected, "{named}");
    }
}

#[test]
fn files_with_a_mistake_are_not_changed() {
    for (file, channel, version, expected) in [
        (FILE, "Fast", "1.3.0", "channel-invalid None"),
        (FILE, "fast", "1.3.0-rc.1", "version-prerelease-dotted None"),
        (
            "channels: [\n",
            "fast",
            "1.3.0",
            "config-unreadable Some(1)",
        ),
        (
            "mandatory:\n  version: 1.2.0\n",
            "fast",
            "1.3.0",
            "channels-missing None",
        ),
        (
            "channels:\n- channel: fast\n  version: v1.2.0\n",
            "fast",
            "1.3.0",
            "version-with-v Some(3)",
        ),
        (
            "channels:\n- channel: fast\n  version: \"{version}\"\n",
            "fast",
            "1.3.0",
            "version-invalid Some(3)",
        ),
        (
            "channels:\n- channel: fast\n  version: 1.1.0\n- channel: fast\n  version: 1.2.0\n",
            "fast",
            "1.3.0",
            "channel-twice Some(4)",
        ),
        (
            "a: &a 1.2.0\nchannels:\n- channel: fast\n  version: *a\n",
            "fast",
            "1.3.0",
            "yaml-edit-refused Some(4)",
        ),
    ] {
        assert_eq!(result(file, channel, version), expected, "{file}");
    }
}
