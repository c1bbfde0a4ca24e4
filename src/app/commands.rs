//! Runs the commands of a workflow's steps.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{connect, http, step_output};
use crate::adapters::files::Files;
use crate::adapters::system_clock::SystemClock;
use crate::cli::{DownloadAssetArgs, RegistryLoginArgs, StepCommand};
use crate::commands::CommandReport;
use crate::commands::check_pods::{CheckPods, LARGEST, Pods};
use crate::commands::image_settings::ImageSettings;
use crate::commands::release_settings::ReleaseSettings;
use crate::domain::{Code, Diagnostic, Exit};
use crate::protocol::FilesWriter as _;
use crate::protocol::ServiceError;
use crate::report::{Failure, Story};
use crate::settings::{self, Environment};

/// For one download.
const PATIENCE: Duration = Duration::from_mins(5);

/// Runs a command, and ends as a phase does: lines on standard error, outputs for the next step, or what was wrong.
pub(super) async fn run<W: Write + Send>(
    command: &StepCommand,
    environment: Environment<'_>,
    clock: SystemClock,
    story: &Story<W>,
) -> anyhow::Result<Exit> {
    let usage = Failure::usage;
    let ended = match command {
        StepCommand::ReleaseSettings(args) => settings::release_settings(args, environment)
            .map(|settings| ReleaseSettings::report(&settings))
            .map_err(usage),
        StepCommand::ImageSettings(args) => settings::image_settings(args, environment)
            .map(|settings| ImageSettings::report(&settings))
            .map_err(usage),
        StepCommand::CheckPods(args) => settings::check_pods(args, environment)
            .map_err(usage)
            .and_then(|check| check_pods(&check)),
        StepCommand::RegistryLogin(args) => log_in(args, environment, story).await?,
        StepCommand::DownloadAsset(args) => download_asset(args, environment, clock, story).await?,
    };
    match ended {
        Ok(report) => {
            for line in &report.lines {
                story.line(&format!("{}: {line}", command.name()));
            }
            let outputs = report.outputs.iter();
            let outputs: Vec<_> = outputs.map(|o| (o.name, o.value.as_str())).collect();
            step_output(environment.context).outputs(&outputs)?;
            Ok(Exit::Done)
        }
        Err(failure) => {
            story.failed(command.name(), &failure);
            Ok(failure.exit)
        }
    }
}

fn check_pods(check: &CheckPods) -> Result<CommandReport, Failure> {
    let json = read_pods(check.pods.as_deref()).map_err(|error| {
        let name = check.pods.as_deref().unwrap_or(Path::new("standard input"));
        let unreadable = format!("{} cannot be read: {error}", name.display());
        let help =
            "give the path of a file with what `kubectl get pods --all-namespaces -o json` prints";
        let finding = Diagnostic::error(Code::FileUnreadable, unreadable, help);
        Failure::usage(vec![finding])
    })?;
    let pods = Pods::from_json(&json).map_err(|finding| Failure::usage(vec![finding]))?;
    check.check(&pods).map_err(Failure::blocked)
}

/// One byte more than is taken tells that there are too many.
fn read_pods(path: Option<&Path>) -> io::Result<Vec<u8>> {
    let mut source: Box<dyn Read> = match path {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin()),
    };
    let mut json = Vec::new();
    source.by_ref().take(LARGEST + 1).read_to_end(&mut json)?;
    Ok(json)
}

async fn log_in<W: Write + Send>(
    args: &RegistryLoginArgs,
    environment: Environment<'_>,
    story: &Story<W>,
) -> anyhow::Result<Result<CommandReport, Failure>> {
    let login = match settings::registry_login(args, environment) {
        Ok(login) => login,
        Err(findings) => return Ok(Err(Failure::usage(findings))),
    };
    let config = login.docker_config();
    for secret in &config.secrets {
        story.mask(&[secret.expose_secret()]);
    }
    let files = Files::below(std::env::current_dir()?);
    let json = config.json.expose_secret();
    let written = files.write_private(&login.output, json.as_bytes()).await;
    let hosts = match config.hosts.as_slice() {
        [] => "no registry".to_owned(),
        hosts => hosts.join(", "),
    };
    let done = format!("credentials for {hosts} are in {}", login.output.display());
    Ok(written
        .map(|()| CommandReport::default().line(done))
        .map_err(|error| not_written(&error)))
}

async fn download_asset<W: Write + Send>(
    args: &DownloadAssetArgs,
    environment: Environment<'_>,
    clock: SystemClock,
    story: &Story<W>,
) -> anyhow::Result<Result<CommandReport, Failure>> {
    if args.verbose || environment.context.debug {
        super::log_requests();
    }
    let (download, access) = match settings::download_asset(args, environment) {
        Ok(settings) => settings,
        Err(findings) => return Ok(Err(Failure::usage(findings))),
    };
    let http = match http(environment.context) {
        Ok(http) => http,
        Err(finding) => return Ok(Err(Failure::usage(vec![finding]))),
    };
    story.mask(&[access.token.expose_secret()]);
    let github = connect(access, PATIENCE, http, Arc::new(clock))?;
    let downloaded = match download.download(&github).await {
        Ok(downloaded) => downloaded,
        Err(failure) => return Ok(Err(failure)),
    };
    let files = Files::below(std::env::current_dir()?);
    let written = files.write(&download.output, &downloaded.bytes).await;
    let (digest, path) = (downloaded.digest, download.output.display());
    let done = format!(
        "{} of {} is in {path} ({digest})",
        download.asset, download.tag
    );
    Ok(written
        .map(|()| CommandReport::default().line(done))
        .map_err(|error| not_written(&error)))
}

fn not_written(error: &ServiceError) -> Failure {
    Failure::of_port(error, "run it again")
}
