//! GitHub's issuer of identities and a Sigstore in this process, so that a rehearsal signs and verifies with nothing installed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use stand_ins::github::StoredAttestation;
use stand_ins::oidc::{Job, OidcOptions, OidcServer};
use stand_ins::{LogEntry, SigstoreOptions, SigstoreServer};

use crate::adapters::sigstore::{TrustedRoot, verify};

/// The file with the trusted roots, one a line, in the folder of the state: those of earlier rehearsals stay, because what they signed
/// has to count as well.
pub(super) const TRUSTED_ROOT: &str = "sigstore/trusted_root.jsonl";
/// The file that names the services.
const SIGNING_CONFIG: &str = "sigstore/signing_config.json";

/// With what the runner of a job asks for identity tokens.
const SECRET: &str = "rehearsal-runner";

/// The phases that verify signatures, and those of them whose jobs may ask for an identity token.
const VERIFY: [&str; 5] = ["await", "record-tests", "publish", "verify", "propose"];
const SIGN: [&str; 2] = ["record-tests", "publish"];

/// Certificate authority, timestamp authority and log, and the issuer whose tokens they accept.
pub(super) struct RehearsedSigstore {
    server: SigstoreServer,
    /// It answers for as long as it lives.
    _issuer: OidcServer,
    workflow: String,
    token_url: String,
    trusted_root: PathBuf,
    signing_config: PathBuf,
}

impl RehearsedSigstore {
    /// Starts with keys of its own, and adds them to the trusted ones in the folder of the state.
    pub(super) async fn start(folder: &Path, job: Job, github_url: String) -> io::Result<Self> {
        let issuer = OidcServer::start(OidcOptions::default()).await?;
        let options = SigstoreOptions {
            github_url,
            ..SigstoreOptions::default()
        };
        let server = SigstoreServer::start(vec![issuer.trusted()], options).await?;
        let folder = std::path::absolute(folder)?;
        let (trusted_root, signing_config) =
            (folder.join(TRUSTED_ROOT), folder.join(SIGNING_CONFIG));
        fs::create_dir_all(folder.join("sigstore"))?;
        let mut roots = File::options();
        let mut roots = roots.create(true).append(true).open(&trusted_root)?;
        writeln!(roots, "{}", server.trusted_root())?;
        fs::write(&signing_config, server.signing_config().to_string())?;
        Ok(Self {
            server,
            workflow: job.workflow_ref.clone(),
            token_url: issuer.job(SECRET, job),
            _issuer: issuer,
            trusted_root,
            signing_config,
        })
    }

    /// What the job of a phase is given to sign and to verify with.
    pub(super) fn variables(&self, phase: &str) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.display().to_string();
        let mut variables = vec![("GITHUB_WORKFLOW_REF", self.workflow.clone())];
        if VERIFY.contains(&phase) {
            variables.push(("INPUT_SIGSTORE-TRUSTED-ROOT", path(&self.trusted_root)));
        }
        if SIGN.contains(&phase) {
            let config = path(&self.signing_config);
            variables.push(("INPUT_SIGSTORE-SIGNING-CONFIG", config));
            variables.push(("ACTIONS_ID_TOKEN_REQUEST_URL", self.token_url.clone()));
            variables.push(("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SECRET.to_owned()));
        }
        variables
    }

    /// The requests to the authorities and the log.
    pub(super) fn requests(&self) -> Vec<LogEntry> {
        self.server.log().entries()
    }

    /// Prints who signed what: each attestation that GitHub has and whose signature is right, by its signer.
    pub(super) fn print_signed(
        &self,
        attestations: &[StoredAttestation],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let root = TrustedRoot::parse(&fs::read(&self.trusted_root)?);
        let root = root.map_err(io::Error::other)?;
        let mut by_signer: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for attestation in attestations {
            let bundle = Bytes::from(attestation.bundle.to_string());
            if let Ok(seen) = verify(&bundle, &root) {
                let count = seen.subjects.len();
                let what = format!("{}  of {count} artifacts", seen.predicate_type);
                by_signer.entry(seen.signer.subject).or_default().push(what);
            }
        }
        for (signer, signed) in by_signer {
            writeln!(out, "\nsigned by {signer}")?;
            for what in signed {
                writeln!(out, "  {what}")?;
            }
        }
        Ok(())
    }
}
