//! Repositories with histories like those of the Kyma modules, and `plan` on them.

use btp_release::domain::Diagnostic;
use btp_release::engine::Stop;
use btp_release::plan::{NotesSource, ReleasePlan};
use stand_ins::github::{GitHubWorld, GitRepository, Token};

use super::support::scene::{REPOSITORY, Run, Scene, TOKEN};

pub(crate) const CONFIG: &str = "\
changelog:
  exclude:
    labels: [ignore-for-release]
    authors: [kyma-bot]
  categories:
    - title: New features
      labels: [kind/feature]
    - title: Fixed bugs
      labels: [kind/bug]
      exclude:
        labels: [area/dependencies]
    - title: Dependencies
      labels: [area/dependencies]
";
const CONFIG_PATH: &str = ".github/release.yml";

/// A scene whose repository has this history, and nothing else.
pub(crate) async fn scene(seed: impl FnOnce(&mut GitRepository)) -> Scene {
    let scene = Scene::start(|_| ()).await;
    let mut world = GitHubWorld::new();
    world.token(TOKEN, Token::github_token());
    seed(world.repository(REPOSITORY).commit("Initial commit"));
    *scene.github.world() = world;
    scene.seen_by_all().await;
    scene.forget();
    scene
}

pub(crate) fn with_config(repository: &mut GitRepository, text: &str) {
    repository.files.insert(CONFIG_PATH.into(), text.into());
}

/// The plan at the tip of the branch that is seeded.
pub(crate) async fn plan(
    scene: &Scene,
    inputs: &[(&str, &str)],
) -> Result<ReleasePlan, Vec<Diagnostic>> {
    let run = Run { id: 1, attempt: 1 };
    match scene.phase(run, "plan", inputs).await {
        Ok(outputs) => Ok(ReleasePlan::from_json(&outputs["plan"], None).unwrap()),
        Err(Stop::Blocked { findings }) => Err(findings),
        Err(other) => panic!("{other}"),
    }
}

/// The text of the release that `plan` composes.
pub(crate) async fn text(scene: &Scene, inputs: &[(&str, &str)]) -> String {
    match plan(scene, inputs).await.unwrap().wanted.notes {
        NotesSource::Text(text) => text.replace(&scene.github.server_url(), "https://github.com"),
        NotesSource::Generated => panic!("GitHub is to make it"),
    }
}

/// The one finding that `plan` is refused for.
pub(crate) async fn refused(scene: &Scene, inputs: &[(&str, &str)]) -> Diagnostic {
    let mut findings = plan(scene, inputs).await.unwrap_err();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test"
)]
fn update() -> bool {
    std::env::var("UPDATE_NOTES").is_ok()
}

pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = format!(
        "{}/tests/changes/golden/{name}.md",
        env!("CARGO_MANIFEST_DIR")
    );
    if update() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}

/// Some 500 commits since 1.0.0: pull requests that were squashed and merged, commits without one, bots, co-authors, and a
/// reverted pull request. `newton` contributes for the first time with the pull request 130, which `labels` are of.
pub(crate) fn of_a_module(repository: &mut GitRepository, labels: &[&str]) {
    const PEOPLE: [&str; 4] = ["ada", "grace", "linus", "barbara-l"];
    with_config(repository, CONFIG);
    for login in PEOPLE {
        repository.merge("Prepare the first release", login, &["kind/feature"]);
    }
    repository.merge(
        "Bump alpine from 3.20 to 3.21",
        "dependabot[bot]",
        &["area/dependencies"],
    );
    // An old tag, a tag of another part of the repository, and one that a build made.
    repository
        .tag("v0.9.0")
        .publish("1.0.0")
        .tag("listener/v1.4.1");
    repository
        .commit("Start the next version")
        .tag("1.0.0-main-940aa64");
    while repository.commits.len() < 510 {
        let next = repository.pulls.len() as u64 + 1;
        let login = PEOPLE[repository.commits.len() % 4];
        match next {
            130 => repository.merge(
                "Explain `btp-manager-secret` in 1_000 words",
                "newton",
                labels,
            ),
            200 => repository.merge("Revert \"Handle case 199\"", "grace", &["kind/bug"]),
            n if n % 11 == 0 => repository.merge(
                &format!("Bump golang.org/x/net from 0.{n}.0 to 0.{}.0", n + 1),
                "dependabot[bot]",
                &["area/dependencies", "kind/bug"][..1],
            ),
            n if n % 23 == 0 => {
                repository.merge("Bump sec-scanners-config.yaml", "kyma-bot[bot]", &[])
            }
            n if n % 29 == 0 => repository.merge("Tidy up", login, &["ignore-for-release"]),
            n if n % 5 == 0 => repository.merge_commit(
                &format!("Support case {n} (with <b>care</b> & @everyone)"),
                login,
                &["Kind/Feature", "size/S"],
            ),
            n => repository.merge(&format!("Handle case {n}"), login, &["kind/bug"]),
        };
        if next.is_multiple_of(40) {
            repository.commit_by(
                "Fix a typo\n\nCo-authored-by: Ada <ada@users.noreply.github.com>\nCo-authored-by: Mary S. <mary@example.com>",
                Some("linus"),
            );
        }
        if next.is_multiple_of(90) {
            repository.commit_by("Commit without an account", None);
        }
    }
}
