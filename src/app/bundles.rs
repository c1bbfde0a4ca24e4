//! Runs `verify-bundle`: files are read, and no service is asked.

use std::fs::File;
use std::io::{self, Read as _, Write as _, stdout};
use std::path::Path;

use bytes::Bytes;

use super::written::written;
use super::{App, usage};
use crate::adapters::sigstore::{MOST_BUNDLE_BYTES, TrustedRoot, verify};
use crate::cli::VerifyBundleArgs;
use crate::commands::verify_bundle::to_json;
use crate::domain::{Code, Diagnostic, Digest, DigestHasher};
use crate::protocol::Subject;
use crate::report::Failure;
use crate::settings;

const TITLE: &str = "verify-bundle";
/// How many bytes of an artifact are hashed at a time.
const PIECE: usize = 128 << 10;

impl App<'_> {
    pub(super) fn verify_bundle(&self, args: &VerifyBundleArgs) -> anyhow::Result<()> {
        let settings = settings::verify_bundle(args, self.environment()).map_err(usage)?;
        let root = match &settings.trusted_root {
            Some(path) => TrustedRoot::parse(&read(path)?),
            None => TrustedRoot::embedded(),
        };
        let root = root.map_err(|error| usage(vec![error]))?;
        let bundle = read(&settings.bundle)?;
        let mut artifacts = Vec::new();
        for path in &settings.artifacts {
            artifacts.push(Subject {
                name: path.display().to_string(),
                digest: digest(path)?,
            });
        }
        let has_artifacts = !artifacts.is_empty();
        let name = settings.bundle.display().to_string();
        let seen = verify(&bundle, &root)
            .map_err(|refused| Failure::refused(TITLE, vec![refused.diagnostic(&name)]))?;
        let wanted = &settings.wanted;
        let checked = wanted.check(&name, &seen, artifacts);
        checked.map_err(|differences| Failure::refused(TITLE, differences))?;
        let text = if settings.json {
            serde_json::to_string_pretty(&to_json(&seen))? + "\n"
        } else {
            wanted.text(&seen, has_artifacts)
        };
        written(write!(stdout(), "{text}"))
    }
}

/// The content of a file, wherever it is; refused beyond the size of the largest bundle.
fn read(path: &Path) -> Result<Bytes, Failure> {
    let most = MOST_BUNDLE_BYTES as u64;
    let content = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = content().map_err(|error: io::Error| unreadable(path, &error.to_string()))?;
    if bytes.len() > MOST_BUNDLE_BYTES {
        return Err(unreadable(path, &format!("it has more than {most} bytes")));
    }
    Ok(bytes.into())
}

/// The digest of a file of any size.
fn digest(path: &Path) -> Result<Digest, Failure> {
    let hash = || {
        let (mut file, mut hasher) = (File::open(path)?, DigestHasher::default());
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece)?;
            match piece.get(..read) {
                Some(bytes) if read > 0 => hasher.update(bytes),
                _ => return Ok(hasher.finish()),
            }
        }
    };
    hash().map_err(|error: io::Error| unreadable(path, &error.to_string()))
}

fn unreadable(path: &Path, why: &str) -> Failure {
    let seen = format!("{} cannot be read: {why}", path.display());
    usage(vec![Diagnostic::error(
        Code::FileUnreadable,
        seen,
        "check the path",
    )])
}
