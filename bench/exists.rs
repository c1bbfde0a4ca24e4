//! Asks a registry once, as `await` does, and prints the image's digest: what `bench/exists` compares with other tools.

#![expect(clippy::print_stdout, reason = "it is what this program is for")]

use std::sync::Arc;

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::adapters::system_clock::SystemClock;
use btp_release::protocol::RegistryReader as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let image = std::env::args().nth(1).unwrap_or_default().parse()?;
    let http = Http::new(&HttpSettings::default())?;
    let registries = Registries::new(
        &http,
        Credentials::anonymous(),
        Arc::new(SystemClock::start()),
    );
    match registries.resolve(&image).await? {
        Some(manifest) => println!("{}", manifest.digest),
        None => anyhow::bail!("{image} is not there"),
    }
    Ok(())
}
