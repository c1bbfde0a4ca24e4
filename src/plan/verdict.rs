//! What a leg of the tests says: which bytes it tested, and in which run. It is kept as a commit status, since the legs of a
//! matrix overwrite each other's outputs.

use std::fmt;

use crate::domain::Digest;

/// The description of the status; whether the tests passed is the status' state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub run: String,
    /// Names all tested digests at once.
    pub artifacts: Digest,
}

const CONTEXT: &str = "btp-release/e2e/";

impl Verdict {
    /// The status' context for a leg.
    pub fn context(leg: &str) -> String {
        format!("{CONTEXT}{leg}")
    }

    /// The leg of a context; `None` for others' statuses.
    pub fn leg(context: &str) -> Option<&str> {
        context.strip_prefix(CONTEXT)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} tested {}", self.run, self.artifacts)
    }
}
