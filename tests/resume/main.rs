//! A run that died can be run again, proved at every request.
//!
//! The whole release goes over real sockets to the stand-ins, on a clock that moves only when somebody waits.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod discards;
mod failure_cells;
mod locks;
mod matrix;
mod processes;
mod quotas;
mod release;
mod schedules;
mod stages;
#[path = "../support/mod.rs"]
mod support;

use support::scene as rig;

use std::time::Duration;

fn every_cut_is_survived(lag: Duration) {
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
fn every_request_cut_in_every_way() {
    every_cut_is_survived(Duration::ZERO);
}

#[test]
fn every_request_cut_in_every_way_while_lists_lag() {
    every_cut_is_survived(Duration::from_secs(3));
}

/// Both wait for real most of the time: side by side, and beside the tests that do not.
#[test]
fn as_real_processes_killed_at_every_request_and_fifty_at_once() {
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
