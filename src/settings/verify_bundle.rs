//! Parses the arguments of `verify-bundle`.

use std::path::PathBuf;

use super::Environment;
use super::input_parser::InputParser;
use crate::cli::VerifyBundleArgs;
use crate::commands::verify_bundle::WantedBundle;
use crate::domain::{Diagnostic, RepoSlug, SignerPattern};
use crate::protocol::{GITHUB_ISSUER, WantedSigner};

/// Which files `verify-bundle` reads, and what they have to say.
pub struct VerifyBundleSettings {
    pub bundle: PathBuf,
    pub artifacts: Vec<PathBuf>,
    /// `None`: those that are compiled in.
    pub trusted_root: Option<PathBuf>,
    pub wanted: WantedBundle,
    /// JSON in place of lines for people.
    pub json: bool,
}

/// Gives the arguments of `verify-bundle` their meaning.
///
/// # Errors
///
/// Everything that is wrong is listed together.
pub fn verify_bundle(
    args: &VerifyBundleArgs,
    environment: Environment<'_>,
) -> Result<VerifyBundleSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let digests = args.digest.iter();
    let digests = digests
        .filter_map(|digest| parser.parse("digest", Some(digest)))
        .collect();
    let workflow: Option<SignerPattern> = args
        .signer
        .as_ref()
        .and_then(|signer| parser.parse("signer", Some(signer)));
    let source: Option<RepoSlug> = args
        .source
        .as_ref()
        .and_then(|source| parser.parse("source", Some(source)));
    let commit = args
        .commit
        .as_ref()
        .and_then(|commit| parser.parse("commit", Some(commit)));
    let server = environment
        .context
        .server_url
        .as_deref()
        .unwrap_or("https://github.com");
    let repository = source.map(|source| format!("{}/{source}", server.trim_end_matches('/')));
    let named = workflow.is_some() || repository.is_some() || commit.is_some();
    let issuer = args
        .issuer
        .clone()
        .or_else(|| named.then(|| GITHUB_ISSUER.to_owned()));
    let signer = issuer.map(|issuer| WantedSigner {
        issuer,
        workflow,
        repository,
        commit,
    });
    parser.finish(Some(VerifyBundleSettings {
        bundle: args.bundle.clone().into(),
        artifacts: args.artifact.iter().map(PathBuf::from).collect(),
        trusted_root: args.trusted_root.as_ref().map(PathBuf::from),
        wanted: WantedBundle {
            digests,
            signer,
            predicate_type: args.predicate_type.clone(),
        },
        json: args.json,
    }))
}
