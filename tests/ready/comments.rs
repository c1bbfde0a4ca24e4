//! One comment on a pull request: written once, edited where its text differs, and never anybody else's.

use std::time::Duration;

use btp_release::engine::Stop;
use futures_util::future::join_all;
use stand_ins::github::{Level, StoredComment, Token};

use super::support::scene::{Run, Scene, TOKEN};
use super::{answer, fill, module, ready, scene};

pub(crate) const COMMENT: [(&str, &str); 1] = [("comment", "3")];
pub(crate) const BOT: &str = "github-actions[bot]";

pub(crate) fn comments(scene: &Scene) -> Vec<StoredComment> {
    scene.repository(|repository| repository.pulls[&3].comments.clone())
}

fn writes(scene: &Scene) -> usize {
    scene.github.log().writes().len()
}

fn foreign(id: u64, login: &str, body: &str) -> StoredComment {
    StoredComment {
        id,
        login: login.into(),
        body: body.into(),
        ..StoredComment::default()
    }
}

#[tokio::test]
async fn comment_is_written_once_and_edited_where_its_text_differs() {
    let scene = scene(module).await;
    ready(&scene, &COMMENT).await.unwrap();
    let [first] = comments(&scene).try_into().unwrap();
    assert_eq!(first.login, BOT);
    assert!(
        first
            .body
            .starts_with("<!-- btp-release-ready -->\n### ✅ main at "),
        "{}",
        first.body
    );
    scene.forget();
    ready(&scene, &COMMENT).await.unwrap();
    assert_eq!(writes(&scene), 0, "its text is the same");
    scene.repository(|repository| {
        repository.merge("Fix", "ada", &["kind/bug"]);
    });
    ready(&scene, &COMMENT).await.unwrap();
    let [edited] = comments(&scene).try_into().unwrap();
    assert_eq!((edited.id, writes(&scene)), (first.id, 1));
    assert!(edited.body.contains("3 pull requests"), "{}", edited.body);
}

#[tokio::test]
async fn titles_notify_nobody_and_link_nothing() {
    let scene = scene(module).await;
    ready(&scene, &COMMENT).await.unwrap();
    let body = comments(&scene).remove(0).body;
    assert!(
        !body.contains("@everyone") && !body.contains("#1)"),
        "{body}"
    );
    assert!(
        !body.contains("https://github.com/kyma-project/btp-manager/pull/"),
        "{body}"
    );
    let link = "[#2](<https://redirect.github.com/kyma-project/btp-manager/pull/2>)";
    assert!(body.contains(link), "{body}");
}

#[tokio::test]
async fn comments_of_others_are_left_alone_and_ours_is_found_behind_hundreds() {
    let mark = "<!-- btp-release-ready -->";
    let scene = scene(module).await;
    scene.repository(|repository| {
        let comments = &mut repository.pulls.get_mut(&3).unwrap().comments;
        comments.push(foreign(1, "mallory", &format!("{mark}\nready, really")));
        comments.push(foreign(
            2,
            BOT,
            "<!-- btp-release-ready: api/ -->\nof another module",
        ));
        comments.extend((3..250).map(|id| foreign(id, BOT, "of another workflow")));
        comments.push(foreign(250, BOT, &format!("{mark}\r\nold")));
    });
    let before = comments(&scene);
    ready(&scene, &COMMENT).await.unwrap();
    let after = comments(&scene);
    assert_eq!(after[..249], before[..249]);
    assert_eq!((after.len(), after[249].id, writes(&scene)), (250, 250, 1));
    assert!(
        after[249].body.contains("can be released"),
        "{}",
        after[249].body
    );
}

#[tokio::test]
async fn runs_at_the_same_time_end_with_one_comment() {
    let mut doubled = 0;
    for lag in [0, 3] {
        let scene = Scene::start(|options| options.lag = Duration::from_secs(lag)).await;
        for runs in 2..6_u64 {
            fill(&scene, module).await;
            let runs = (1..=runs).map(|id| scene.phase(Run { id, attempt: 1 }, "ready", &COMMENT));
            for ended in join_all(runs).await {
                ended.unwrap();
            }
            let made = scene.github.log().writes();
            let made = made
                .iter()
                .filter(|entry| entry.method == "POST" && entry.landed);
            doubled += usize::from(made.count() > 1);
            assert_eq!(comments(&scene).len(), 1, "lag {lag}");
        }
    }
    assert!(doubled > 0, "the runs never met");
}

#[tokio::test]
async fn comment_that_was_deleted_meanwhile_is_written_again() {
    let scene = scene(module).await;
    ready(&scene, &COMMENT).await.unwrap();
    scene.repository(|repository| {
        repository.pulls.get_mut(&3).unwrap().comments.clear();
    });
    scene.forget();
    ready(&scene, &COMMENT).await.unwrap();
    assert_eq!((comments(&scene).len(), writes(&scene)), (1, 1));
}

#[tokio::test]
async fn answer_is_given_also_where_the_comment_is_refused() {
    let scene = scene(module).await;
    for (number, token) in [
        // As in a run for a pull request of a fork.
        ("3", Token::read_only()),
        (
            "99",
            Token::github_token().with(|rights| rights.issues = Level::Write),
        ),
    ] {
        scene.github.world().token(TOKEN, token);
        let json = answer(&scene, &[("comment", number)]).await;
        assert_eq!(json["state"], "ready");
        assert_eq!(comments(&scene).len(), 0);
    }
    let issues = Token::read_only().with(|rights| rights.issues = Level::Write);
    scene.github.world().token(TOKEN, issues);
    ready(&scene, &COMMENT).await.unwrap();
    assert_eq!(
        comments(&scene).len(),
        1,
        "one of the two permissions is enough"
    );
}

#[tokio::test]
async fn unreadable_list_of_comments_is_an_error_and_no_comment() {
    let scene = scene(module).await;
    let fault = stand_ins::Fault::Status(502);
    let list = stand_ins::Pattern::new("GET", "issues/3/comments");
    scene.github.faults().when(list, usize::MAX, fault);
    assert!(matches!(
        ready(&scene, &COMMENT).await,
        Err(Stop::Service(_))
    ));
    assert_eq!(comments(&scene).len(), 0, "unknown is not absent");
}
