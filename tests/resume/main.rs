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
mod budgets;
mod discards;
mod existing_releases;
mod locks;
mod matrix;
mod processes;
mod quotas;
mod release;
mod schedules;
mod spellings;
mod stages;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

fn survive_every_cut(lag: Duration) {
    let (cases, failed) = matrix::survive_all(lag);
    for case in failed.iter().take(10) {
        eprintln!("{case}\n");
    }
    eprintln!(
        "{} of {cases} cuts survived (lists lag by {lag:?})",
        cases - failed.len()
    );
    assert_eq!(failed.len(), 0);
}

#[test]
fn release_completes_after_every_interruption() {
    survive_every_cut(Duration::ZERO);
}

#[test]
fn release_completes_after_every_interruption_while_lists_lag() {
    survive_every_cut(Duration::from_secs(3));
}

/// Both mostly wait in real time, so they run in parallel, also with the other tests.
#[test]
fn real_processes_survive_kills_at_every_request_and_fifty_at_once_make_one_draft() {
    let (cases, failed) = std::thread::scope(|scope| {
        let fifty = scope.spawn(processes::fifty_make_one);
        let kills = processes::survive_kills();
        fifty.join().unwrap();
        kills
    });
    for case in failed.iter().take(10) {
        eprintln!("{case}\n");
    }
    eprintln!("{} of {cases} kills survived", cases - failed.len());
    assert_eq!(failed.len(), 0);
}
