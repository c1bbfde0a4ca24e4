//! Runs `verify-bundle`: files are read, and no service is asked.

use std::io::{Write as _, stdout};
use std::path::Path;

use bytes::Bytes;

use super::{App, usage};
use crate::adapters::files::Files;
use crate::adapters::sigstore::{MOST_BUNDLE_BYTES, TrustedRoot, verify};
use crate::cli::VerifyBundleArgs;
use crate::commands::verify_bundle::to_json;
use crate::domain::{Code, Diagnostic};
use crate::protocol::{FilesReader as _, ServiceError, Subject};
use crate::report::Failure;
use crate::settings;

const TITLE: &str = "verify-bundle";

impl App<'_> {
    pub(super) async fn verify_bundle(&self, args: &VerifyBundleArgs) -> anyhow::Result<()> {
        let settings = settings::verify_bundle(args, self.environment()).map_err(usage)?;
        let files = Files::below(std::env::current_dir()?);
        let root = match &settings.trusted_root {
            Some(path) => TrustedRoot::parse(&read(&files, path).await?),
            None => TrustedRoot::embedded(),
        };
        let root = root.map_err(|error| usage(vec![error]))?;
        let bundle = read(&files, &settings.bundle).await?;
        let mut artifacts = Vec::new();
        for path in &settings.artifacts {
            let file = files.file(path).await.map_err(|error| unreadable(&error))?;
            let file = file.ok_or_else(|| missing(path))?;
            artifacts.push(Subject {
                name: path.display().to_string(),
                digest: file.digest,
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
        Ok(write!(stdout(), "{text}")?)
    }
}

async fn read(files: &Files, path: &Path) -> Result<Bytes, Failure> {
    let bytes = files.read(path, MOST_BUNDLE_BYTES as u64).await;
    bytes
        .map_err(|error| unreadable(&error))?
        .ok_or_else(|| missing(path))
}

fn unreadable(error: &ServiceError) -> Failure {
    Failure::of_service(TITLE, error, "run it again")
}

fn missing(path: &Path) -> Failure {
    let seen = format!("there is no file {}", path.display());
    usage(vec![Diagnostic::error(
        Code::FileUnreadable,
        seen,
        "check the path",
    )])
}
