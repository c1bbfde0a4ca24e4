//! What was changed since a release is read completely, or not at all.

use std::collections::BTreeSet;

use btp_release::protocol::{Cause, GitHubReader, SeenAuthor};
use stand_ins::github::StoredMilestone;

use super::hostile::{Server, github, ok};
use crate::support::github::{Rig, TOKEN, kind, tag};

#[tokio::test]
async fn changes_since_a_release_are_read_in_pages() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .files
            .insert(".github/release.yaml".into(), "changelog: {}".into());
        for n in 0..230 {
            repository.merge(&format!("Case {n}"), "dependabot[bot]", &["a", "b"]);
        }
        repository.commit_by("By hand", None);
    });
    let seen = rig
        .github
        .changes(Some(&tag("1.0.0")), &rig.tip())
        .await
        .unwrap()
        .unwrap();
    let commits: BTreeSet<_> = seen.commits.iter().map(|commit| &commit.sha).collect();
    assert_eq!(
        (commits.len(), seen.pulls.len(), seen.is_complete),
        (233, 232, true)
    );
    assert_eq!(seen.config.as_deref(), Some("changelog: {}"));
    let last = &seen.pulls[231];
    assert_eq!((last.number, last.base.as_str()), (233, "main"));
    assert_eq!(
        (last.login.as_deref(), last.labels.len()),
        (Some("dependabot[bot]"), 2)
    );
    let by_hand = seen
        .commits
        .iter()
        .find(|commit| commit.subject == "By hand")
        .unwrap();
    let nobody = SeenAuthor {
        name: "Somebody Unknown".into(),
        login: None,
    };
    assert_eq!(by_hand.authors, [nobody]);
    assert_eq!(rig.requests("POST", "/graphql").len(), 3);
    assert_eq!(
        rig.github
            .changes(Some(&tag("9.9.9")), &rig.tip())
            .await
            .unwrap(),
        None
    );
    let all = rig.github.changes(None, &rig.tip()).await.unwrap().unwrap();
    assert_eq!((all.commits.len(), all.is_complete), (235, true));
    let denied = rig.connect("expired", |_| ());
    assert_eq!(kind(&denied.changes(None, &rig.tip()).await), "denied");
}

/// The body of an answer with one commit of as many as GitHub counts.
fn one_of(ahead: u32, page: &str) -> String {
    format!(
        r#"{{"data":{{"repository":{{"yml":null,"yaml":null,"range":{{"compare":{{"aheadBy":{ahead},"page":{page}}}}}}}}}}}"#
    )
}

#[tokio::test]
async fn list_that_lacks_commits_is_an_error() {
    const COMMIT: &str = r#"{"oid":"4e4b9d47cb655ca23e5c706462485ff7605e8d71","message":"A","committedDate":"2025-01-06T09:00:00Z"}"#;
    let page = |nodes: &str| format!(r#"{{"pageInfo":{{"hasNextPage":false}},"nodes":[{nodes}]}}"#);
    let twice = format!("{COMMIT},{COMMIT}");
    let commit = "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap();
    for (body, expected) in [
        (one_of(1, &page(COMMIT)), "ok"),
        (one_of(251, &page(COMMIT)), "broken"),
        (one_of(2, &page(&twice)), "broken"),
        (one_of(1, &page(r#"{"oid":"4e4b"}"#)), "broken"),
        (one_of(0, "null"), "ok"),
        (
            r#"{"data":{"repository":{"range":{"compare":null}}}}"#.into(),
            "broken",
        ),
        (r#"{"data":{"repository":{}}}"#.into(), "broken"),
    ] {
        let answer = body.clone();
        let server = Server::start(move |_| ok(&answer));
        let seen = github(&server).changes(Some(&tag("1.0.0")), &commit).await;
        assert_eq!(kind(&seen), expected, "{body}");
        if let Err(error) = seen {
            assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn contributors_are_asked_for_many_at_once() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .merge("Bump", "renovate[bot]", &[])
            .merge("Fix", "newton", &[]);
    });
    let at = |number: u64| {
        let merged = rig.repository(|repository| repository.pulls[&number].merged_at.unwrap());
        humantime::format_rfc3339_seconds(
            std::time::UNIX_EPOCH + std::time::Duration::from_secs(merged),
        )
        .to_string()
    };
    let mut people: Vec<_> = (0..120).map(|n| (format!("user-{n}"), at(5))).collect();
    for (login, number) in [("ada", 5), ("ada", 1), ("renovate[bot]", 5), ("newton", 5)] {
        people.push((login.into(), at(number)));
    }
    let known = rig.github.contributors(&people).await.unwrap();
    assert_eq!(
        known,
        BTreeSet::from(["ada".to_owned(), "renovate[bot]".to_owned()])
    );
    assert_eq!(rig.requests("POST", "/graphql").len(), 2);
    let first = [("ada".to_owned(), at(1))];
    assert_eq!(
        rig.github.contributors(&first).await.unwrap(),
        BTreeSet::new()
    );
    assert_eq!(
        kind(&rig.connect("expired", |_| ()).contributors(&first).await),
        "denied"
    );
}

#[tokio::test]
async fn milestones_are_found_by_a_part_of_their_titles() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        for (title, state) in [("1.1.0", "open"), ("v1.1.0", "closed"), ("2.0.0", "open")] {
            repository.milestones.push(StoredMilestone {
                title: title.into(),
                state: state.into(),
                items: vec![1],
            });
        }
    });
    let seen = rig.github.milestones("1.1.0").await.unwrap();
    let told: Vec<_> = seen
        .iter()
        .map(|seen| (seen.title.as_str(), seen.is_closed, seen.open))
        .collect();
    assert_eq!(told, [("1.1.0", false, 0), ("v1.1.0", true, 0)]);
    assert_eq!(
        rig.connect(TOKEN, |_| ()).milestones("3").await.unwrap(),
        []
    );
}
