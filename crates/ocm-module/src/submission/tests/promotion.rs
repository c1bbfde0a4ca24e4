//! Which changes of `module-releases.yaml` a promotion makes.

use super::*;
use crate::Diagnostic;

const FILE: &str = "channels:\n  - channel: regular\n    version: 1.1.0 # since May\n  - channel: fast\n    version: \"1.2.0\"\n";

fn promoted(file: &str, channel: &str, version: &str) -> Result<Promotion, Diagnostic> {
    let version = version.parse().unwrap();
    promotion(
        "module-releases.yaml",
        Some(file.as_bytes()),
        channel,
        &version,
    )
}

/// The new file, or what is said instead.
fn result(file: &str, channel: &str, version: &str) -> String {
    match promoted(file, channel, version) {
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
    let found = promotion("f", None, "fast", &"1.2.0".parse().unwrap());
    let file = b"channels:\n  - channel: fast\n    version: 1.2.0\n".to_vec();
    assert_eq!(
        found,
        Ok(Promotion::Edit {
            from: None,
            file: file.clone()
        })
    );
    let again = promotion("f", Some(&file), "fast", &"1.2.0".parse().unwrap());
    assert_eq!(again, Ok(Promotion::Nothing));
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
