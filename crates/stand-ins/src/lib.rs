//! In-process stand-ins for GitHub and for an OCI registry, for tests of whatever talks to them.
//!
//! Each one is a server on loopback with state of its own: what is written can be read again, in the forms and
//! with the refusals of the real service. They speak plain HTTP/1.1 from a thread of their own, so that any
//! client in any language can be tested, and a test that blocks still gets answers.
//!
//! | to | use |
//! |---|---|
//! | start a server | [`GitHub::start`] with a [`github::World`], [`Registry::start`] |
//! | say how it behaves | [`Options`], [`Limits`], [`RegistryOptions`] |
//! | make requests fail | [`Faults`] with a [`Fault`] and a [`Pattern`] |
//! | see what was sent | [`EventLog`] |
//! | see and change what the server holds | [`GitHub::world`], [`Registry::store`] |
//! | be told of new tags and releases | [`GitHub::events`] |
//! | move time | [`Clock::manual`] in the options |
//!
//! ```
//! use stand_ins::github::{Token, World};
//! use stand_ins::{Fault, GitHub, Options, Pattern};
//!
//! # async fn example() -> std::io::Result<()> {
//! let mut world = World::new();
//! world.token("secret", Token::github_token());
//! world.repository("octo-org/module").commit("Begin").publish("1.0.0").commit("Go on");
//!
//! let github = GitHub::start(world, Options::default()).await?;
//! github.faults().when(Pattern::new("POST", "*/releases"), 1, Fault::AnswerLost);
//! // … run a client against `github.api_url()`, then check:
//! assert!(github.log().writes().iter().all(|entry| entry.landed));
//! assert_eq!(github.world().repository("octo-org/module").releases_of("1.0.0").len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! The binary `stand-in-github` serves the same GitHub to shell scripts and containers.
//!
//! Inside, a request passes `server` (log, faults), then for GitHub `github::api` (caller, limits, conditional
//! answers) and `github::rest` or `github::graphql`, for a registry `registry::route`, and goes back through
//! `server`. No module depends on one that depends on it; `tests/modules.rs` checks that.

pub mod clock;
pub mod faults;
mod fields;
pub mod github;
pub mod log;
mod range;
pub mod registry;
mod server;
mod sync;
mod text;
mod transport;

pub use clock::Clock;
pub use faults::{Fault, Faults, Pattern};
pub use github::{Event, GitHub, Limits, Options};
pub use log::{Category, Entry, EventLog, Service};
pub use registry::{Registry, RegistryOptions};
pub use transport::Request;
