//! What a leg of the tests says: which bytes it tested, and in which run. It is kept as a commit status, since the legs of a
//! matrix overwrite each other's outputs.

use std::fmt;

use crate::domain::Digest;

/// The description of the status; whether the tests passed is the status' state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The run of the plan that was tested.
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

    /// Reads the description of a status; `None` if it is not one of a verdict. What a newer version says after the digest
    /// is passed over.
    pub fn read(description: &str) -> Option<Self> {
        let (run, rest) = description.strip_prefix("run ")?.split_once(" tested ")?;
        let artifacts = rest.split_whitespace().next()?.parse().ok()?;
        let run = run.to_owned();
        Some(Self { run, artifacts })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_round_trips_through_json() {
        let verdict = Verdict {
            run: "17".into(),
            artifacts: Digest::of(b"all"),
        };
        let text = verdict.to_string();
        assert_eq!(Verdict::read(&text).as_ref(), Some(&verdict));
        let newer = format!("{text} in 3 m");
        assert_eq!(Verdict::read(&newer), Some(verdict));
        for other in [
            "",
            "run 17",
            "run 17 tested",
            "run 17 tested all",
            &text[1..],
        ] {
            assert_eq!(Verdict::read(other), None, "{other}");
        }
    }
}
