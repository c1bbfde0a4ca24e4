//! `download-logs`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use btp_release::adapters::files::Files;
use btp_release::commands::CommandReport;
use btp_release::commands::download_logs::DownloadLogs;
use btp_release::domain::Code;
use btp_release::report::Failure;
use stand_ins::github::{StoredJob, StoredRun, Token};
use stand_ins::{Fault, Pattern, Service};

use crate::support::github::{REPOSITORY, Rig, TOKEN};

const RUN: u64 = 77;

fn job(id: u64, name: &str, conclusion: Option<&str>, log: Option<&str>) -> StoredJob {
    StoredJob {
        id,
        name: name.into(),
        status: if conclusion.is_some() {
            "completed".into()
        } else {
            "in_progress".into()
        },
        conclusion: conclusion.map(str::to_owned),
        log: log.map(str::to_owned),
        ..StoredJob::default()
    }
}

/// A GitHub with a run of these jobs in its second attempt.
async fn rig(jobs: Vec<StoredJob>) -> Rig {
    let rig = Rig::start().await;
    let run = StoredRun {
        id: RUN,
        run_attempt: 2,
        status: "in_progress".into(),
        jobs,
        ..StoredRun::default()
    };
    rig.repository(|repository| repository.runs.insert(RUN, run));
    rig
}

async fn download(rig: &Rig, folder: &Path, token: &str) -> Result<CommandReport, Failure> {
    let github = rig.connect(token, |_| ());
    let logs = DownloadLogs {
        repository: REPOSITORY.parse().unwrap(),
        run: RUN,
        output: "logs/release-logs.zip".into(),
    };
    let files = Files::below(folder);
    logs.download(&github, &files, "download-logs").await
}

/// The files of the archive.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let file = std::fs::File::open(folder.join("logs/release-logs.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut files = BTreeMap::new();
    for nth in 0..archive.len() {
        let mut file = archive.by_index(nth).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

#[tokio::test]
async fn logs_of_all_jobs_that_have_ended_are_in_the_archive() {
    let first_attempt = |job| StoredJob {
        run_attempt: 1,
        ..job
    };
    let rig = rig(vec![
        first_attempt(job(11, "plan", Some("success"), Some("planned"))),
        first_attempt(job(12, "e2e / leg (1.31)", Some("failure"), Some("failed"))),
        job(21, "e2e / leg (1.31)", Some("success"), Some("tested")),
        job(22, "upgrade", Some("skipped"), None),
        job(23, "unit-tests", Some("success"), None),
        StoredJob {
            log_deleted: true,
            ..job(24, "lint", Some("success"), Some("gone"))
        },
        job(25, "publish", None, Some("so far")),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let report = download(&rig, folder.path(), TOKEN).await.unwrap();
    assert_eq!(
        report.lines,
        ["logs/release-logs.zip has the logs of 2 of 6 jobs"]
    );
    let index = "Jobs of run 77 of kyma-project/btp-manager\n\
        001-plan.txt\tsuccess\tplan\n\
        002-e2e-leg-1.31.txt\tsuccess\te2e / leg (1.31)\n\
        -\tskipped\tupgrade\n\
        -\tsuccess\tunit-tests, whose log GitHub does not have (404)\n\
        -\tsuccess\tlint, whose log GitHub does not have (410)\n\
        -\t-\tpublish, which has not ended\n";
    let wanted = [
        ("001-plan.txt", "planned"),
        ("002-e2e-leg-1.31.txt", "tested"),
        ("index.txt", index),
    ];
    let wanted = wanted.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(files(folder.path()), wanted.into());

    let archive = folder.path().join("logs/release-logs.zip");
    let first = std::fs::read(&archive).unwrap();
    download(&rig, folder.path(), TOKEN).await.unwrap();
    assert_eq!(std::fs::read(&archive).unwrap(), first, "the same bytes");
    // The storage refuses requests with a token, and was asked for the two logs only.
    let asked = rig
        .hub
        .log()
        .filter(|entry| entry.service == Service::Storage);
    assert_eq!(asked.len(), 4);
}

#[tokio::test]
async fn all_pages_of_jobs_are_read() {
    let jobs = (1..=230).map(|n| job(n, &format!("job {n}"), Some("success"), Some("text")));
    let rig = rig(jobs.collect()).await;
    let folder = tempfile::tempdir().unwrap();
    download(&rig, folder.path(), TOKEN).await.unwrap();
    assert_eq!(files(folder.path()).len(), 231);
}

#[tokio::test]
async fn a_download_that_breaks_is_begun_again() {
    let long = "a line of a log\n".repeat(200_000);
    let rig = rig(vec![
        job(1, "a", Some("success"), Some("short")),
        job(2, "b", Some("success"), Some(&long)),
        job(3, "c", Some("success"), Some("short too")),
    ])
    .await;
    let storage = || Pattern::path("*job-log/2*").on(Service::Storage);
    rig.hub.faults().when(storage(), 2, Fault::CutAt(1_000_000));
    let folder = tempfile::tempdir().unwrap();
    download(&rig, folder.path(), TOKEN).await.unwrap();
    let files = files(folder.path());
    assert_eq!(files["001-a.txt"], "short");
    assert!(files["002-b.txt"] == long);
    assert_eq!(files["003-c.txt"], "short too");

    let again = tempfile::tempdir().unwrap();
    rig.hub.faults().when(storage(), 3, Fault::CutAt(1_000_000));
    let failure = download(&rig, again.path(), TOKEN).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].code, Code::ServiceUnavailable);
    let left = std::fs::read_dir(again.path().join("logs")).unwrap();
    assert_eq!(left.count(), 0, "nothing is left behind");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let rig = rig(vec![job(1, "a", Some("success"), Some("text"))]).await;
    let lacking =
        Token::github_token().with(|rights| rights.actions = stand_ins::github::Level::None);
    rig.hub.world().token("lacking", lacking);
    let folder = tempfile::tempdir().unwrap();
    let failure = download(&rig, folder.path(), "lacking").await.unwrap_err();
    let [diagnostic] = failure.diagnostics() else {
        unreachable!("{failure}")
    };
    assert_eq!(diagnostic.code, Code::AccessDenied);
    assert!(
        diagnostic.help.contains("actions: read"),
        "{}",
        diagnostic.help
    );
    assert!(!folder.path().join("logs/release-logs.zip").exists());
}
