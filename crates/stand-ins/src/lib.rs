//! In-process stand-ins for GitHub, for an OCI registry and for Sigstore, for tests of their clients.
//!
//! Each one is a server on loopback with state of its own: what is written can be read again, in the formats and
//! with the errors of the real service. They serve plain HTTP/1.1 from a thread of their own, so that any
//! client in any language can be tested, and a test that blocks still gets answers.
//!
//! | to | use |
//! |---|---|
//! | start a server | [`GitHubServer::start`] with a [`github::GitHubWorld`], [`RegistryServer::start`], [`OidcServer::start`], [`SigstoreServer::start`] |
//! | say how it behaves | [`Options`], [`RateLimits`], [`RegistryOptions`] |
//! | make requests fail | [`Faults`] with a [`Fault`] and a [`Pattern`] |
//! | see what was sent | [`EventLog`] |
//! | see and change what the server holds | [`GitHubServer::world`], [`RegistryServer::store`] |
//! | play the people of a repository | [`push`](github::GitRepository::push), [`review`](github::GitRepository::review), [`set_check`](github::GitRepository::set_check), [`merge_by_hand`](github::GitRepository::merge_by_hand) |
//! | have a second host | another [`GitHubServer`] with [`Options::enterprise`] |
//! | receive events of new tags and releases | [`GitHubServer::events`] |
//! | move time | [`ServerClock::manual`] in the options |
//!
//! ```
//! use stand_ins::github::{Token, GitHubWorld};
//! use stand_ins::{Fault, GitHubServer, Options, Pattern};
//!
//! # async fn example() -> std::io::Result<()> {
//! let mut world = GitHubWorld::new();
//! world.token("secret", Token::github_token());
//! world.repository("octo-org/module").commit("Begin").publish("1.0.0").commit("Go on");
//!
//! let github = GitHubServer::start(world, Options::default()).await?;
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
pub mod oidc;
mod range;
pub mod registry;
mod server;
pub mod sigstore;
mod sync;
mod text;
mod transport;

pub use clock::ServerClock;
pub use faults::{Fault, Faults, Pattern};
pub use github::{GitHubEvent, GitHubServer, Options, RateLimits};
pub use log::{Category, EventLog, LogEntry, Service};
pub use oidc::{OidcOptions, OidcServer};
pub use registry::{RegistryOptions, RegistryServer};
pub use sigstore::{SigstoreOptions, SigstoreServer};
pub use transport::HttpRequest;

// The former names, until they are no longer used.
