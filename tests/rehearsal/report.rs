//! The page about a rehearsed release, and `report` of a published one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options};

use super::{rehearse, text};

const TOKEN: &str = "ghs_of_a_person";
const REPOSITORY: &str = "kyma-project/example-module";

/// `report` in a folder, with a GitHub that has what the rehearsal left.
fn report(github: &GitHubServer, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .env_clear()
        .env("GITHUB_API_URL", github.api_url())
        .env("GITHUB_GRAPHQL_URL", github.graphql_url())
        .env("GITHUB_SERVER_URL", "https://github.example")
        .env("GITHUB_TOKEN", TOKEN)
        .current_dir(folder)
        .arg("report")
        .args(arguments)
        .output()
        .unwrap()
}

async fn github_of(state: &Path) -> (GitHubServer, String) {
    let mut world = GitHubWorld::load(&state.join("github")).unwrap();
    world.token(TOKEN, Token::github_token());
    let repository = world.repositories.keys().next().cloned();
    let server = GitHubServer::start(world, Options::default()).await;
    (
        server.unwrap(),
        repository.unwrap_or_else(|| REPOSITORY.into()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn rehearsed_release_has_a_page_and_so_has_the_published_one() {
    let state = tempfile::tempdir().unwrap();
    let rehearsed = rehearse(state.path(), &[]);
    assert_eq!(rehearsed.status.code(), Some(0), "{}", text(&rehearsed));
    assert!(
        text(&rehearsed).contains("\n  report.html "),
        "{}",
        text(&rehearsed)
    );
    let kept = fs::read_to_string(state.path().join("report.html")).unwrap();
    for part in [
        "<h1>v1.2.0</h1>",
        "rehearsal/images",
        "<svg ",
        "✓ by every leg",
    ] {
        assert!(kept.contains(part), "no {part} in\n{kept}");
    }
    assert!(!kept.contains("href="), "the stand-in is gone");

    let (github, repository) = github_of(state.path()).await;
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "v1.2.0",
        "--repository",
        &repository,
        "--svg",
        "timeline.svg",
    ];
    let made = report(&github, folder.path(), &arguments);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made));
    assert!(
        text(&made).contains("report: the page is in report.html"),
        "{}",
        text(&made)
    );
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    let link = format!("href=\"https://github.example/{repository}/releases/tag/v1.2.0\"");
    assert!(page.contains(&link), "{page}");
    let timeline = fs::read_to_string(folder.path().join("timeline.svg")).unwrap();
    assert!(timeline.starts_with("<svg xmlns="), "{timeline}");

    // The same evidence from a file, without a token and a network.
    let evidence = state.path().join("workspace/release-evidence.json");
    let offline = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .env_clear()
        .env("GITHUB_SERVER_URL", "https://github.example")
        .current_dir(folder.path())
        .args(["report", "--output", "offline.html", "--evidence"])
        .arg(evidence)
        .output()
        .unwrap();
    assert_eq!(offline.status.code(), Some(0), "{}", text(&offline));
    let offline = fs::read_to_string(folder.path().join("offline.html")).unwrap();
    assert!(offline.contains(&link), "{offline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn release_without_evidence_has_no_page() {
    let state = tempfile::tempdir().unwrap();
    let refused = rehearse(state.path(), &["--e2e", "fail"]);
    assert_eq!(refused.status.code(), Some(12), "{}", text(&refused));
    assert!(!state.path().join("report.html").exists());
    assert!(
        !text(&refused).contains("report.html"),
        "{}",
        text(&refused)
    );

    let (github, repository) = github_of(state.path()).await;
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, said) in [
        (&["v1.2.0"][..], 12, "v1.2.0 is not published"),
        (&["v9.9.9"], 12, "error[evidence-missing]"),
        (&[], 2, "version is missing"),
        (&["--evidence", "nope.json"], 2, "error[file-unreadable]"),
    ] {
        let arguments = [arguments, &["--repository", &repository]].concat();
        let ended = report(&github, folder.path(), &arguments);
        assert!(
            text(&ended).contains(said),
            "{arguments:?}: {}",
            text(&ended)
        );
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}");
    }
    fs::write(folder.path().join("other.json"), "{}").unwrap();
    let other = report(&github, folder.path(), &["--evidence", "other.json"]);
    assert!(
        text(&other).contains("error[evidence-unreadable]"),
        "{}",
        text(&other)
    );
}
