//! The stand-ins for GitHub's OIDC provider and for Sigstore as a program, for shell scripts. It prints the
//! variables of a job that may sign, then serves until it is killed.

use stand_ins::oidc::Job;
use stand_ins::{OidcOptions, OidcServer, SigstoreOptions, SigstoreServer};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: stand-in-sigstore [--folder FOLDER] [--issuer-only yes] [--oidc-port N] [--job JSON]

Writes trusted_root.json, signing_config.json and, for sigstore-python, trust_config.json into FOLDER.
--issuer-only leaves out certificate authority, timestamp authority and log: for real ones that trust the issuer.
--job changes some of what tokens say, such as '{\"repository\": \"acme/widget\", \"run_id\": 7}'.
PUT and DELETE /_stand-in/jobs/SECRET on the issuer's address are for scripts.
";

/// The secret of the job that is there from the start.
const SECRET: &str = "runner-secret";

#[derive(Default)]
struct SigstoreArguments {
    folder: Option<PathBuf>,
    issuer_only: bool,
    port: u16,
    job: Job,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let ended = match parse(std::env::args().skip(1)) {
        Ok(arguments) => serve(arguments).await.map_err(|error| error.to_string()),
        Err(message) => Err(message),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: SigstoreArguments) -> io::Result<()> {
    let options = OidcOptions {
        port: arguments.port,
        control: true,
        ..OidcOptions::default()
    };
    let issuer = OidcServer::start(options).await?;
    let url = issuer.job(SECRET, arguments.job);
    let mut lines = format!(
        "ACTIONS_ID_TOKEN_REQUEST_URL={url}\nACTIONS_ID_TOKEN_REQUEST_TOKEN={SECRET}\nOIDC_URL={}\n",
        issuer.url()
    );
    let mut sigstore = None;
    if !arguments.issuer_only {
        let issuers = vec![issuer.trusted()];
        let server = SigstoreServer::start(issuers, SigstoreOptions::default()).await?;
        let (fulcio, timestamp) = (server.fulcio_url(), server.timestamp_url());
        // An error of writing to a string cannot happen.
        let _ = write!(
            lines,
            "FULCIO_URL={fulcio}\nTIMESTAMP_URL={timestamp}\nREKOR_URL={}\n",
            server.rekor_url()
        );
        if let Some(folder) = &arguments.folder {
            write_trust(folder, &server)?;
        }
        sigstore = Some(server);
    }
    {
        let mut out = io::stdout().lock();
        out.write_all(lines.as_bytes())?;
        out.flush()?;
    }
    std::future::pending::<()>().await;
    drop((issuer, sigstore));
    Ok(())
}

fn write_trust(folder: &std::path::Path, server: &SigstoreServer) -> io::Result<()> {
    let (root, config) = (server.trusted_root(), server.signing_config());
    let client = serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": config,
    });
    std::fs::create_dir_all(folder)?;
    for (name, value) in [
        ("trusted_root.json", root),
        ("signing_config.json", config),
        ("trust_config.json", client),
    ] {
        std::fs::write(folder.join(name), format!("{value}\n"))?;
    }
    Ok(())
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<SigstoreArguments, String> {
    let mut arguments = SigstoreArguments::default();
    while let Some(flag) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let wrong = |error: &dyn std::fmt::Display| format!("{flag} {value}: {error}");
        match flag.as_str() {
            "--folder" => arguments.folder = Some(value.into()),
            "--issuer-only" => arguments.issuer_only = value == "yes",
            "--oidc-port" => arguments.port = value.parse().map_err(|error| wrong(&error))?,
            "--job" => {
                arguments.job = serde_json::from_str(&value).map_err(|error| wrong(&error))?;
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(arguments)
}
