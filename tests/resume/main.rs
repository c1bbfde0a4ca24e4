//! An interrupted run can be repeated, tested at every request.
//!
//! The whole release runs over real sockets against the stand-ins, on a clock that advances only when a task waits.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod adopts;
mod apps;
mod budgets;
mod discards;
mod existing_releases;
mod locks;
mod matrix;
mod processes;
mod quotas;
mod referrers;
mod release;
mod schedules;
mod signing;
mod spellings;
mod stages;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use matrix::{Interrupted, Matrix};
use support::cuts::whole_matrices;
use support::scene::{ANNOTATED, EARLY, LATE, LIGHTWEIGHT, OFF, REQUIRE};

/// The phases that another time for the tag changes.
const OF_THE_TAG: [&str; 2] = ["draft", "publish"];

fn survive_every_cut(matrix: Matrix) {
    let Matrix {
        lag,
        tag_when,
        tag_type,
        report,
        signing,
        interrupted,
    } = matrix;
    let (cases, failed) = matrix::survive_all(matrix);
    for case in failed.iter().take(10) {
        eprintln!("{case}\n");
    }
    eprintln!(
        "{} of {cases} cuts survived ({interrupted:?}, tag-when: {tag_when}, tag-type: {tag_type}, report: {report}, signing: {signing}, lists lag by {lag:?})",
        cases - failed.len()
    );
    assert_eq!(failed.len(), 0);
}

#[test]
fn release_completes_after_every_interruption() {
    survive_every_cut(Matrix {
        lag: Duration::ZERO,
        tag_when: EARLY,
        tag_type: LIGHTWEIGHT,
        report: "false",
        signing: OFF,
        interrupted: Interrupted::All,
    });
}

#[test]
fn release_completes_after_every_interruption_while_lists_lag() {
    survive_every_cut(Matrix {
        lag: Duration::from_secs(3),
        tag_when: EARLY,
        tag_type: LIGHTWEIGHT,
        report: "false",
        signing: OFF,
        interrupted: Interrupted::All,
    });
}

#[test]
fn release_of_an_app_completes_after_every_interruption_of_its_token_requests() {
    survive_every_cut(Matrix {
        lag: Duration::ZERO,
        tag_when: EARLY,
        tag_type: LIGHTWEIGHT,
        report: "false",
        signing: OFF,
        interrupted: Interrupted::AppTokens,
    });
}

/// With `WHOLE_MATRICES` in the environment every request is interrupted, also without lag.
#[test]
fn release_with_a_late_tag_completes_after_every_interruption() {
    let late = |lag, interrupted| Matrix {
        lag,
        tag_when: LATE,
        tag_type: LIGHTWEIGHT,
        report: "false",
        signing: OFF,
        interrupted,
    };
    if whole_matrices() {
        survive_every_cut(late(Duration::ZERO, Interrupted::All));
        survive_every_cut(late(Duration::from_secs(3), Interrupted::All));
    } else {
        survive_every_cut(late(
            Duration::from_secs(3),
            Interrupted::Phases(&OF_THE_TAG),
        ));
    }
}

/// With `WHOLE_MATRICES` in the environment every request is interrupted, otherwise those of the phases that create the tag.
#[test]
fn release_with_an_annotated_tag_completes_after_every_interruption() {
    for (tag_when, phase) in [(EARLY, &["draft"]), (LATE, &["publish"])] {
        let interrupted = if whole_matrices() {
            Interrupted::All
        } else {
            Interrupted::Phases(phase)
        };
        survive_every_cut(Matrix {
            lag: Duration::from_secs(3),
            tag_when,
            tag_type: ANNOTATED,
            report: "false",
            signing: OFF,
            interrupted,
        });
    }
}

#[test]
fn release_with_a_report_completes_after_every_interruption_of_its_publication() {
    survive_every_cut(Matrix {
        lag: Duration::ZERO,
        tag_when: EARLY,
        tag_type: LIGHTWEIGHT,
        report: "true",
        signing: OFF,
        interrupted: Interrupted::Phases(&["publish"]),
    });
}

/// With `WHOLE_MATRICES` in the environment every request of the release is interrupted; otherwise those of the tests' results. What
/// `publish` signs is interrupted in `signing`.
#[test]
fn signed_release_completes_after_every_interruption() {
    let interrupted = if whole_matrices() {
        Interrupted::All
    } else {
        Interrupted::Phases(&["record-tests"])
    };
    survive_every_cut(Matrix {
        lag: Duration::from_secs(3),
        tag_when: EARLY,
        tag_type: LIGHTWEIGHT,
        report: "false",
        signing: REQUIRE,
        interrupted,
    });
}

/// Both mostly wait in real time, so they run in parallel, also with the other tests.
#[test]
fn real_processes_survive_kills_at_every_request_and_fifty_at_once_make_one_draft() {
    let (cases, failed) = std::thread::scope(|scope| {
        let fifty = scope.spawn(processes::fifty_make_one);
        let mut kills = processes::survive_kills(EARLY, &[]);
        // In `publish`, the tag and what follows it are the last requests.
        let whole = whole_matrices();
        let late = processes::survive_kills(LATE, if whole { &OF_THE_TAG } else { &["draft"] });
        kills.0 += late.0;
        kills.1.extend(late.1);
        fifty.join().unwrap();
        kills
    });
    for case in failed.iter().take(10) {
        eprintln!("{case}\n");
    }
    eprintln!("{} of {cases} kills survived", cases - failed.len());
    assert_eq!(failed.len(), 0);
}
