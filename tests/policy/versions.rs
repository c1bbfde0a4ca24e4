//! B-28 and B-33: texts that scripts took for versions, or refused though they are some.

use super::repository::repository;
use super::scripts::{Script, label_validator, three_numbers, three_numbers_and_a_word};

/// What a text is, and the script that is wrong about it with what it made of it.
struct Case {
    typed: &'static str,
    script: Script,
    /// The version, or why it is none.
    ours: Result<&'static str, &'static str>,
}

const fn case(
    typed: &'static str,
    script: Script,
    ours: Result<&'static str, &'static str>,
) -> Case {
    Case {
        typed,
        script,
        ours,
    }
}

const MAJOR: &str = "while parsing major version number";

/// B-28, `release_label_validator.py`, with 1.3.20 as the latest release.
const VALIDATOR: [Case; 13] = [
    case(
        "foo",
        Script::Unchecked,
        Err("unexpected character 'f' while parsing major version number"),
    ),
    case(
        "1.3",
        Script::Passed,
        Err("unexpected end of input while parsing minor version number"),
    ),
    case("1.3.21-rc1", Script::Unchecked, Ok("1.3.21-rc1")),
    case(
        "1.4.0 ; id",
        Script::Unchecked,
        Err("unexpected character ' ' after patch version number"),
    ),
    case("v1.3.21", Script::Passed, Ok("1.3.21")),
    case(
        "vv1.3.21",
        Script::Passed,
        Err("unexpected character 'v' while parsing major version number"),
    ),
    case(
        "1.3.2_1",
        Script::Passed,
        Err("unexpected character '_' after patch version number"),
    ),
    case(
        "+1.3.21",
        Script::Passed,
        Err("unexpected character '+' while parsing major version number"),
    ),
    case(
        "1.3.021",
        Script::Passed,
        Err("invalid leading zero in patch version number"),
    ),
    case(
        "１.３.２１",
        Script::Passed,
        Err("unexpected character '１' while parsing major version number"),
    ),
    case(
        "v1",
        Script::Passed,
        Err("unexpected end of input while parsing major version number"),
    ),
    case(
        "1",
        Script::Passed,
        Err("unexpected end of input while parsing major version number"),
    ),
    case("1.3.21", Script::Passed, Ok("1.3.21")),
];

/// B-28, `^[0-9]+\.[0-9]+\.[0-9]+$`.
const THREE_NUMBERS: [Case; 4] = [
    case(
        "01.2.3",
        Script::Passed,
        Err("invalid leading zero in major version number"),
    ),
    case(
        "00.0.0",
        Script::Passed,
        Err("invalid leading zero in major version number"),
    ),
    // SemVer sets no limit, and everything that reads versions has one: here it is 64 bits.
    case(
        "99999999999999999999.0.0",
        Script::Passed,
        Err("value of major version number exceeds u64::MAX"),
    ),
    case("1.2.3-rc.1", Script::Refused, Ok("1.2.3-rc.1")),
];

/// B-28, the same with `(-[a-z][a-z0-9]*)?`.
const WITH_A_WORD: [Case; 3] = [
    case("1.2.3-rc.1", Script::Refused, Ok("1.2.3-rc.1")),
    case("1.2.3-1", Script::Refused, Ok("1.2.3-1")),
    case("1.2.3-rc1", Script::Passed, Ok("1.2.3-rc1")),
];

/// B-33: what stands where a version should, where an expansion of the shell goes wrong.
const EXPANSIONS: [&str; 4] = [
    "${MODULE_VERSION/module-config.yaml",
    "${MODULE_VERSION}",
    "${CHANNEL}",
    "\\ ",
];

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_versions_as_semver_says_and_not_as_scripts_did() {
    let repository = repository(|_| ()).await;
    let validated = |name: &str| label_validator("1.3.20", name, false);
    let cases = VALIDATOR.iter().map(|case| (case, validated(case.typed)));
    let numbers = THREE_NUMBERS
        .iter()
        .map(|case| (case, three_numbers(case.typed)));
    let words = WITH_A_WORD
        .iter()
        .map(|case| (case, three_numbers_and_a_word(case.typed)));
    for (case, script) in cases.chain(numbers).chain(words) {
        let typed = case.typed;
        assert_eq!(script, case.script, "the script about {typed:?}");
        let planned = repository.plan(&[("version", typed)]).await;
        match case.ours {
            Ok(version) => {
                assert_eq!(planned.code, 0, "{typed}: {}", planned.log);
                assert_eq!(planned.outputs["version"], version);
                assert_eq!(planned.outputs["tag"], typed);
            }
            Err(why) => {
                assert_eq!(planned.code, 2, "{typed}: {}", planned.log);
                let seen = format!(
                    "version-invalid: version {typed:?} is not a semantic version: {why} / use MAJOR"
                );
                assert!(planned.told()[0].starts_with(&seen), "{:?}", planned.told());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expansions_of_a_shell_that_went_wrong_are_no_versions() {
    let repository = repository(|_| ()).await;
    for typed in EXPANSIONS {
        let planned = repository.plan(&[("version", typed)]).await;
        assert_eq!(planned.code, 2, "{typed}: {}", planned.log);
        let told = planned.told();
        assert!(
            told[0].starts_with("version-invalid: ") && told[0].contains(MAJOR),
            "{told:?}"
        );
    }
}
