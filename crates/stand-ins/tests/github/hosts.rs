//! Several repositories on several hosts, and tokens that reach one of them.
//! <https://docs.github.com/en/enterprise-server@latest/rest/quickstart>

use super::common::Api;
use super::scene::{NAME, Scene, refusal};
use serde_json::json;
use stand_ins::Options;
use stand_ins::github::{GitHubWorld, Level, Rights, Token, TokenKind};

/// github.com next to an Enterprise Server: each has its own world, and its own addresses in all answers.
#[tokio::test]
async fn two_hosts_know_nothing_of_each_other() {
    let here = Scene::start().await;
    let there = Scene::with(|options| options.enterprise = Some("3.17.0".into())).await;
    let api = there.api.github.api_url();
    assert!(api.ends_with("/api/v3"), "{api}");
    let number = there.open("bump").await;
    let read = there.api.get(&format!("pulls/{number}")).await;
    assert_eq!(read.header("x-github-enterprise-version"), "3.17.0");
    let url = read.body["url"].as_str().unwrap();
    assert_eq!(url, format!("{api}/repos/{NAME}/pulls/{number}"));
    assert_eq!(there.api.get(url).await.status, 200);
    let plain = url.replace("/api/v3", "");
    assert_eq!(there.api.get(&plain).await.status, 404, "that is a page");
    let page = there.api.get("pulls?state=all&per_page=1").await;
    assert!(
        page.header("link")
            .contains(&format!("<{api}/repositories/"))
    );
    let graphql = there.api.github.graphql_url();
    assert!(graphql.ends_with("/api/graphql"), "{graphql}");
    let query = json!({ "query": "{ viewer { login } }" });
    assert_eq!(
        there.api.post(&graphql, query).await.body["data"]["viewer"]["login"],
        "ada"
    );
    assert_eq!(here.api.get(&format!("pulls/{number}")).await.status, 404);
    assert_eq!(
        here.api
            .get("pulls")
            .await
            .header("x-github-enterprise-version"),
        ""
    );
}

/// An installation on one repository with `contents` and `pull_requests` only.
#[tokio::test]
async fn a_narrow_token_writes_to_its_repository_alone() {
    let mut world = GitHubWorld::new();
    let rights = Rights {
        contents: Level::Write,
        pull_requests: Level::Write,
        ..Rights::default()
    };
    let token = Token::new(TokenKind::App, "bot[bot]", rights);
    world.token("narrow", token.only_for("octo-org/modules"));
    for name in ["octo-org/modules", "octo-org/module"] {
        let repository = world.repository(name);
        repository.commit("Begin");
        repository.push("bump", "ada", "Bump", &[("a", Some("1"))]);
    }
    world.repository("octo-org/secret").commit("Begin").private = true;
    let mut api = Api::with(world, Options::default()).await;
    api.act_as(Some("narrow"));
    let body = json!({ "title": "t", "head": "bump", "base": "main" });
    let at = |name: &str| format!("/repos/octo-org/{name}/pulls");
    let made = api.post(&at("modules"), body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.body["user"]["login"], "bot[bot]");
    let elsewhere = api.post(&at("module"), body.clone()).await;
    assert_eq!(
        refusal(&elsewhere),
        (403, "Resource not accessible by integration")
    );
    assert_eq!(
        api.get(&at("module")).await.status,
        200,
        "public ones can be read"
    );
    assert_eq!(api.get(&at("secret")).await.status, 404);
    let status = json!({ "state": "success" });
    let sha = made.body["head"]["sha"].as_str().unwrap();
    let path = format!("/repos/octo-org/modules/statuses/{sha}");
    let refused = api.post(&path, status).await;
    assert_eq!(
        refused.header("x-accepted-github-permissions"),
        "statuses=write"
    );
}
