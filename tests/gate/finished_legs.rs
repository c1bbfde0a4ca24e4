//! The job that signs results of tests after the jobs of the legs: it signs how GitHub says that they ended, and nothing else.

use btp_release::domain::Code;
use stand_ins::github::{GitRepository, StoredJob};

use super::release::{LEGS, RUN, codes, verdict};
use super::signed::take_of;
use super::support::scene::{REQUIRE, Scene};
use super::{all_refused, described};

fn jobs(repository: &mut GitRepository) -> &mut Vec<StoredJob> {
    &mut repository.runs.get_mut(&RUN.id).unwrap().jobs
}

fn conclude(repository: &mut GitRepository, conclusion: &str) {
    jobs(repository)[0].conclusion = Some(conclusion.to_owned());
}

/// Adds a job that is called as the one of the leg, below another calling job.
fn add_job_below(repository: &mut GitRepository, calling: &str) {
    let job = jobs(repository)[0].clone();
    let name = job.name.replace("Release", calling);
    jobs(repository).push(StoredJob { name, ..job });
}

type Fact = (&'static str, Code, fn(&mut GitRepository));

/// What was altered between the leg and the job that signs.
const ALTERED: &[Fact] = &[
    (
        "a leg that failed sets a status that says that it passed",
        Code::VerdictContradicts,
        |r| conclude(r, "failure"),
    ),
    (
        "another token sets a status that says that a leg failed",
        Code::VerdictContradicts,
        |r| verdict(r, LEGS[1]).state = "failure".into(),
    ),
    ("a leg was skipped", Code::LegJobNotRun, |r| {
        conclude(r, "skipped");
    }),
    ("a leg was cancelled", Code::LegJobNotRun, |r| {
        conclude(r, "cancelled");
    }),
    ("a leg ran out of time", Code::LegJobNotRun, |r| {
        conclude(r, "timed_out");
    }),
    ("a leg is run again", Code::LegJobNotRun, |r| {
        jobs(r)[0].run_attempt = RUN.attempt + 1;
    }),
    ("a leg has no job", Code::LegJobUnclear, |r| jobs(r).clear()),
    (
        "a job's name only ends as that of the leg",
        Code::LegJobUnclear,
        |r| {
            let name = &mut jobs(r)[0].name;
            *name = name.replace("/ k3s", "/ not on k3s");
        },
    ),
    (
        "another job is called as that of the leg",
        Code::LegJobUnclear,
        |r| add_job_below(r, "Module"),
    ),
    (
        "a matrix has two jobs of one name",
        Code::LegJobUnclear,
        |r| add_job_below(r, "Release"),
    ),
    (
        "a leg does not say what it tested",
        Code::VerdictMissing,
        |r| {
            let context = verdict(r, LEGS[1]).context.clone();
            r.statuses.retain(|status| status.context != context);
        },
    ),
    (
        "a leg tested other artifacts",
        Code::VerdictOfOtherBytes,
        |r| {
            let text = format!("run {} tested sha256:{}", RUN.id, "0".repeat(64));
            verdict(r, LEGS[1]).description = Some(text);
        },
    ),
    (
        "a leg tested in another run",
        Code::VerdictOfOtherBytes,
        |r| {
            let status = verdict(r, LEGS[1]);
            let text = status.description.take().unwrap();
            status.description = Some(text.replace("run 17", "run 16"));
        },
    ),
];

#[tokio::test]
async fn result_that_is_not_how_the_job_ended_is_neither_signed_nor_published() {
    let scene = Scene::start(|_| {}).await.signing(REQUIRE);
    let job = scene.until_tested().await;
    let result = take_of(&scene, LEGS[1]);
    let snapshot = scene.snapshot();
    let mut failed = Vec::new();
    for (fact, code, alter) in ALTERED {
        scene.restore(&snapshot);
        scene.repository(alter);
        match scene.sign_legs(&job.plan, &job.artifacts).await {
            Err(refused) if codes(&refused) == [*code] => {}
            Err(refused) => failed.push(format!("{fact}: {}", described(&refused))),
            Ok(_) => failed.push(format!("{fact}: was signed")),
        }
        if scene.publish(&job).await.is_ok() {
            failed.push(format!("{fact}: was published"));
        }
    }
    all_refused(
        "legs altered before they are signed",
        ALTERED.len(),
        &failed,
    );
    // A result of a failure is signed as such, and refuses the release.
    scene.restore(&snapshot);
    scene.repository(|repository| {
        conclude(repository, "failure");
        verdict(repository, LEGS[1]).state = "failure".into();
    });
    let signed = scene.sign_legs(&job.plan, &job.artifacts).await;
    signed.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    let refused = scene.publish(&job).await.unwrap_err();
    assert_eq!(codes(&refused), [Code::VerdictFailed]);
    // Unaltered, the same result is signed again, and only once.
    scene.restore(&snapshot);
    for _ in 0..2 {
        let signed = scene.sign_legs(&job.plan, &job.artifacts).await;
        signed.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    }
    let again = take_of(&scene, LEGS[1]);
    assert_eq!(
        again["dsseEnvelope"]["payload"],
        result["dsseEnvelope"]["payload"]
    );
    scene.repository(|repository| {
        assert_eq!(repository.attestations.len(), 1, "the other leg's");
        repository.attest(&again);
    });
    let published = scene.publish(&job).await;
    published.unwrap_or_else(|stop| panic!("{}", described(&stop)));
    assert_eq!(scene.releases_published(), 1);
}
