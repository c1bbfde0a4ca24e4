//! Blobs, trees and commits: <https://docs.github.com/en/rest/git>. Ids are compared with those of git itself.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::{Api, ApiAnswer};
use serde_json::{Value, json};
use stand_ins::github::{Token, TokenKind};
use std::io::Write;
use std::process::{Command, Stdio};

const NAME: &str = "kyma-project/btp-manager";

/// What git prints for that input, in an empty repository.
fn git(arguments: &[&str], input: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    run(&["init", "--quiet"]);
    run(arguments)
}

fn hash(kind: &str, content: &[u8]) -> String {
    git(
        &["hash-object", "--literally", "-t", kind, "--stdin"],
        content,
    )
}

fn sha(answer: &ApiAnswer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["sha"].as_str().unwrap().to_owned()
}

fn refusal(answer: &ApiAnswer) -> (u16, &str) {
    (answer.status, answer.body["message"].as_str().unwrap())
}

async fn start() -> Api {
    let api = Api::start().await;
    {
        let mut world = api.github.world();
        world.token("person", Token::pat("ada"));
        let files = &mut world.repository(NAME).files;
        files.insert("README.md".into(), "# Read me\n".into());
        files.insert("a.yaml".into(), "a: 1\n".into());
        files.insert("a/b/c.yaml".into(), "c: 1\n".into());
        files.insert("a-b".into(), "x".into());
    }
    api
}

#[tokio::test]
async fn blobs_have_the_ids_of_git_and_give_back_their_bytes() {
    let api = start().await;
    let text = api.post("git/blobs", json!({ "content": "é\n" })).await;
    assert_eq!(sha(&text), hash("blob", "é\n".as_bytes()));
    assert_eq!(text.header("location"), text.body["url"]);
    let bytes = json!({ "content": "AP8Q\n", "encoding": "base64" });
    let made = sha(&api.post("git/blobs", bytes).await);
    assert_eq!(made, hash("blob", &[0, 255, 16]));
    let read = api.get(&format!("git/blobs/{made}")).await.body;
    assert_eq!(
        (&read["content"], &read["encoding"], &read["size"]),
        (&json!("AP8Q\n"), &json!("base64"), &json!(3))
    );
    let wrong = json!({ "content": "%", "encoding": "base64" });
    assert_eq!(api.post("git/blobs", wrong).await.status, 422);
    assert_eq!(
        api.get(&format!("git/blobs/{}", "0".repeat(40)))
            .await
            .status,
        404
    );
}

/// Entries replace, add to and delete from the base; git's own order has `a-b` and `a.yaml` before the folder `a`.
#[tokio::test]
async fn trees_have_the_ids_of_git_and_change_the_base() {
    let api = start().await;
    let commit = api.get("git/commits/main").await;
    assert_eq!(commit.status, 404, "by id only");
    let commit = api.get(&format!("git/commits/{}", api.tip())).await.body;
    let base = commit["tree"]["sha"].as_str().unwrap();
    let entries = json!([
        { "path": "a/b/c.yaml", "mode": "100644", "type": "blob", "content": "c: 2\n" },
        { "path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n" },
        { "path": "README.md", "mode": "100644", "type": "blob", "sha": null },
    ]);
    let made = api
        .post("git/trees", json!({ "base_tree": base, "tree": entries }))
        .await;
    let id = |content: &str| hash("blob", content.as_bytes());
    // The objects are not there, only their ids count.
    let mktree = |entries: &[(&str, &str, String, &str)]| {
        let lines = entries.iter();
        let lines = lines.map(|(mode, kind, id, name)| format!("{mode} {kind} {id}\t{name}\n"));
        let lines = lines.collect::<Vec<_>>().concat();
        git(&["mktree", "--missing"], lines.as_bytes())
    };
    let inner = mktree(&[("100644", "blob", id("c: 2\n"), "c.yaml")]);
    let folder = mktree(&[("040000", "tree", inner, "b")]);
    let root = mktree(&[
        ("100644", "blob", id("x"), "a-b"),
        ("100644", "blob", id("a: 1\n"), "a.yaml"),
        ("040000", "tree", folder, "a"),
        ("100755", "blob", id("#!/bin/sh\n"), "run.sh"),
    ]);
    assert_eq!(sha(&made), root);
    let names = |answer: &ApiAnswer| -> Vec<String> {
        let entries = answer.body["tree"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&made), ["a-b", "a.yaml", "a", "run.sh"]);
    let all = api.get(&format!("git/trees/{root}?recursive=1")).await;
    assert_eq!(
        names(&all),
        ["a-b", "a.yaml", "a", "a/b", "a/b/c.yaml", "run.sh"]
    );
    assert_eq!(all.body["truncated"], false);
    let by_branch = api.get("git/trees/main").await;
    assert_eq!(by_branch.body["sha"], base, "the base is as it was");
}

#[tokio::test]
async fn wrong_entries_of_trees_are_refused() {
    let api = start().await;
    let base = api.get("git/trees/main").await.body["sha"].clone();
    let zero = "0".repeat(40);
    for (entry, status, message) in [
        (
            json!({ "path": "none", "mode": "100644", "sha": null }),
            422,
            "GitRPC::BadObjectState",
        ),
        (
            json!({ "path": "x", "mode": "100644", "sha": zero }),
            422,
            "tree.sha 0000000000000000000000000000000000000000 is not a valid blob",
        ),
        (
            json!({ "path": "../x", "mode": "100644", "content": "" }),
            422,
            "tree.path contains a malformed path component",
        ),
        (
            json!({ "path": "x", "mode": "100644", "content": "", "sha": zero }),
            422,
            "Must supply either tree.sha or tree.content.",
        ),
    ] {
        let body = json!({ "base_tree": base, "tree": [entry] });
        let refused = api.post("git/trees", body).await;
        assert_eq!(refusal(&refused), (status, message), "{entry}");
    }
    let unknown = json!({ "base_tree": zero, "tree": [] });
    assert_eq!(api.post("git/trees", unknown).await.status, 404);
    let empty = api.post("git/trees", json!({ "tree": [] })).await;
    assert_eq!(refusal(&empty), (422, "Invalid tree info"));
}

/// One that a person makes is unsigned; one that names its author is unsigned whoever makes it.
#[tokio::test]
async fn commits_have_the_ids_of_git() {
    let mut api = start().await;
    let tree = api.get("git/trees/main").await.body["sha"].clone();
    let person =
        json!({ "name": "Ada", "email": "ada@example.com", "date": "2026-02-03T05:05:06+01:00" });
    let body = json!({ "message": "Bump\n\nTo 2", "tree": tree, "parents": [api.tip()], "author": person });
    let made = api.post("git/commits", body).await;
    let who = "Ada <ada@example.com> 1770091506 +0000";
    let object = format!(
        "tree {}\nparent {}\nauthor {who}\ncommitter {who}\n\nBump\n\nTo 2",
        tree.as_str().unwrap(),
        api.tip()
    );
    assert_eq!(sha(&made), hash("commit", object.as_bytes()));
    assert_eq!(made.body["author"]["date"], "2026-02-03T04:05:06Z");
    let unsigned = |body: &Value| {
        let verification = &body["verification"];
        (
            verification["verified"].clone(),
            verification["reason"].clone(),
        )
    };
    assert_eq!(unsigned(&made.body), (json!(false), json!("unsigned")));
    api.act_as(Some("person"));
    let plain = json!({ "message": "Bump", "tree": tree, "parents": [api.tip()] });
    let made = api.post("git/commits", plain.clone()).await;
    assert_eq!(unsigned(&made.body), (json!(false), json!("unsigned")));
    assert_eq!(made.body["author"]["name"], "ada");

    let other = json!({ "message": "x", "tree": tree, "parents": ["0".repeat(40)] });
    let refused = api.post("git/commits", other).await;
    let words = "Parent SHA does not exist or is not a commit object";
    assert_eq!(refusal(&refused), (422, words));
    let other = json!({ "message": "x", "tree": api.tip() });
    assert_eq!(
        refusal(&api.post("git/commits", other).await),
        (422, "Tree SHA does not exist")
    );
}

/// <https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification>
#[tokio::test]
async fn commits_of_apps_and_jobs_are_signed_by_github() {
    let mut api = start().await;
    api.github.world().token("app", Token::app("release-bot"));
    let tree = api.get("git/trees/main").await.body["sha"].clone();
    for (token, login) in [
        ("gh-token", "github-actions[bot]"),
        ("app", "release-bot[bot]"),
    ] {
        api.act_as(Some(token));
        let body = json!({ "message": "Bump", "tree": tree, "parents": [api.tip()] });
        let made = api.post("git/commits", body).await;
        let verification = &made.body["verification"];
        assert_eq!(verification["verified"], true, "{}", made.body);
        assert_eq!(made.body["committer"]["name"], "GitHub");
        let payload = verification["payload"].as_str().unwrap();
        let signature = verification["signature"].as_str().unwrap();
        // The signature stands after the committer, its lines continued by a space.
        let (head, message) = payload.split_once("\n\n").unwrap();
        let signature = signature.replace('\n', "\n ");
        let object = format!("{head}\ngpgsig {signature}\n\n{message}");
        let id = sha(&made);
        assert_eq!(id, hash("commit", object.as_bytes()));
        let full = api.get(&format!("commits/{id}")).await.body;
        assert_eq!(full["author"]["login"], login);
        assert_eq!(full["committer"]["login"], "web-flow");
    }
    assert_eq!(Token::app("x").kind, TokenKind::App);
}

#[tokio::test]
async fn a_branch_of_new_objects_shows_its_files() {
    let api = start().await;
    let base = api.get("git/trees/main").await.body["sha"].clone();
    let entry =
        json!({ "path": "a/new.yaml", "mode": "100644", "type": "blob", "content": "n: 1\n" });
    let tree = sha(&api
        .post("git/trees", json!({ "base_tree": base, "tree": [entry] }))
        .await);
    let body = json!({ "message": "New", "tree": tree, "parents": [api.tip()] });
    let commit = sha(&api.post("git/commits", body).await);
    let made = json!({ "ref": "refs/heads/bump", "sha": commit });
    assert_eq!(api.post("git/refs", made).await.status, 201);
    let file = api.get("contents/a/new.yaml?ref=bump").await.body;
    assert_eq!(file["sha"], hash("blob", b"n: 1\n"));
    assert_eq!(api.get("contents/a/new.yaml").await.status, 404);
    let folder = api.get("contents/a?ref=bump").await.body;
    let kinds: Vec<_> = folder.as_array().unwrap().iter().collect();
    assert_eq!(
        (
            &kinds[0]["path"],
            &kinds[0]["type"],
            &kinds[1]["path"],
            &kinds[1]["type"]
        ),
        (
            &json!("a/b"),
            &json!("dir"),
            &json!("a/new.yaml"),
            &json!("file")
        )
    );
    assert_eq!(
        api.github
            .world()
            .repository(NAME)
            .file_at("bump", "a/b/c.yaml"),
        Some(b"c: 1\n".to_vec())
    );
}

/// "1-100 MB: only the raw or object media types are supported", and the content is empty.
#[tokio::test]
async fn large_files_come_without_content() {
    let api = start().await;
    let text = "x".repeat((1 << 20) + 1);
    api.github
        .world()
        .repository(NAME)
        .push("main", "ada", "Large", &[("large", Some(&text))]);
    let file = api.get("contents/large").await.body;
    assert_eq!(
        (&file["encoding"], &file["content"], &file["size"]),
        (&json!("none"), &json!(""), &json!(text.len()))
    );
    let raw = api.request("GET", "contents/large");
    let raw = raw.header("accept", "application/vnd.github.raw+json");
    let raw = raw.send().await.unwrap().bytes().await.unwrap();
    assert_eq!(raw.len(), text.len());
}
