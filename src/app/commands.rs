//! Runs the commands that the workflows use between the phases.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::ExposeSecret as _;

use super::written::{working_folder, written};
use super::{App, COMMAND_LIMIT, RequestLog, usage};
use crate::adapters::files::Files;
use crate::cli::{
    CheckPodsArgs, DownloadAssetArgs, DownloadLogsArgs, RegistryLoginArgs, StepCommand,
};
use crate::commands::CommandReport;
use crate::commands::check_pods::{LARGEST, Pods};
use crate::domain::{Code, Diagnostic};
use crate::protocol::FilesWriter as _;
use crate::report::Failure;
use crate::settings;

impl App<'_> {
    /// Runs a command, and ends as a phase does: with lines in the log and outputs for later steps.
    pub(super) async fn step_command(&self, command: &StepCommand) -> anyhow::Result<()> {
        let environment = self.environment();
        let report = match command {
            StepCommand::ReleaseSettings(args) => {
                let settings = settings::release_settings(args, environment).map_err(usage)?;
                settings.report()
            }
            StepCommand::FinishSettings(args) => {
                let finish = settings::finish_settings(args, environment).map_err(usage)?;
                let refused = |found| Failure::new(command.name(), vec![found]);
                finish.report().map_err(refused)?
            }
            StepCommand::ImageSettings(args) => {
                let settings = settings::image_settings(args, environment).map_err(usage)?;
                settings.report()
            }
            StepCommand::CheckPods(args) => self.check_pods(args, command.name())?,
            StepCommand::RegistryLogin(args) => self.registry_login(args, command.name()).await?,
            StepCommand::DownloadAsset(args) => self.download_asset(args, command.name()).await?,
            StepCommand::DownloadLogs(args) => self.download_logs(args, command.name()).await?,
        };
        for line in &report.lines {
            self.log.line(&format!("{}: {line}", command.name()));
        }
        let outputs = report.outputs.iter();
        let outputs: Vec<_> = outputs.map(|o| (o.name, o.value.as_str())).collect();
        written(self.step_output().outputs(&outputs))
    }

    fn check_pods(
        &self,
        args: &CheckPodsArgs,
        title: &'static str,
    ) -> Result<CommandReport, Failure> {
        let check = settings::check_pods(args, self.environment()).map_err(usage)?;
        let json = read_pods(check.pods.as_deref()).map_err(|error| {
            let name = check.pods.as_deref().unwrap_or(Path::new("standard input"));
            let seen = format!("{} cannot be read: {error}", name.display());
            let help = "give the path of a file with what `kubectl get pods --all-namespaces -o json` prints";
            usage(vec![Diagnostic::error(Code::FileUnreadable, seen, help)])
        })?;
        let pods = Pods::from_json(&json).map_err(|diagnostic| usage(vec![diagnostic]))?;
        let checked = check.check(&pods);
        checked.map_err(|diagnostics| Failure::refused(title, diagnostics))
    }

    async fn registry_login(
        &self,
        args: &RegistryLoginArgs,
        title: &'static str,
    ) -> anyhow::Result<CommandReport> {
        let login = settings::registry_login(args, self.environment()).map_err(usage)?;
        let config = login.docker_config();
        for secret in &config.secrets {
            self.log.mask(&[secret.expose_secret().to_owned()]);
        }
        let files = Files::below(working_folder()?);
        let json = config.json.expose_secret().as_bytes();
        let written = files.write_private(&login.output, json).await;
        written.map_err(|error| Failure::of_service(title, &error, "run it again"))?;
        let hosts = match config.hosts.as_slice() {
            [] => "no registry".to_owned(),
            hosts => hosts.join(", "),
        };
        let done = format!("credentials for {hosts} are in {}", login.output.display());
        Ok(CommandReport::default().line(done))
    }

    async fn download_asset(
        &self,
        args: &DownloadAssetArgs,
        title: &'static str,
    ) -> anyhow::Result<CommandReport> {
        let (download, access) =
            settings::download_asset(args, self.environment()).map_err(usage)?;
        self.log.mask(&access.credential.secrets());
        if args.verbose || self.context.debug {
            self.log_requests(RequestLog::Requests);
        }
        let github = self.connect_github(access, COMMAND_LIMIT, self.http()?)?;
        let downloaded = download.download(&github, title).await?;
        let files = Files::below(working_folder()?);
        let written = files.write(&download.output, &downloaded.bytes).await;
        written.map_err(|error| Failure::of_service(title, &error, "run it again"))?;
        let (digest, path) = (downloaded.digest, download.output.display());
        let done = format!(
            "{} of {} is in {path} ({digest})",
            download.asset, download.tag
        );
        Ok(CommandReport::default().line(done))
    }

    async fn download_logs(
        &self,
        args: &DownloadLogsArgs,
        title: &'static str,
    ) -> anyhow::Result<CommandReport> {
        let (logs, access) = settings::download_logs(args, self.environment()).map_err(usage)?;
        self.log.mask(&access.credential.secrets());
        if args.verbose || self.context.debug {
            self.log_requests(RequestLog::Requests);
        }
        let github = self.connect_github(access, COMMAND_LIMIT, self.http()?)?;
        let files = Files::below(working_folder()?);
        Ok(logs.download(&github, &files, title).await?)
    }
}

/// Reads one byte more than is taken, so that too large a list is noticed.
fn read_pods(path: Option<&Path>) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> = match path {
        Some(path) => Box::new(File::open(path)?),
        None => Box::new(io::stdin()),
    };
    let mut json = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut json)?;
    Ok(json)
}
