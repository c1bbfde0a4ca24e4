//! Puts everything together: the only module that imports several adapters.

mod bundles;
mod commands;
mod connections;
#[cfg(feature = "rehearse")]
mod init;
mod json_result;
mod local;
mod log_and_limit;
mod report;
mod request_log;
mod results;
mod screen;
#[cfg(feature = "rehearse")]
mod shell_files;
mod signing;
mod watch;
mod written;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::io::{Stderr, Write as _, stderr, stdout};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::{Either, FutureExt as _, join, join_all, select};

use crate::adapters::files::Files;
use crate::adapters::github::GitHub;
use crate::adapters::http::Http;
use crate::adapters::input_files::read_text;
use crate::adapters::supervisor::{Ended, Supervisor, supervise};
use crate::adapters::system_clock::SystemClock;
use crate::cli::{Cli, Command, InspectModuleArgs, PhaseArgs, arguments_of_step};
use crate::commands::inspect_module::inspect;
use crate::domain::{Code, Deadline, Diagnostic, Exit};
use crate::engine::{Engine, Outcome, Stop};
use crate::protocol::{
    Clock, Interrupt as _, PendingRequests, PhaseId, Reader, ReleaseFacts, Writer,
};
use crate::report::{ConsoleLog, Failure, LogFormat, failure_summary, printable};
use crate::settings::{self, Context, Environment, NotBegun, NotBegunCause, Settings};
use json_result::JsonResult;
use log_and_limit::LogAndLimit;
use request_log::RequestLog;
use results::PhaseEnd;
use watch::JsonLines;
use written::{working_folder, written};

/// What messages of the program as a whole begin with.
const TITLE: &str = "btp-release";
/// How long a command may take that is no phase: those with a `timeout` are phases.
const COMMAND_LIMIT: Duration = Duration::from_mins(5);

/// How long it may take to read what only a person wants to know, after the phase has ended.
const PREVIEW_LIMIT: Duration = Duration::from_secs(10);

/// How long the token of a GitHub App may take to be revoked.
const REVOKE_LIMIT: Duration = Duration::from_secs(10);
/// The same from a signal on, beside what the engine takes: a cancelled job is killed 10 s after its first one.
const REVOKE_LIMIT_INTERRUPTED: Duration = Duration::from_secs(2);

/// Runs what the arguments say or, where there are none, what the inputs of the step say. Logs to standard error, and answers
/// with what the process ends with. It returns soon after a signal or the deadline, whatever is still being computed then.
pub fn run(arguments: Vec<String>, env: BTreeMap<String, String>) -> Exit {
    let context = Context::read(&env);
    let json = JsonResult::asked_for(&arguments, &env);
    let shared = json.clone();
    let program = |supervisor| async move { program(arguments, &env, supervisor, shared).await };
    let failed = |failure: &Failure| {
        json.failed(failure, &context);
        report_failure(&context, failure)
    };
    match supervise(program) {
        Ok(Ended::Finished(exit)) => exit,
        Ok(Ended::Interrupted) => failed(&Failure::interrupted(TITLE)),
        Ok(Ended::TimeOver(allowed)) => failed(&Failure::too_slow(TITLE, allowed, &[])),
        Ok(Ended::Panicked) => bug(&anyhow::anyhow!("it panicked")),
        Err(error) => bug(&error.into()),
    }
}

/// Refuses an argument that is not UTF-8.
pub fn refuse_argument(argument: &str, env: &BTreeMap<String, String>) -> Exit {
    let refused = Diagnostic::value(
        Code::TextInvalid,
        "argument",
        argument,
        "is not UTF-8",
        "type it in UTF-8, or pass a file with it",
    );
    report_failure(&Context::read(env), &usage(vec![refused]))
}

async fn program(
    arguments: Vec<String>,
    env: &BTreeMap<String, String>,
    supervisor: Supervisor,
    json: JsonResult,
) -> Exit {
    let context = Context::read(env);
    let app = App {
        log: Arc::new(console_log(&context)),
        context: &context,
        filled_in: OnceCell::new(),
        sources: RefCell::default(),
        clock: Arc::new(SystemClock::start()),
        supervisor,
        passes_findings_on: context.runner.is_some() && begins_release(env),
        http: OnceLock::new(),
        json,
    };
    let is_step = context.runner.is_some() || env.contains_key("INPUT_PHASE");
    let ended = match (arguments.len(), is_step) {
        (0 | 1, true) => match arguments_of_step(env) {
            Ok(arguments) => app.run(arguments).await,
            Err(diagnostic) => Err(usage(vec![diagnostic]).into()),
        },
        _ => app.run(arguments).await,
    };
    ended.unwrap_or_else(|error| app.failed(error))
}

/// Whether the step is the phase `plan`, or the command that fills in its inputs.
fn begins_release(env: &BTreeMap<String, String>) -> bool {
    let steps = [
        ("INPUT_PHASE", PhaseId::Plan.as_str()),
        ("INPUT_COMMAND", "release-settings"),
    ];
    let is = |(input, name)| env.get(input).is_some_and(|given| given.trim() == name);
    steps.into_iter().any(is)
}

fn log_format(context: &Context) -> LogFormat {
    match context.runner {
        Some(_) => LogFormat::WorkflowCommands,
        None => LogFormat::Text,
    }
}

fn console_log(context: &Context) -> ConsoleLog<Stderr> {
    let log = ConsoleLog::new(stderr(), log_format(context));
    match context.runner {
        Some(_) => log,
        None => log
            .on_screen(screen::of_log(&context.screen))
            .of_height(screen::height()),
    }
}

fn report_failure(context: &Context, failure: &Failure) -> Exit {
    console_log(context).failed(failure);
    failure.exit()
}

/// Logs an unexpected error.
pub fn bug(error: &anyhow::Error) -> Exit {
    let failure = defect(error);
    ConsoleLog::new(stderr(), LogFormat::Text).failed(&failure);
    failure.exit()
}

fn defect(error: &anyhow::Error) -> Failure {
    let diagnostic = Diagnostic::error(
        Code::Bug,
        format!("{error:#}"),
        "this is a defect of btp-release: please report it with the log",
    );
    Failure::new(TITLE, vec![diagnostic])
}

/// The values that every command of this process uses.
struct App<'a> {
    context: &'a Context,
    /// The same, with what a terminal's checkout and logins add.
    filled_in: OnceCell<Context>,
    /// What of it came from where, until it is logged.
    sources: RefCell<Vec<String>>,
    log: Arc<ConsoleLog<Stderr>>,
    clock: Arc<SystemClock>,
    supervisor: Supervisor,
    /// Whether this is a step of a workflow without which nothing is planned: later jobs want to know why it was refused.
    passes_findings_on: bool,
    /// Made for the first request.
    http: OnceLock<Http>,
    json: JsonResult,
}

impl App<'_> {
    /// Errors are a [`Failure`], a [`Diagnostic`] about an input, or clap's; any other is a defect.
    async fn run(&self, arguments: Vec<String>) -> anyhow::Result<Exit> {
        let command = match Cli::of(arguments) {
            Ok(cli) => cli.command,
            Err(error) if error.use_stderr() => return Err(error.into()),
            Err(help) => {
                let help = screen::of_help(&self.context.screen).wrapped_help(&help.to_string());
                written(write!(stdout(), "{help}"))?;
                return Ok(Exit::Done);
            }
        };
        self.fill_in(&command).await?;
        match command {
            Command::Phase(args) => return self.phase(&args).await,
            Command::Step(command) => {
                self.in_time(command.name(), self.step_command(&command))
                    .await?
            }
            Command::InspectModule(args) => {
                self.in_time("inspect-module", self.inspect_module(&args))
                    .await?;
            }
            Command::Report(args) => self.in_time("report", self.make_report(&args)).await?,
            #[cfg(feature = "rehearse")]
            Command::Completions(args) => shell_files::completions(&args)?,
            #[cfg(feature = "rehearse")]
            Command::Man(args) => shell_files::man(&args)?,
            #[cfg(feature = "rehearse")]
            Command::Init(args) => self.init(&args)?,
            Command::VerifyBundle(args) => {
                self.in_time("verify-bundle", async { self.verify_bundle(&args) })
                    .await?;
            }
            #[cfg(feature = "rehearse")]
            Command::Rehearse(args) => {
                let settings = settings::rehearse(&args, self.environment()).map_err(usage)?;
                let rehearsal = crate::rehearsal::run(settings);
                return self.unless_interrupted("rehearse", rehearsal).await;
            }
        }
        Ok(Exit::Done)
    }

    /// Runs a command that is no phase, unless its time limit or a signal ends it.
    async fn in_time<T>(
        &self,
        title: &'static str,
        command: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        self.supervisor.limit(COMMAND_LIMIT);
        let now = self.clock.now();
        let until = now.plus(COMMAND_LIMIT);
        self.log.began(title, now, until);
        // On the heap, or it would be copied into each future around it.
        let command = self.unless_interrupted(title, command).boxed_local();
        let command = pin!(self.showing(&self.http, command));
        match select(self.clock.passed(until), command).await {
            Either::Left(_) => {
                let requests = self.http.pending();
                Err(Failure::too_slow(title, COMMAND_LIMIT, &requests).into())
            }
            Either::Right((ended, _)) => ended,
        }
    }

    /// For work that may be dropped half-way.
    async fn unless_interrupted<T>(
        &self,
        title: &'static str,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let signals = self.supervisor.signals();
        match select(signals.wait(), pin!(work)).await {
            Either::Left(_) => Err(Failure::interrupted(title).into()),
            Either::Right((ended, _)) => ended,
        }
    }

    /// Reports an error that ended the process before a phase had a result, or in a command that is no phase.
    fn failed(&self, error: anyhow::Error) -> Exit {
        if is_closed_pipe(&error) {
            // Whoever reads the output has had enough of it.
            return Exit::Done;
        }
        self.announce(vec![]);
        let failure = match error.downcast_ref::<clap::Error>() {
            Some(wrong) if self.context.runner.is_none() => {
                self.log.line(wrong.to_string().trim_end());
                self.json
                    .failed(&usage(vec![wrong_arguments(wrong)]), self.context);
                return Exit::Usage;
            }
            Some(wrong) => usage(vec![wrong_arguments(wrong)]),
            None => match error.downcast::<Diagnostic>() {
                Ok(diagnostic) => usage(vec![diagnostic]),
                Err(error) => match error.downcast::<Failure>() {
                    Ok(failure) => failure,
                    Err(error) => {
                        self.json.failed(&defect(&error), self.context);
                        return bug(&error);
                    }
                },
            },
        };
        let written = self.step_output().summary(&failure_summary(&failure));
        self.refused(&failure, written, None)
    }

    fn context(&self) -> &Context {
        self.filled_in.get().unwrap_or(self.context)
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            context: self.context(),
            read_file: &read_text,
            now: self.clock.wall(),
        }
    }

    async fn phase(&self, args: &PhaseArgs) -> anyhow::Result<Exit> {
        let settings = settings::phase(args, self.environment()).map_err(not_begun)?;
        self.log.mask(&settings.secrets());
        self.log_requests(if settings.verbose {
            RequestLog::Requests
        } else {
            RequestLog::Waits
        });
        let plan_file = settings.plan_file.clone();
        let mut end = Box::pin(self.run_phase(settings)).await?;
        if end.watch_was_ended {
            self.log.line(&format!(
                "{}: not watched any longer; nothing was changed",
                end.id
            ));
            return Ok(Exit::Cancelled);
        }
        self.keep_plan(plan_file.as_deref(), &mut end).await;
        self.report(end, plan_file.as_deref())
    }

    /// Connects a phase to the services, and runs it to its end.
    async fn run_phase(&self, settings: Settings) -> anyhow::Result<PhaseEnd> {
        let Settings {
            mut phase,
            github,
            target,
            registry,
            sigstore,
            timeout,
            dry_run,
            ..
        } = settings;
        let (http, registry) = self.connect(&registry)?;
        let github = self.connect_github(github, timeout, http.clone())?;
        let other = target.map(|target| self.connect_github(target, timeout, http.clone()));
        let other = other.transpose()?;
        let target = other.as_ref().unwrap_or(&github);
        let files = Files::below(working_folder()?);
        let (verifier, signer) = self.connect_sigstore(&sigstore, &github, &http)?;
        let interrupt = JsonLines::new(self.supervisor.signals(), self.json.clone(), self.context);
        self.supervisor.limit(timeout);
        let now = self.clock.now();
        let reader = Reader {
            github: &github,
            target,
            registry: &registry,
            files: &files,
            verifier: &verifier,
            now,
        };
        let engine = Engine {
            reader,
            writer: (!dry_run).then_some(Writer {
                github: &github,
                target,
                registry: &registry,
                files: &files,
                signer: &signer,
            }),
            clock: self.clock.as_ref(),
            interrupt: &interrupt,
            requests: &http,
            observer: &LogAndLimit {
                log: self.log.as_ref(),
                supervisor: &self.supervisor,
                json: &interrupt,
            },
            deadline: Deadline::after(now, timeout),
        };
        let ended = self.showing(&http, engine.run(phase.as_mut())).await;
        let mut preview = None;
        if ended.is_ok() && (dry_run || self.explains()) {
            let until = self.clock.now().plus(PREVIEW_LIMIT).min(now.plus(timeout));
            let enough = select(self.clock.passed(until), interrupt.wait());
            let explaining = pin!(phase.explain(reader, &mut preview));
            self.showing(&http, select(explaining, enough)).await;
        }
        let limit = if interrupt.raised() {
            REVOKE_LIMIT_INTERRUPTED
        } else {
            REVOKE_LIMIT
        };
        let over = self.clock.passed(self.clock.now().plus(limit));
        let revoking = async {
            let others = other.iter().map(GitHub::revoke_token);
            join(github.revoke_token(), join_all(others)).await
        };
        select(pin!(revoking), over).await;
        let later = match &ended {
            Ok(Outcome::DryRun(actions)) => phase.later(actions),
            _ => vec![],
        };
        let id = phase.id();
        let view = phase.view();
        if let Some(view) = view.filter(|_| ended.is_ok()) {
            self.log.show_at_the_end(view);
            interrupt.show(view);
        }
        if interrupt.is_closed() {
            return Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into());
        }
        let end = PhaseEnd {
            id,
            dry_run,
            watch_was_ended: view.is_some() && matches!(ended, Err(Stop::Cancelled)),
            later,
            known: ReleaseFacts {
                server: self.context().server_url.clone(),
                ..phase.known()
            },
            result: ended.map_err(|stop| Failure::of_phase(id, stop)),
        };
        Ok(end.with_preview(preview))
    }

    async fn inspect_module(&self, args: &InspectModuleArgs) -> anyhow::Result<()> {
        let settings = settings::inspect_module(args, self.environment()).map_err(usage)?;
        if settings.verbose {
            self.log_requests(RequestLog::Requests);
        }
        let (_, registries) = self.connect(&settings.registry)?;
        let module = inspect(&registries, &settings.image).await?;
        let text = if settings.json {
            serde_json::to_string_pretty(&module)? + "\n"
        } else {
            printable(&module.tree())
        };
        written(write!(stdout(), "{text}"))
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// What keeps a phase from beginning; no request was sent yet.
fn not_begun(reason: NotBegun) -> Failure {
    match reason.cause {
        NotBegunCause::Inputs => usage(reason.findings),
        NotBegunCause::PlanRefused => Failure::refused_by_plan(reason.findings),
        NotBegunCause::JobFailed => Failure::new("publish", reason.findings),
    }
}

/// What clap says of a command line in a workflow: the first line is what is wrong, the rest how it is right.
fn wrong_arguments(error: &clap::Error) -> Diagnostic {
    let text = error.to_string();
    let (wrong, usage) = text.split_once('\n').unwrap_or((&text, ""));
    let wrong = wrong.trim_start_matches("error: ");
    let lines = usage.lines().map(str::trim).filter(|line| !line.is_empty());
    let help = lines.collect::<Vec<_>>().join("\n");
    Diagnostic::error(Code::InputNotForPhase, wrong, help)
}

/// The arguments are wrong; no request was sent yet.
fn usage(diagnostics: Vec<Diagnostic>) -> Failure {
    Failure::new("input", diagnostics)
}
