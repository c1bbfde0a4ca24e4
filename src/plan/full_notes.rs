//! The whole text of a release, where the body on GitHub or the plan holds only its beginning.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::domain::{Code, Diagnostic, Digest};

/// The asset with the whole text.
pub const FULL_NOTES: &str = "full-release-notes.md";

/// The whole text as the plan carries it: `draft` attaches it as the asset [`FULL_NOTES`], without reading anything again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullNotes {
    /// Of the text, as the asset has it.
    pub digest: Digest,
    /// Of the text, in bytes.
    pub size: u64,
    /// The text: a raw DEFLATE stream (RFC 1951) in base64.
    deflated: String,
}

impl FullNotes {
    /// The largest text, in bytes.
    pub const MAX_SIZE: u64 = 4 << 20;

    /// The most bytes of the compressed text in a plan: notes of about two thousand pull requests.
    const MAX_DEFLATED: usize = 80_000;

    /// The text, if it is short enough for a plan.
    pub fn of(text: &str) -> Option<Self> {
        let size = text.len() as u64;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).ok()?;
        let deflated = STANDARD.encode(encoder.finish().ok()?);
        let fits = size <= Self::MAX_SIZE && deflated.len() <= Self::MAX_DEFLATED;
        fits.then(|| Self {
            digest: Digest::of(text.as_bytes()),
            size,
            deflated,
        })
    }

    /// The bytes that it takes of a plan.
    pub fn cost(&self) -> usize {
        self.deflated.len()
    }

    /// The text's bytes.
    ///
    /// # Errors
    ///
    /// [`Code::PlanUnreadable`] if they are not those of the digest.
    pub fn bytes(&self) -> Result<Vec<u8>, Diagnostic> {
        let deflated = STANDARD.decode(&self.deflated).unwrap_or_default();
        let mut bytes = Vec::new();
        let limited = DeflateDecoder::new(deflated.as_slice()).take(Self::MAX_SIZE);
        let read = { limited }.read_to_end(&mut bytes);
        if read.is_err() || Digest::of(&bytes) != self.digest {
            return Err(Diagnostic::error(
                Code::PlanUnreadable,
                "the field full_notes of the plan is not the text of its digest",
                "pass the output of the phase `plan` on unchanged: plan: ${{ needs.plan.outputs.plan }}",
            ));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_to_the_byte() {
        let text = "* \"Ü\" \\ by @ada in https://github.com/o/r/pull/1\n".repeat(2_000);
        let full = FullNotes::of(&text).unwrap();
        assert!(full.cost() < 2_000, "{}", full.cost());
        assert_eq!(full.bytes().unwrap(), text.as_bytes());
        assert_eq!(full.size, text.len() as u64);
        let json = serde_json::to_string(&full).unwrap();
        assert_eq!(serde_json::from_str::<FullNotes>(&json).unwrap(), full);
    }

    #[test]
    fn other_text_than_that_of_the_digest_is_refused() {
        let full = FullNotes::of("text").unwrap();
        let other = FullNotes::of("other").unwrap();
        for deflated in [other.deflated, "?".into(), String::new(), "AAAA".into()] {
            let changed = FullNotes {
                deflated,
                ..full.clone()
            };
            assert_eq!(changed.bytes().unwrap_err().code, Code::PlanUnreadable);
        }
    }

    #[test]
    fn text_that_does_not_fit_into_a_plan_is_left_out() {
        // Digests have nothing that could be compressed but their alphabet.
        let mut text = String::new();
        for n in 0_u32..4_000 {
            text.push_str(&Digest::of(&n.to_le_bytes()).to_string());
        }
        assert!(FullNotes::of(&text).is_none());
        let huge = "x".repeat(usize::try_from(FullNotes::MAX_SIZE).unwrap() + 1);
        assert!(FullNotes::of(&huge).is_none());
    }
}
