//! How our proposals are found again: by a mark in the text of the pull request, and by a trailer in the message of the commit.
//! A run that died before it opened the pull request left a branch, which only the trailer shows to be ours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::{ChannelName, Digest, Tag};

/// What is proposed for a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProposalKind {
    /// What the repository says of its version, before it is released.
    #[default]
    Bump,
    /// The configuration of a released version, for the repository of all modules.
    Submission,
    /// A channel that is to have a released version.
    Promotion,
}

impl ProposalKind {
    /// Every kind, by its name.
    pub const WORDS: [(&str, Self); 3] = [
        ("bump", Self::Bump),
        ("submission", Self::Submission),
        ("promotion", Self::Promotion),
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bump => "bump",
            Self::Submission => "submission",
            Self::Promotion => "promotion",
        }
    }
}

impl fmt::Display for ProposalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A change that is proposed for a release. Two runs propose the same if these are equal, whatever they were based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub kind: ProposalKind,
    /// The tag of the release.
    pub tag: Tag,
    /// Of the change as it was asked for.
    pub change: Digest,
    /// Of a promotion: each channel has a pull request of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
}

const TRAILER: &str = "Btp-Release-Proposal: ";

impl Proposal {
    /// The last line of the commit's message
    /// (<https://git-scm.com/docs/git-interpret-trailers>).
    pub fn trailer(&self) -> String {
        let channel = self.channel.as_ref();
        let channel = channel.map_or_else(String::new, |channel| format!(" {channel}"));
        format!(
            "{TRAILER}{} {} {}{channel}",
            self.kind, self.tag, self.change
        )
    }

    /// What the last trailer of a commit's message says.
    pub fn of_commit(message: &str) -> Option<Self> {
        let line = message
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(TRAILER))?;
        let mut words = line.split(' ');
        let kind = words.next()?;
        let kind = ProposalKind::WORDS.iter().find(|(word, _)| *word == kind)?;
        Some(Self {
            kind: kind.1,
            tag: words.next()?.parse().ok()?,
            change: Digest::from_str(words.next()?.trim_end()).ok()?,
            channel: match words.next() {
                Some(channel) => Some(channel.trim_end().parse().ok()?),
                None => None,
            },
        })
    }

    /// Whether both are for the same purpose, so that one takes the place of the other.
    pub fn is_same_purpose(&self, other: &Self) -> bool {
        self.kind == other.kind && self.tag == other.tag && self.channel == other.channel
    }
}

/// An HTML comment at the end of the text of a pull request, which people do not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalMark {
    #[serde(flatten)]
    pub proposal: Proposal,
    /// Of the title and the text that were wanted: what a person changes of them is kept until something else is wanted.
    pub text: Digest,
}

const OPEN: &str = "<!-- btp-release-proposal: ";
const CLOSE: &str = " -->";

impl ProposalMark {
    /// The mark of a proposal with this title and text.
    pub fn new(proposal: Proposal, title: &str, body: &str) -> Self {
        let text = Digest::of(format!("{title}\n{body}").as_bytes());
        Self { proposal, text }
    }

    /// The last mark in a text; `None` if there is none that can be read.
    pub fn find(body: &str) -> Option<Self> {
        let (_, rest) = body.rsplit_once(OPEN)?;
        let (json, _) = rest.split_once(CLOSE)?;
        serde_json::from_str(json).ok()
    }

    /// The text with this mark at its end. `--` is not allowed in a comment; in JSON it occurs only in strings, where it can be
    /// escaped.
    pub fn put(&self, body: &str) -> String {
        // Serialising a struct of plain values into memory has no way to fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        let json = json.replace("--", "-\\u002d");
        let gap = if body.is_empty() { "" } else { "\n\n" };
        format!("{}{gap}{OPEN}{json}{CLOSE}\n", body.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(tag: &str) -> Proposal {
        Proposal {
            kind: ProposalKind::Bump,
            tag: tag.parse().unwrap(),
            change: Digest::of(b"change"),
            channel: None,
        }
    }

    #[test]
    fn commit_is_found_by_its_last_trailer() {
        let ours = proposal("v1.2.0");
        let message = format!(
            "Bump\n\n{}\n{}\n",
            proposal("v1.1.0").trailer(),
            ours.trailer()
        );
        assert_eq!(Proposal::of_commit(&message), Some(ours.clone()));
        let windows = format!("Bump\r\n\r\n{}\r\n", ours.trailer());
        assert_eq!(Proposal::of_commit(&windows), Some(ours));
        for message in [
            "",
            "Bump",
            "Btp-Release-Proposal: bump v1.2.0",
            "Btp-Release-Proposal: other v1.2.0 sha256:0",
            " Btp-Release-Proposal: bump",
        ] {
            assert_eq!(Proposal::of_commit(message), None, "{message}");
        }
    }

    #[test]
    fn channels_of_one_version_are_proposed_apart() {
        let of = |channel: &str| Proposal {
            kind: ProposalKind::Promotion,
            channel: Some(channel.parse().unwrap()),
            ..proposal("v1.2.0")
        };
        let message = format!("Promote\n\n{}\r\n", of("fast").trailer());
        let found = Proposal::of_commit(&message).unwrap();
        assert_eq!(found, of("fast"));
        assert!(!found.is_same_purpose(&of("regular")));
        let mark = ProposalMark::new(of("fast"), "Promote", "");
        assert_eq!(ProposalMark::find(&mark.put("")), Some(mark));
    }

    #[test]
    fn mark_is_found_in_what_github_keeps_of_a_text() {
        let mark = ProposalMark::new(proposal("v1.2.0--x"), "Bump", "Text");
        let body = mark.put("Text\n");
        assert_eq!(ProposalMark::find(&body), Some(mark.clone()));
        assert_eq!(
            ProposalMark::find(&body.replace('\n', "\r\n")),
            Some(mark.clone())
        );
        assert_eq!(
            body.matches("--").count(),
            2,
            "only the comment's own dashes"
        );
        assert!(body.starts_with("Text\n\n<!-- "));
        assert_eq!(ProposalMark::find(&mark.put("")), Some(mark.clone()));
        assert_ne!(
            mark,
            ProposalMark::new(proposal("v1.2.0--x"), "Bump", "Other")
        );
        for body in [
            "",
            "<!-- btp-release-proposal: {} -->",
            "<!-- btp-release: {} -->",
        ] {
            assert_eq!(ProposalMark::find(body), None, "{body}");
        }
    }
}
