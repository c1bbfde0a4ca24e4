//! What an approval that is awaited means for the wait.

use super::*;
use crate::protocol::WaitTime;

fn awaited() -> ApprovalState {
    ApprovalState::Awaited("production".into())
}

fn waiting(seen: &AwaitState) -> Waiting {
    match decide(&example(), &options(), &EarlierDigests::new(), seen).step {
        Step::Wait(waiting) => waiting,
        other => panic!("{other:?}"),
    }
}

#[test]
fn time_does_not_count_while_an_approval_is_awaited() {
    let mut seen = state(vec![], ImageState::Absent);
    assert_eq!(waiting(&seen).time, WaitTime::Counted);
    seen.approval = awaited();
    let waiting = waiting(&seen);
    assert_eq!(waiting.time, WaitTime::Uncounted);
    assert_eq!(
        waiting.on.last().unwrap(),
        "an approval of environment production: awaited, not counted"
    );
}

#[test]
fn builders_may_start_late_after_an_approval() {
    let late = |approval: ApprovalState, waited: u64, uncounted: u64| {
        let mut seen = state(vec![], ImageState::Absent);
        seen.release.checks.clear();
        seen.approval = approval;
        seen.waited = Duration::from_secs(waited);
        seen.uncounted = Duration::from_secs(uncounted);
        lines(&[seen]) == [Code::BuilderNeverStarted.as_str()]
    };
    assert!(late(ApprovalState::NotAwaited, 120, 0));
    assert!(!late(ApprovalState::NotAwaited, 120, 1));
    assert!(late(ApprovalState::NotAwaited, 9_120, 9_000));
    assert!(!late(awaited(), 9_120, 9_000));
    assert!(late(ApprovalState::Unreadable("no".into()), 120, 0));
}

#[test]
fn time_counts_with_a_warning_where_approvals_cannot_be_read() {
    let unreadable = || ApprovalState::Unreadable("denied with 403".into());
    let mut seen = state(vec![], ImageState::Absent);
    seen.approval = unreadable();
    let waiting = waiting(&seen);
    assert_eq!(waiting.time, WaitTime::Counted);
    let told = "approvals: all time counts, denied with 403";
    assert_eq!(waiting.on.last().unwrap(), told);

    let done = || AwaitState {
        approval: unreadable(),
        ..all_complete()
    };
    let first = decide(&example(), &options(), &EarlierDigests::new(), &done());
    let Step::Done(report) = decide(&example(), &options(), &first.digests, &done()).step else {
        panic!("not done")
    };
    assert_eq!(report.warnings.len(), 1);
    assert_eq!(report.warnings[0].code, Code::ApprovalsUnreadable);
    assert!(!report.warnings[0].is_error());
    assert!(report.warnings[0].help.contains("actions: read"));
}
