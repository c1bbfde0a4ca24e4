//! The stand-in for GitHub as a program, for shell scripts and containers. It prints its addresses, then serves
//! until it is killed. Its state is saved in a folder if one is given.

use stand_ins::github::{GitHubWorld, Token, Untagged};
use stand_ins::{GitHubServer, Options, RateLimits, ServerClock};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: stand-in-github [--api-port N] [--upload-port N] [--web-port N] [--storage-port N]
                       [--storage-host NAME] [--world FOLDER] [--token SECRET]
                       [--limits none|JSON] [--untagged never|edits|edits-and-publishing]
                       [--delay MILLISECONDS] [--enterprise VERSION]

Without --world, or where the folder is empty, the world is the example repository
kyma-project/btp-manager with the token gh-token. --token adds a job's token.
--limits changes some of GitHubServer's limits, such as '{\"github_token\": 50}'.
--untagged says which PATCH without tag_name moves a draft to untagged-… (usually: edits).
--enterprise is the version of an Enterprise Server, whose API is below /api/v3.
--delay is the round trip of a server that is far away: for each connection, and for each request.
GET|DELETE /_stand-in/log, GET|PUT /_stand-in/world, GET|PUT /_stand-in/limits and
GET|POST|DELETE /_stand-in/faults on the API's address are for scripts.
";

/// How often changed state is saved to the folder.
const KEEP_EVERY: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Arguments {
    options: Options,
    world: Option<PathBuf>,
    token: Option<String>,
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

async fn serve(arguments: Arguments) -> io::Result<()> {
    let clock = arguments.options.clock.clone();
    let folder = arguments.world;
    let mut world = match &folder {
        Some(folder) if folder.join("world.json").exists() => GitHubWorld::load(folder)?,
        Some(folder) => {
            GitHubWorld::example().save(folder)?;
            GitHubWorld::load(folder)?
        }
        None => GitHubWorld::example(),
    };
    if let Some(secret) = &arguments.token {
        world.token(secret, Token::github_token());
    }
    let github = GitHubServer::start(world, arguments.options).await?;
    {
        let mut out = io::stdout().lock();
        writeln!(out, "GITHUB_API_URL={}", github.api_url())?;
        writeln!(out, "GITHUB_GRAPHQL_URL={}", github.graphql_url())?;
        writeln!(out, "GITHUB_SERVER_URL={}", github.server_url())?;
        writeln!(out, "GITHUB_UPLOAD_URL={}", github.upload_url())?;
        out.flush()?;
    }
    keep(&github, &clock, folder).await
}

/// Saves the state whenever it has changed.
async fn keep(
    github: &GitHubServer,
    clock: &ServerClock,
    folder: Option<PathBuf>,
) -> io::Result<()> {
    let mut kept = None;
    loop {
        clock.sleep(KEEP_EVERY).await;
        let world = folder.as_ref().map(|_| github.world().clone());
        if let (Some(folder), Some(world)) = (&folder, &world)
            && kept.as_ref() != Some(world)
        {
            world.save(folder)?;
        }
        kept = world;
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    arguments.options.control = true;
    while let Some(flag) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let number = || {
            value
                .parse::<u16>()
                .map_err(|error| format!("{flag} {value}: {error}"))
        };
        match flag.as_str() {
            "--api-port" => arguments.options.api_port = number()?,
            "--upload-port" => arguments.options.upload_port = number()?,
            "--web-port" => arguments.options.web_port = number()?,
            "--storage-port" => arguments.options.storage_port = number()?,
            "--delay" => {
                arguments.options.delay = Duration::from_millis(u64::from(number()?));
            }
            "--enterprise" => arguments.options.enterprise = Some(value),
            "--storage-host" => arguments.options.storage_host = value,
            "--limits" => arguments.options.limits = limits(&value)?,
            "--untagged" => {
                arguments.options.untagged = match value.as_str() {
                    "never" => Untagged::Never,
                    "edits" => Untagged::Edits,
                    "edits-and-publishing" => Untagged::EditsAndPublishing,
                    _ => return Err(USAGE.to_owned()),
                }
            }
            "--world" => arguments.world = Some(value.into()),
            "--token" => arguments.token = Some(value),
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(arguments)
}

/// `none`, or GitHub's own limits with those changed that the JSON object names.
fn limits(value: &str) -> Result<RateLimits, String> {
    if value == "none" {
        return Ok(RateLimits::none());
    }
    serde_json::from_str(value).map_err(|error| format!("--limits {value}: {error}"))
}
