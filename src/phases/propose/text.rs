//! Title and text of a pull request, and the message of its commit.

use crate::plan::{Proposal, ProposalMark};

/// What people read.
#[derive(Clone, Debug)]
pub(super) struct ProposalText {
    pub(super) title: String,
    /// Without the mark.
    pub(super) body: String,
}

impl ProposalText {
    /// The mark that goes with the text.
    pub(super) fn mark(&self, proposal: &Proposal) -> ProposalMark {
        ProposalMark::new(proposal.clone(), &self.title, &self.body)
    }

    pub(super) fn marked_body(&self, proposal: &Proposal) -> String {
        self.mark(proposal).put(&self.body)
    }

    /// The title, and the trailer by which the commit is found again.
    pub(super) fn message(&self, proposal: &Proposal) -> String {
        format!("{}\n\n{}\n", self.title, proposal.trailer())
    }
}
