//! `btp-release rehearse`: a whole release on this machine, against stand-ins for GitHub and the registry.
//!
//! Every phase runs as a process of its own, with inputs and outputs handed over as on a runner; the builders start when
//! the tag appears, as the real ones do.

mod builders;
mod ending;
mod invocation;
mod story;
mod timeline;
mod world;

use std::path::PathBuf;

use crate::cli::RehearseArgs;
use crate::domain::Exit;
use crate::domain::{Code, Diagnostic};
use story::{Cast, Story};
use timeline::Timeline;
use world::World;

/// What the reader asked for.
struct Script {
    version: String,
    manifest: Option<PathBuf>,
    default_cr: Option<PathBuf>,
    registry: Option<String>,
    state: Option<PathBuf>,
    cast: Cast,
}

impl Script {
    fn read(args: RehearseArgs) -> Result<Self, Diagnostic> {
        let choice = |option: &'static str, seen: &str, good: &str, bad: &str| match seen {
            seen if seen == good => Ok(true),
            seen if seen == bad => Ok(false),
            _ => Err(Diagnostic::value(
                Code::ChoiceInvalid,
                option,
                seen.to_owned(),
                format!("is neither {good} nor {bad}"),
                format!("use {option} {good} or {option} {bad}"),
            )),
        };
        Ok(Self {
            cast: Cast {
                unit_tests_pass: choice("--unit-tests", &args.unit_tests, "pass", "fail")?,
                e2e_passes: choice("--e2e", &args.e2e, "pass", "fail")?,
                builders_build: choice("--builder", &args.builder, "build", "never")?,
            },
            version: args.version,
            manifest: args.manifest.map(PathBuf::from),
            default_cr: args.default_cr.map(PathBuf::from),
            registry: args.registry,
            state: args.state.map(PathBuf::from),
        })
    }
}

/// Tells the whole story, and ends as the first part of it that did not go well.
pub async fn run(args: RehearseArgs) -> anyhow::Result<Exit> {
    let script = match Script::read(args) {
        Ok(script) => script,
        Err(invalid) => {
            let timeline = Timeline::start();
            timeline.say("rehearse", &format!("error[{}] {invalid}", invalid.code));
            timeline.say("rehearse", &format!("  help: {}", invalid.help));
            return Ok(Exit::Usage);
        }
    };
    let world = World::open(&script).await?;
    let timeline = Timeline::start();
    let exit = Story::new(&world, &script, &timeline).tell().await?;
    ending::print(&world, &script.version, &mut std::io::stdout())?;
    world.keep()?;
    Ok(exit)
}
