//! The arguments of `verify-bundle`.

use clap::Args;

/// Arguments of `verify-bundle`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct VerifyBundleArgs {
    /// File with a Sigstore bundle v0.3, such as `release-evidence.sigstore.json`
    #[arg(value_name = "FILE")]
    pub bundle: String,
    /// File that it must be about; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub artifact: Vec<String>,
    /// Digest that it must be about, such as an image's; may be given more than once
    #[arg(long, value_name = "DIGEST")]
    pub digest: Vec<String>,
    /// Workflow that must have signed it: `https://github.com/OWNER/REPOSITORY/.github/workflows/FILE@REF`, where * stands for any
    /// characters after the owner
    #[arg(long, value_name = "PATTERN")]
    pub signer: Option<String>,
    /// Who must have vouched for the signer [default: GitHub's runners, where a signer, a source or a commit is given]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Repository that it must have been signed for, as owner/name
    #[arg(long, value_name = "REPOSITORY")]
    pub source: Option<String>,
    /// Commit that it must have been signed for
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// Type that its predicate must have, such as `https://slsa.dev/provenance/v1`
    #[arg(long, value_name = "URL")]
    pub predicate_type: Option<String>,
    /// File `trusted_root.json` to believe, or several, each on a line [default: the public-good instance and GitHub's]
    #[arg(long, value_name = "FILE")]
    pub trusted_root: Option<String>,
    /// Print JSON: what it says, and who signed it
    #[arg(long)]
    pub json: bool,
}
