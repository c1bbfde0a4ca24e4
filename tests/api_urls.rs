//! The URLs of GitHub's API that the program accepts: the token must not be sent in plain text, nor to the wrong GitHub.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::process::Command;

struct Ended {
    code: Option<i32>,
    stderr: String,
}

/// Runs `draft` with an unusable plan, so that it ends before anything is sent.
fn run(env: &[(&str, &str)]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .args(["draft", "--plan={}"])
        .env_clear()
        .env("GITHUB_TOKEN", "t0ken")
        .envs(env.iter().copied())
        .output()
        .unwrap();
    Ended {
        code: output.status.code(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

const API: &str = "GITHUB_API_URL";
const GRAPHQL: &str = "GITHUB_GRAPHQL_URL";
const ON_A_RUNNER: (&str, &str) = ("GITHUB_ACTIONS", "true");

#[test]
fn insecure_and_missing_api_urls_are_usage_errors() {
    let graphql = (GRAPHQL, "https://api.github.com/graphql");
    for (env, why) in [
        (
            &[(API, "http://api.github.com"), graphql][..],
            "is not an https URL",
        ),
        (
            &[(GRAPHQL, "http://192.0.2.1/graphql")],
            "is not an https URL",
        ),
        (&[(API, "ftp://localhost")], "is not an https URL"),
        (&[(API, "api.github.com")], "cannot be used"),
        (&[ON_A_RUNNER, graphql], "GITHUB_API_URL"),
        (&[(API, "https://api.github.com:99999")], "cannot be used"),
        (&[(API, "https://")], "cannot be used"),
        (&[(API, "mailto:t0ken@github.com")], "is not an https URL"),
        (
            &[(API, "https://u:t0ken@api.github.com")],
            "URL \"https://api.github.com/\" has a user name or a password",
        ),
        (
            &[(GRAPHQL, "https://api.github.com/graphql?t0ken")],
            "has a query or a fragment",
        ),
    ] {
        let ended = run(env);
        assert_eq!(ended.code, Some(2), "{env:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("[url-invalid]"),
            "{env:?}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains(why), "{env:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("t0ken"), "{env:?}: {}", ended.stderr);
    }
}

#[test]
fn https_and_loopback_api_urls_are_accepted() {
    for env in [
        &[][..],
        &[
            (API, "https://git.acme.example/api/v3"),
            (GRAPHQL, "https://git.acme.example/api/graphql"),
        ],
        &[
            (API, "http://127.0.0.1:1"),
            (GRAPHQL, "http://127.0.0.1:1/graphql"),
        ],
        &[
            ON_A_RUNNER,
            (API, "http://localhost:1"),
            (GRAPHQL, "http://localhost:1/graphql"),
        ],
        // The address for GraphQL follows from the API's.
        &[ON_A_RUNNER, (API, "https://api.github.com")],
        &[(API, "https://git.acme.example/api/v3")],
    ] {
        let ended = run(env);
        assert!(
            ended.stderr.contains("[plan-schema]"),
            "{env:?}: {}",
            ended.stderr
        );
        assert!(
            !ended.stderr.contains("[url-invalid]"),
            "{env:?}: {}",
            ended.stderr
        );
    }
}
