//! Every merged pull request has exactly one label of the categories.

use btp_release::domain::Code;

use super::history::{CONFIG, of_a_module, plan, refused, scene, with_config};
use super::support::scene::{REPOSITORY, Scene, TOKEN};

const INPUTS: [(&str, &str); 2] = [("version", "1.1.0"), ("validate-labels", "true")];

/// What GitHub's REST answers.
pub(crate) async fn get(scene: &Scene, path: &str) -> serde_json::Value {
    let url = format!("{}/repos/{REPOSITORY}{path}", scene.github.api_url());
    let request = scene.http.answers().get(url);
    let answer = request.header("authorization", format!("Bearer {TOKEN}"));
    let answer = answer.send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::test]
async fn label_that_is_missing_at_the_130th_pull_request_is_found() {
    let scene = scene(|repository| of_a_module(repository, &[])).await;
    // B-23: `release_label_validator.py` looked at one page of closed pull requests.
    let page = get(&scene, "/pulls?state=closed").await;
    let page = page.as_array().unwrap();
    assert_eq!(page.len(), 30);
    assert!(
        page.iter().all(|pull| pull["number"] != 130),
        "the script would pass"
    );
    let finding = refused(&scene, &INPUTS).await;
    assert_eq!(finding.code, Code::LabelsInvalid);
    assert!(
        finding.seen.ends_with(
            "do not have exactly one of the labels kind/feature, kind/bug, area/dependencies:\n  https://github.com/kyma-project/btp-manager/pull/130 has none"
        ),
        "{}",
        finding.seen
    );
    scene.repository(|repository| {
        let pull = repository.pulls.get_mut(&130).unwrap();
        pull.labels = vec!["KIND/BUG".into()];
    });
    plan(&scene, &INPUTS).await.unwrap();
}

#[tokio::test]
async fn several_labels_are_as_wrong_as_none_and_exclusions_are_set_aside() {
    let scene = scene(|repository| {
        with_config(repository, CONFIG);
        repository
            .merge("Before the release", "ada", &[])
            .publish("1.0.0")
            .merge("Two", "ada", &["kind/bug", "kind/feature"])
            .merge("None", "ada", &["size/S"])
            .merge("Left out", "ada", &["ignore-for-release"])
            .merge("By a bot", "kyma-bot[bot]", &[])
            .merge("One", "ada", &["kind/bug", "size/S"])
            .commit("No pull request");
    })
    .await;
    let finding = refused(&scene, &INPUTS).await;
    assert!(
        finding.seen.starts_with("2 of 5 merged pull requests"),
        "{}",
        finding.seen
    );
    assert!(
        finding
            .seen
            .contains("/pull/2 has kind/feature, kind/bug\n"),
        "{}",
        finding.seen
    );
    assert!(
        finding.seen.ends_with("/pull/3 has none"),
        "{}",
        finding.seen
    );
}

#[tokio::test]
async fn all_offenders_are_listed_with_their_pages() {
    let scene = scene(|repository| {
        with_config(repository, CONFIG);
        repository.publish("1.0.0");
        for n in 0..145 {
            repository.merge(&format!("Case {n}"), "ada", &[]);
        }
    })
    .await;
    let finding = refused(&scene, &INPUTS).await;
    let (first, listed) = finding.seen.split_once('\n').unwrap();
    assert!(first.starts_with("145 of 145 merged"), "{first}");
    let page = "https://github.com/kyma-project/btp-manager/pull";
    let expected = (1..=145).map(|number| format!("  {page}/{number} has none"));
    assert!(listed.lines().eq(expected), "{listed}");
}

#[tokio::test]
async fn labels_cannot_be_validated_without_a_configuration() {
    let scene = scene(|repository| {
        repository
            .publish("1.0.0")
            .merge("Fix", "ada", &["kind/bug"]);
    })
    .await;
    assert_eq!(
        refused(&scene, &INPUTS).await.code,
        Code::ReleaseConfigMissing
    );
    let any = "changelog: {categories: [{title: All, labels: ['*']}]}";
    scene.repository(|repository| with_config(repository, any));
    assert_eq!(
        refused(&scene, &INPUTS).await.code,
        Code::ReleaseConfigMissing
    );
}
