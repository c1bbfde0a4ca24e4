//! What a layer may be where its name does not tell, found out from its content.

use std::io::{self, BufRead, Read as _};

use crate::archive::{LayerContent, MAX_FILE};
use crate::raw_manifest::is_raw_manifest;

/// What the content of a layer makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateContent {
    /// A Helm chart.
    Chart,
    /// YAML with a `CustomResourceDefinition` among its objects.
    RawManifest,
    /// Any other file.
    Other,
}

impl CandidateContent {
    /// What a layer that was read is.
    pub fn of(content: &LayerContent) -> Self {
        match content {
            LayerContent::Chart => Self::Chart,
            LayerContent::File(text) if is_raw_manifest(text) => Self::RawManifest,
            LayerContent::File(_) => Self::Other,
        }
    }

    /// What a file is. It is read one YAML document after the other up to the first that tells, and only one is in memory, of at
    /// most [`MAX_FILE`] bytes. Documents that are no YAML count as others.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn of_file(mut file: impl BufRead) -> io::Result<Self> {
        let (mut document, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            let room = MAX_FILE.saturating_sub(document.len() as u64);
            let read = (&mut file).take(room + 1).read_until(b'\n', &mut line)?;
            if read == 0 || is_separator(&line) {
                if may_be_crd(&document) && is_raw_manifest(&document) {
                    return Ok(Self::RawManifest);
                }
                document.clear();
            }
            if read == 0 || line.len() as u64 > room {
                return Ok(Self::Other);
            }
            if !line.starts_with(b"#") {
                document.extend_from_slice(&line);
            }
        }
    }
}

/// `---` at the beginning of a line separates documents, wherever it is
/// ([YAML 1.2.2, 9.1.2](https://yaml.org/spec/1.2.2/#912-document-markers)).
fn is_separator(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"---");
    rest.is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

/// Spares the parsing: without an escape in it, the kind is written as it is.
fn may_be_crd(document: &[u8]) -> bool {
    std::str::from_utf8(document)
        .is_ok_and(|text| text.contains("CustomResourceDefinition") || text.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRD: &str = "kind: CustomResourceDefinition\n";

    #[test]
    fn manifest_is_found_in_whichever_document_it_is() {
        let long = "a: 1 # x\n---\n".repeat(10_000);
        let list = format!("kind: List\nitems:\n- {CRD}");
        for (text, expected) in [
            (CRD.to_owned(), CandidateContent::RawManifest),
            (format!("a: 1\n---\n{CRD}"), CandidateContent::RawManifest),
            (
                format!("a: 1\r\n---\r\n{CRD}"),
                CandidateContent::RawManifest,
            ),
            (
                format!("--- {{{}}}", CRD.trim()),
                CandidateContent::RawManifest,
            ),
            (
                format!("{long}{CRD}---\n{long}"),
                CandidateContent::RawManifest,
            ),
            (
                "kind: \"Custom\\x52esourceDefinition\"".into(),
                CandidateContent::RawManifest,
            ),
            (list, CandidateContent::RawManifest),
            (
                "kind: CustomResourceDefinitionList\nitems: [{a: 1}]".into(),
                CandidateContent::RawManifest,
            ),
            (
                format!("%YAML 1.2\n---\n{CRD}"),
                CandidateContent::RawManifest,
            ),
            (format!("a: |\n  ---\n  {CRD}"), CandidateContent::Other),
            (format!("# {CRD}"), CandidateContent::Other),
            (format!("spec:\n  {CRD}"), CandidateContent::Other),
            (long, CandidateContent::Other),
            (String::new(), CandidateContent::Other),
            ("{{ if x }}\n".into(), CandidateContent::Other),
        ] {
            assert_eq!(
                CandidateContent::of_file(text.as_bytes()).unwrap(),
                expected,
                "{text:.80}"
            );
            let whole = CandidateContent::of(&LayerContent::File(text.clone().into_bytes()));
            assert_eq!(whole, expected, "{text:.80}");
        }
        let not_text = [CRD.as_bytes(), b"---\n\xff\xfe\n"].concat();
        assert_eq!(
            CandidateContent::of_file(&not_text[4..]).unwrap(),
            CandidateContent::Other
        );
    }

    #[test]
    fn longest_document_is_bounded() {
        let line = format!("- {}\n", "x".repeat(97));
        let repeated = |lines: u64| io::Cursor::new(line.repeat(usize::try_from(lines).unwrap()));
        let within = MAX_FILE / 100;
        let last = format!("---\n{CRD}");
        for (lines, expected) in [
            (within - 1, CandidateContent::RawManifest),
            (within + 1, CandidateContent::Other),
        ] {
            let file = repeated(lines).chain(last.as_bytes());
            assert_eq!(CandidateContent::of_file(file).unwrap(), expected);
        }
        // Without a single line break.
        let endless = io::BufReader::new(io::repeat(b'x'));
        assert_eq!(
            CandidateContent::of_file(endless).unwrap(),
            CandidateContent::Other
        );
    }
}
