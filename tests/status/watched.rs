//! A watch of a release that is published meanwhile, by a reader that is no terminal.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use super::stages::plan_file;
use super::support::scene::{REPOSITORY, Scene, TAG};
use super::{command, missing};

/// The lines that a process prints, as they come.
fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Uploads an asset, as a builder does.
fn attach(scene: &Scene, release: u64) {
    let mut world = scene.github.world();
    world.attach(REPOSITORY, release, "a.bin", b"a").unwrap();
}

fn started(scene: &Scene, arguments: &[&str]) -> Child {
    command(scene, &[&[TAG, "--watch"], arguments].concat())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_prints_an_object_for_each_change_until_the_release_is_published() {
    let scene = Scene::start(|_| {}).await;
    let job = scene.until_tested().await;
    let (_folder, given) = plan_file(&job.plan);
    let mut child = started(&scene, &["--json", &given]);
    let printed = lines(child.stdout.take().unwrap());
    let log = lines(child.stderr.take().unwrap());
    let (first, printed) = blocking(move || (printed.recv().unwrap(), printed)).await;
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(missing(&first), ["publication"]);
    scene.publish(&job).await.unwrap();
    let (rest, log): (Vec<_>, Vec<_>) =
        blocking(move || (printed.iter().collect(), log.iter().collect())).await;
    let code = blocking(move || child.wait().unwrap().code()).await;
    assert_eq!(code, Some(0), "{log:?}");
    let last: Value = serde_json::from_str(rest.last().unwrap()).unwrap();
    assert_eq!(last["state"], "published");
    assert_eq!(last["verified"]["as_published"], true, "{last}");
    assert!(rest.windows(2).all(|two| two[0] != two[1]), "{rest:#?}");
    assert!(
        log.last()
            .unwrap()
            .starts_with("status: done: v1.2.0 is published"),
        "{log:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_without_a_terminal_prints_only_what_is_new() {
    let scene = Scene::start(|_| {}).await;
    scene.until_drafted().await;
    let release = scene.repository(|repository| repository.releases_of(TAG)[0].id);
    let mut child = started(&scene, &["--assets=a.bin\nb.bin", "--await-interval=1s"]);
    let log = lines(child.stderr.take().unwrap());
    let until = |log: Receiver<String>, text: &'static str| {
        blocking(move || {
            let mut read = Vec::new();
            while !read.last().is_some_and(|line: &String| line.contains(text)) {
                read.push(log.recv().unwrap());
            }
            (read, log)
        })
    };
    let (first, log) = until(log, "from its builder").await;
    let (more, log) = until(log, "from its builder").await;
    let all = [first, more].concat();
    assert!(all.contains(&"  absent     a.bin".to_owned()), "{all:#?}");
    attach(&scene, release);
    let (news, _log) = until(log, "ready").await;
    assert!(news.iter().all(|line| !line.contains("b.bin")), "{news:#?}");
    assert!(
        news.last()
            .unwrap()
            .starts_with("  ready      a.bin (sha256:"),
        "{news:#?}"
    );
    child.kill().unwrap();
    blocking(move || child.wait().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_ends_when_nobody_reads_any_more() {
    let scene = Scene::start(|_| {}).await;
    scene.until_drafted().await;
    let release = scene.repository(|repository| repository.releases_of(TAG)[0].id);
    let mut child = started(&scene, &["--json", "--await-interval=1s"]);
    let out = child.stdout.take().unwrap();
    let (line, out) = blocking(move || {
        let mut out = BufReader::new(out);
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        (line, out)
    })
    .await;
    assert!(line.contains("\"state\":\"draft\""), "{line}");
    drop(out);
    attach(&scene, release);
    let ended = blocking(move || child.wait_with_output().unwrap()).await;
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{log}");
    assert!(!log.contains("error"), "{log}");
}
