//! Asks a registry once, as `await` does, and prints the image's digest: what `bench/run exists` compares with other tools.
//!
//! The arguments are the image and, for a registry with TLS and a password, docker's `config.json` and the file of its authority.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::sync::Arc;

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::adapters::system_clock::SystemClock;
use btp_release::protocol::RegistryReader as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let image = std::env::args().nth(1).unwrap_or_default().parse()?;
    let credentials = match std::env::args().nth(2) {
        Some(config) => Credentials::from_docker_config(&std::fs::read_to_string(config)?)?,
        None => Credentials::anonymous(),
    };
    let authority = std::env::args().nth(3).map(std::fs::read).transpose()?;
    let http = Http::new(&HttpSettings {
        extra_roots: authority,
        ..HttpSettings::default()
    })?;
    let registries = Registries::new(&http, credentials, Arc::new(SystemClock::start()));
    match registries.resolve(&image).await? {
        Some(manifest) => println!("{}", manifest.digest),
        None => anyhow::bail!("{image} is not there"),
    }
    Ok(())
}
