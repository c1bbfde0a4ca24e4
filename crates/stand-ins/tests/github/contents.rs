//! Branches, files, archives, workflow files, and what is known of callers.

use super::common::{Api, answer, http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use stand_ins::github::Token;

const NAME: &str = "kyma-project/btp-manager";

/// The example with two files and a person's token.
async fn with_files() -> Api {
    let mut api = Api::start().await;
    {
        let mut world = api.github.world();
        world.token("person", Token::pat("ada"));
        let files = &mut world.repository(NAME).files;
        files.insert("README.md".to_owned(), "# Read me\n".repeat(10));
        files.insert(
            ".github/workflows/build.yaml".to_owned(),
            "on: push\n".to_owned(),
        );
    }
    api.act_as(Some("person"));
    api
}

/// "Repository names are not case-sensitive": <https://docs.github.com/en/rest/repos/repos>
#[tokio::test]
async fn repository_names_are_case_insensitive() {
    let api = Api::start().await;
    let found = api.get("/repos/KYMA-Project/BTP-Manager").await;
    assert_eq!(
        (found.status, &found.body["full_name"]),
        (200, &json!(NAME))
    );
    let draft = json!({ "tag_name": "2.0.0", "draft": true });
    let made = api
        .post("/repos/Kyma-Project/btp-manager/releases", draft)
        .await;
    assert_eq!(made.status, 201);
    let url = made.body["upload_url"].as_str().unwrap();
    let url = url
        .replace("{?name,label}", "?name=a.txt")
        .replace(NAME, "Kyma-Project/BTP-manager");
    let uploaded = answer(api.request("POST", &url).body("abc")).await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.body);
}

/// An Enterprise Server's paths: <https://docs.github.com/en/enterprise-server@latest/rest/quickstart>
#[tokio::test]
async fn enterprise_paths_are_served() {
    let api = Api::start().await;
    let found = api.get(&format!("/api/v3/repos/{NAME}")).await;
    assert_eq!(found.status, 200);
    let query = json!({ "query": "{ viewer { login } }" });
    assert_eq!(api.post("/api/graphql", query).await.status, 200);
}

#[tokio::test]
async fn branches_are_listed_with_their_tips() {
    let api = Api::start().await;
    api.github
        .world()
        .repository(NAME)
        .on("release-1.0")
        .commit("Fix");
    let branches = api.get("branches?per_page=1").await;
    assert_eq!(branches.body[0]["name"], "main");
    assert!(branches.header("link").contains("rel=\"next\""));
    let second = api.get("branches?per_page=1&page=2").await;
    assert_eq!(second.body[0]["commit"]["sha"], api.tip());
}

/// The list of all refs is not in the documentation any more, and still served.
#[tokio::test]
async fn git_refs_lists_by_prefix() {
    let api = Api::start().await;
    let all = api.get("git/refs").await;
    assert_eq!(all.body.as_array().map(Vec::len), Some(2));
    let one = api.get("git/refs/tags/1.0.0").await;
    assert_eq!(one.body["ref"], "refs/tags/1.0.0");
    assert_eq!(
        api.get("git/refs/tags").await.body[0]["ref"],
        "refs/tags/1.0.0"
    );
    assert_eq!(api.get("git/refs/nothing").await.status, 404);
}

/// <https://docs.github.com/en/rest/repos/contents#get-repository-content>
#[tokio::test]
async fn contents_returns_files_and_folders() {
    let api = with_files().await;
    let file = api.get("contents/README.md").await;
    let content = file.body["content"].as_str().unwrap().replace('\n', "");
    assert_eq!(
        STANDARD.decode(content).unwrap(),
        "# Read me\n".repeat(10).as_bytes()
    );
    assert_eq!(
        (&file.body["type"], &file.body["size"]),
        (&json!("file"), &json!(100))
    );
    let raw = api.request("GET", "contents/.github%2Fworkflows%2Fbuild.yaml?ref=main");
    let raw = raw
        .header("accept", "application/vnd.github.v3.raw")
        .send()
        .await
        .unwrap();
    assert_eq!(raw.text().await.unwrap(), "on: push\n");
    let root = api.get("contents").await;
    let names: Vec<_> = root
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["name"], &entry["type"]))
        .collect();
    assert_eq!(
        names,
        [
            (&json!(".github"), &json!("dir")),
            (&json!("README.md"), &json!("file"))
        ]
    );
    assert_eq!(api.get("contents/nothing").await.status, 404);
    assert_eq!(api.get("contents/README.md?ref=nowhere").await.status, 404);
}

/// <https://docs.github.com/en/rest/repos/contents#download-a-repository-archive-tar>
#[tokio::test]
async fn archives_redirect_to_the_storage_host() {
    let api = with_files().await;
    for (kind, first) in [("tarball", [0x1f, 0x8b]), ("zipball", *b"PK")] {
        let found = api.get(&format!("{kind}/1.0.0")).await;
        assert_eq!(found.status, 302, "{kind}");
        let url = found.header("location");
        assert!(!url.starts_with(&api.github.api_url()), "{url}");
        let bytes = http().get(url).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes[..2], first, "{kind}");
    }
    assert_eq!(api.get("tarball").await.status, 302);
    assert_eq!(api.get("tarball/nowhere").await.status, 404);
    let web = format!(
        "{}/{NAME}/archive/refs/tags/1.0.0.tar.gz",
        api.github.server_url()
    );
    assert_eq!(answer(http().get(web)).await.status, 302);
}

/// <https://docs.github.com/en/rest/actions/workflows>
#[tokio::test]
async fn workflows_are_listed_and_dispatched() {
    let api = with_files().await;
    let list = api.get("actions/workflows").await;
    assert_eq!(list.body["total_count"], 1);
    let id = &list.body["workflows"][0]["id"];
    assert_eq!(
        api.get(&format!("actions/workflows/{id}")).await.status,
        200
    );
    assert_eq!(api.get("actions/workflows/other.yaml").await.status, 404);
    let path = "actions/workflows/build.yaml/dispatches";
    assert_eq!(api.post(path, json!({ "ref": "main" })).await.status, 204);
    let details = json!({ "ref": "main", "return_run_details": true });
    let started = api.post(path, details).await;
    assert_eq!(started.status, 200);
    assert_eq!(
        api.post(path, json!({ "ref": "nowhere" })).await.status,
        422
    );
    let runs = api
        .get("actions/workflows/build.yaml/runs?event=workflow_dispatch")
        .await;
    assert_eq!(
        runs.body["workflow_runs"][0]["id"],
        started.body["workflow_run_id"]
    );
    assert_eq!(runs.body["total_count"], 2);
}

/// <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>
#[tokio::test]
async fn user_is_known_for_personal_tokens_only() {
    let mut api = with_files().await;
    let user = api.get("/user").await;
    assert_eq!((user.status, &user.body["login"]), (200, &json!("ada")));
    assert_eq!(user.header("x-oauth-scopes"), "read:org, repo, workflow");
    assert_eq!(api.get("/installation/repositories").await.status, 403);
    api.act_as(Some(super::common::TOKEN));
    let refused = api.get("/user").await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body["message"],
        "Resource not accessible by integration"
    );
    assert_eq!(
        api.get("/installation/repositories").await.body["total_count"],
        1
    );
    api.act_as(None);
    assert_eq!(api.get("/user").await.status, 401);
    assert_eq!(api.get("/users/ada").await.body["login"], "ada");
}

/// <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#using-basic-authentication>
#[tokio::test]
async fn basic_authentication_takes_the_token_as_password_or_user() {
    let mut api = with_files().await;
    api.act_as(None);
    for (user, password, status) in [
        ("x-access-token", "person", 200),
        ("person", "x-oauth-basic", 200),
        ("person", "", 200),
        ("ada", "wrong", 401),
    ] {
        let request = api.request("GET", "/user").basic_auth(user, Some(password));
        assert_eq!(answer(request).await.status, status, "{user}:{password}");
    }
}

/// <https://docs.github.com/en/rest/issues/issues>, and comments: <https://docs.github.com/en/rest/issues/comments>
#[tokio::test]
async fn issues_are_created_commented_labelled_and_closed() {
    let mut api = with_files().await;
    let made = api
        .post("issues", json!({ "title": "Broken", "labels": ["bug"] }))
        .await;
    // Numbers are shared with pull requests.
    assert_eq!((made.status, &made.body["number"]), (201, &json!(4)));
    for number in [3, 4] {
        let comment = json!({ "body": "released" });
        let path = format!("issues/{number}/comments");
        assert_eq!(api.post(&path, comment).await.status, 201);
        assert_eq!(api.get(&path).await.body[0]["body"], "released");
        let labels = json!({ "labels": ["released"] });
        let path = format!("issues/{number}/labels");
        assert_eq!(api.post(&path, labels).await.body[1]["name"], "released");
    }
    assert_eq!(
        api.patch("issues/4", json!({ "state": "shut" }))
            .await
            .status,
        422
    );
    assert_eq!(
        api.patch("issues/4", json!({ "state": "closed" }))
            .await
            .status,
        200
    );
    assert_eq!(
        api.get("issues").await.body.as_array().map(Vec::len),
        Some(0)
    );
    assert_eq!(api.get("issues?state=all").await.body[0]["state"], "closed");
    assert_eq!(
        api.post("issues/9/comments", json!({ "body": "x" }))
            .await
            .status,
        404
    );
    api.act_as(Some(super::common::TOKEN));
    assert_eq!(
        api.post("issues", json!({ "title": "x" })).await.status,
        403
    );
    let commits = api.get("pulls/3/commits").await;
    assert_eq!(commits.body[0]["sha"], api.tip());
}
