//! Puts everything together: the only place that names adapters beside each other.

mod commands;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

use crate::adapters::files::Files;
use crate::adapters::github::rate_limit::Policy;
use crate::adapters::github::{GitHub, GitHubSettings};
use crate::adapters::http::{Http, HttpSettings};
use crate::adapters::registry::{Credential, Credentials, Registries};
use crate::adapters::runner_files::RunnerFiles;
use crate::adapters::signals::Signals;
use crate::adapters::system_clock::SystemClock;
use crate::adapters::terminal::Terminal;
use crate::cli::{Cli, Command, arguments_of_step};
use crate::commands::inspect_module::inspect;
use crate::domain::{Code, Diagnostic};
use crate::domain::{Deadline, Exit};
use crate::engine::{Engine, Outcome, Stop};
use crate::protocol::PhaseId;
use crate::protocol::{Clock, Reader, StepOutput, Writer};
use crate::report::{Dialect, Failure, Story, summary};
use crate::settings::{
    self, Context, Environment, GitHubAccess, InspectModuleSettings, RegistryAccess, Settings,
};

/// Runs what the arguments say, or, where there are none, what the inputs of the step say.
pub async fn run(arguments: Vec<String>, env: &BTreeMap<String, String>) -> anyhow::Result<Exit> {
    let context = Context::read(env);
    let dialect = match context.runner {
        Some(_) => Dialect::Workflow,
        None => Dialect::Plain,
    };
    let story = Story::new(std::io::stderr(), dialect);
    let usage = |findings: Vec<Diagnostic>| {
        story.failed("input", &Failure::usage(findings));
        Ok(Exit::Usage)
    };
    let arguments = match (arguments.len(), is_step(env)) {
        (0 | 1, true) => match arguments_of_step(env) {
            Ok(arguments) => arguments,
            Err(invalid) => return usage(vec![invalid]),
        },
        _ => arguments,
    };
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            story.line(error.to_string().trim_end());
            return Ok(Exit::Usage);
        }
        Err(help) => {
            write!(std::io::stdout(), "{help}")?;
            return Ok(Exit::Done);
        }
    };
    let clock = SystemClock::start();
    let environment = Environment {
        context: &context,
        read_file: &|path: &Path| std::fs::read_to_string(path),
        now: clock.wall(),
    };
    let phase = match cli.command {
        Command::Phase(phase) => phase,
        Command::Step(command) => {
            return commands::run(&command, environment, clock, &story).await;
        }
        Command::InspectModule(args) => match settings::inspect_module(&args, environment) {
            Ok(inspection) => return show_module(inspection, &context, clock, &story).await,
            Err(findings) => return usage(findings),
        },
        #[cfg(feature = "rehearse")]
        Command::Rehearse(args) => return crate::rehearsal::run(args).await,
    };
    match settings::phase(&phase, environment) {
        Ok(settings) => run_phase(settings, &context, clock, &story).await,
        Err(findings) => usage(findings),
    }
}

/// Whether the inputs of a workflow's step say what to do.
fn is_step(env: &BTreeMap<String, String>) -> bool {
    ["INPUT_PHASE", "INPUT_COMMAND"]
        .iter()
        .any(|input| env.contains_key(*input))
}

async fn run_phase<W: Write + Send>(
    settings: Settings,
    context: &Context,
    clock: SystemClock,
    story: &Story<W>,
) -> anyhow::Result<Exit> {
    if settings.verbose {
        log_requests();
    }
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let Some((http, credentials)) = outfit(&settings.registry, context, story) else {
        return Ok(Exit::Usage);
    };
    story.mask(&settings.secrets());
    let github = connect(
        settings.github,
        settings.timeout,
        http.clone(),
        Arc::clone(&clock),
    )?;
    let registry = Registries::new(&http, credentials, Arc::clone(&clock));
    let files = Files::below(std::env::current_dir()?);
    let interrupt = Signals::listen()?;
    let engine = Engine {
        reader: Reader {
            github: &github,
            registry: &registry,
            files: &files,
            now: clock.now(),
        },
        writer: (!settings.dry_run).then_some(Writer {
            github: &github,
            registry: &registry,
            files: &files,
        }),
        clock: clock.as_ref(),
        interrupt: &interrupt,
        observer: story,
        deadline: Deadline::after(clock.now(), settings.timeout),
    };
    let mut phase = settings.phase;
    let ended = engine.settle(phase.as_mut()).await;
    report(phase.id(), ended, context, story)
}

/// A client of GitHub that asks again for as long as `patience`.
fn connect(
    access: GitHubAccess,
    patience: Duration,
    http: Http,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<GitHub> {
    let GitHubAccess {
        repository,
        api_url,
        graphql_url,
        token,
    } = access;
    let mut github = GitHubSettings::new(api_url, graphql_url, repository, token);
    github.policy = Policy {
        patience,
        // Runs that were started together must not come back together.
        seed: std::process::id().into(),
        ..Policy::default()
    };
    Ok(GitHub::connect(github, http, clock)?)
}

async fn show_module<W: Write + Send>(
    inspection: InspectModuleSettings,
    context: &Context,
    clock: SystemClock,
    story: &Story<W>,
) -> anyhow::Result<Exit> {
    if inspection.verbose {
        log_requests();
    }
    let Some((http, credentials)) = outfit(&inspection.registry, context, story) else {
        return Ok(Exit::Usage);
    };
    let registry = Registries::new(&http, credentials, Arc::new(clock));
    match inspect(&registry, &inspection.image).await {
        Ok(module) => {
            let text = if inspection.json {
                serde_json::to_string_pretty(&module)? + "\n"
            } else {
                module.tree()
            };
            write!(std::io::stdout(), "{text}")?;
            Ok(Exit::Done)
        }
        Err(failure) => {
            story.failed("inspect-module", &failure);
            Ok(failure.exit)
        }
    }
}

/// What speaks to services. Certificates and credentials that cannot be read are told as the reader's mistakes.
fn outfit<W: Write + Send>(
    access: &RegistryAccess,
    context: &Context,
    story: &Story<W>,
) -> Option<(Http, Credentials)> {
    match http(context).and_then(|http| Ok((http, credentials(access)?))) {
        Ok((http, credentials)) => {
            for unusable in credentials.unusable() {
                story.line(&format!("registry: {unusable}"));
            }
            Some((http, credentials))
        }
        Err(invalid) => {
            story.failed("input", &Failure::usage(vec![invalid]));
            None
        }
    }
}

/// A client that trusts the certificates of the reader's own as well.
fn http(context: &Context) -> Result<Http, Diagnostic> {
    let file = context.ssl_cert_file.as_deref();
    let invalid = |why: String| {
        Diagnostic::value(
            Code::CertificatesUnusable,
            "SSL_CERT_FILE",
            file.unwrap_or(Path::new("")).display().to_string(),
            why,
            "name a file with PEM certificates, or leave it out: the usual ones are built in",
        )
    };
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| invalid(format!("cannot be read: {error}")))
    };
    let extra_roots = file.map(read).transpose()?;
    let settings = HttpSettings {
        extra_roots,
        ..HttpSettings::default()
    };
    Http::new(&settings).map_err(|error| invalid(error.to_string()))
}

fn credentials(access: &RegistryAccess) -> Result<Credentials, Diagnostic> {
    let mut all = match &access.docker_config {
        Some(text) => Credentials::from_docker_config(text)?,
        None => Credentials::anonymous(),
    };
    if let Some((user, password)) = &access.login {
        for host in &access.hosts {
            all = all.with(
                host,
                Credential::Basic {
                    user: user.clone(),
                    password: password.clone(),
                },
            );
        }
    }
    Ok(all)
}

/// Where outputs go: to the runner's files, or to a terminal.
fn step_output(context: &Context) -> Box<dyn StepOutput> {
    match &context.runner {
        Some(files) => Box::new(RunnerFiles {
            output: files.output.clone(),
            summary: files.summary.clone(),
        }),
        None => Box::new(Terminal(std::io::stdout())),
    }
}

fn report<W: Write + Send>(
    phase: PhaseId,
    ended: Result<Outcome, Stop>,
    context: &Context,
    story: &Story<W>,
) -> anyhow::Result<Exit> {
    let mut runner = step_output(context);
    let result = ended.map_err(|stop| Failure::of(phase, stop));
    runner.summary(&summary(phase, &result))?;
    match result {
        Ok(outcome) => {
            story.ended(phase, &outcome);
            if let Outcome::Settled { evidence, .. } = &outcome {
                let outputs: Vec<_> = evidence
                    .outputs
                    .iter()
                    .map(|o| (o.name, o.value.as_str()))
                    .collect();
                runner.outputs(&outputs)?;
            }
            Ok(Exit::Done)
        }
        Err(failure) => {
            story.failed(phase.as_str(), &failure);
            Ok(failure.exit)
        }
    }
}

fn log_requests() {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::prelude::*;
    let ours = Targets::new().with_target("btp_release", LevelFilter::DEBUG);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .without_time();
    // A second call in one process, as in tests, changes nothing.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .try_init();
}

/// Says what no one foresaw.
pub fn bug(error: &anyhow::Error) -> Exit {
    let finding = Diagnostic::error(
        Code::Bug,
        format!("{error:#}"),
        "this is a defect of btp-release: please report it with the log",
    );
    let failure = Failure {
        exit: Exit::Bug,
        findings: vec![finding],
    };
    Story::new(std::io::stderr(), Dialect::Plain).failed("btp-release", &failure);
    failure.exit
}
