//! The mark that our drafts carry: only what carries it is ever changed or deleted by us.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{JsonObject, TagWhen};
use crate::domain::{CommitSha, Digest, Version};

/// An HTML comment at the end of the release's body, which people do not see.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The version that is released.
    pub version: Version,
    /// The commit that is released.
    pub commit: CommitSha,
    /// The digest of the plan with which the draft was last continued.
    pub plan: Digest,
    /// The run that made that plan.
    pub run: String,
    /// Whether the tag existed before the draft: then it is not ours to delete.
    pub tag_was_there: bool,
    /// The digests that the awaited images' tags resolved to when the draft was made: they are not of this release.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leftovers: BTreeSet<Digest>,
    /// When the tag is created: with [`TagWhen::Publish`], one that is there before the evidence is not ours.
    #[serde(default, skip_serializing_if = "TagWhen::is_default")]
    pub tag_when: TagWhen,
    /// The mark as it was found; empty for one that is new. The fields of a newer version are kept in it.
    #[serde(skip)]
    pub found: JsonObject,
}

const OPEN: &str = "<!-- btp-release: ";
const CLOSE: &str = " -->";

impl Mark {
    /// The mark of a draft whose plan is not known: it names the digest of nothing, which no plan has.
    pub fn of_no_plan(
        version: Version,
        commit: CommitSha,
        run: String,
        tag_was_there: bool,
    ) -> Self {
        Self {
            version,
            commit,
            plan: Digest::of(b""),
            run,
            tag_was_there,
            leftovers: BTreeSet::new(),
            tag_when: TagWhen::default(),
            found: JsonObject::default(),
        }
    }

    /// The last mark in a release's body; `None` if there is none that can be read.
    pub fn find(body: &str) -> Option<Self> {
        let (_, rest) = body.rsplit_once(OPEN)?;
        let (json, _) = rest.split_once(CLOSE)?;
        let mark: Self = serde_json::from_str(json).ok()?;
        let found = JsonObject::read(json).ok()?;
        Some(Self { found, ..mark })
    }

    /// The body with this mark in place of any other.
    pub fn put(&self, body: &str) -> String {
        let text = Self::strip(body);
        let json = self.to_json();
        let gap = if text.is_empty() { "" } else { "\n\n" };
        format!("{text}{gap}{OPEN}{json}{CLOSE}\n")
    }

    /// The mark's JSON. `--` is not allowed in a comment; in JSON it occurs only in strings, where it can be escaped.
    fn to_json(&self) -> String {
        // Serialising a struct of plain values into memory has no way to fail.
        let fields = self.found.updated(self);
        let json = fields.and_then(|fields| serde_json::to_string(&fields));
        json.unwrap_or_default().replace("--", "-\\u002d")
    }

    /// The body as people see it.
    pub fn strip(body: &str) -> &str {
        // The last one: notes contain text of other people, which may include something similar.
        body.rfind(OPEN)
            .and_then(|at| body.get(..at))
            .unwrap_or(body)
            .trim_end()
    }

    /// The largest number of characters that a mark adds to a body.
    pub const MAX_CHARS: usize = 5_000;
}

/// Marks are equal that are written in the same way.
impl PartialEq for Mark {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for Mark {}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(run: &str) -> Mark {
        Mark {
            version: "1.2.0".parse().unwrap(),
            commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
            plan: Digest::of(b"plan"),
            run: run.into(),
            tag_was_there: false,
            leftovers: BTreeSet::new(),
            tag_when: TagWhen::Draft,
            found: JsonObject::default(),
        }
    }

    #[test]
    fn a_mark_is_found_again_and_replaced() {
        let body = mark("1").put("## Notes\n");
        assert_eq!(Mark::find(&body), Some(mark("1")));
        let body = mark("2--x").put(&body);
        assert_eq!(Mark::find(&body), Some(mark("2--x")));
        assert_eq!(body.matches("btp-release:").count(), 1);
        assert_eq!(
            body.matches("--").count(),
            2,
            "only the comment's own dashes"
        );
        assert_eq!(Mark::strip(&body), "## Notes");
        assert!(mark("17").put("").len() < Mark::MAX_CHARS);
    }

    #[test]
    fn fields_of_a_newer_version_are_kept() {
        let body = mark("1").put("");
        let fields = "\"a\":[1.0,\"-\\u002d>\"],\"leftovers\":[],\"run\"";
        let newer = body.replace("\"run\"", fields);
        let found = Mark::find(&newer).unwrap();
        assert_eq!(found.put(&newer), newer);
        assert_ne!(found, mark("1"));
    }

    #[test]
    fn text_without_a_valid_mark_has_none() {
        for body in [
            "",
            "<!-- btp-release: {} -->",
            "<!-- btp-release: {\"version\"",
            "btp-release",
        ] {
            assert_eq!(Mark::find(body), None);
        }
    }
}
