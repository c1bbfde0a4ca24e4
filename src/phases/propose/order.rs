//! A channel that follows another one waits until that has the version.

use std::time::Duration;

use crate::domain::{Code, Diagnostic, FormatCode};
use crate::protocol::{Step, WaitTime, Waiting};

use super::options::MergeMode;

/// The longest pause before the channels are read again.
const POLL: Duration = Duration::from_secs(10);

/// What follows where the change cannot be made: where a merge is waited for, the channels before this one are as well.
pub(super) fn not_possible(merge: MergeMode, findings: Vec<Diagnostic>) -> Step {
    let is_order = |finding: &Diagnostic| finding.code == Code::Format(FormatCode::ChannelOrder);
    if merge == MergeMode::None || !findings.iter().all(is_order) {
        return Step::Blocked(findings);
    }
    Step::Wait(Waiting {
        on: findings.into_iter().map(|finding| finding.seen).collect(),
        poll_after: POLL,
        time: WaitTime::Counted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_order_of_channels_is_waited_for_and_only_with_a_merge() {
        let finding = |code| Diagnostic::error(code, "seen", "help");
        let order = Code::Format(FormatCode::ChannelOrder);
        for (merge, codes, waits) in [
            (MergeMode::Wait, &[order][..], true),
            (MergeMode::Squash, &[order], true),
            (MergeMode::Auto, &[order], true),
            (MergeMode::None, &[order], false),
            (MergeMode::Wait, &[order, Code::SubmissionMissing], false),
            (MergeMode::Wait, &[Code::SubmissionMissing], false),
        ] {
            let findings = codes.iter().copied().map(finding).collect();
            let step = not_possible(merge, findings);
            assert_eq!(matches!(step, Step::Wait(_)), waits, "{merge:?} {codes:?}");
            assert_eq!(
                matches!(step, Step::Blocked(_)),
                !waits,
                "{merge:?} {codes:?}"
            );
        }
    }
}
