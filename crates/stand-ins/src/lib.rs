//! In-process GitHub and OCI registry that behave as the real services do.
//!
//! Both keep state, both speak plain HTTP/1.1 on loopback from a thread of their own, and both can be
//! told to hurt: see [`Faults`]. Time is a [`Clock`] that whoever starts a server hands in, and every
//! request is in an [`EventLog`].
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
//! // … let a client at `github.api_url()`, then look:
//! assert!(github.log().writes().iter().all(|entry| entry.landed));
//! assert_eq!(github.world().repository("octo-org/module").releases_of("1.0.0").len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! A request passes `server` (arrival in the log, faults), then for GitHub `github::call` (caller, limits,
//! conditions) and `github::route`, for a registry `registry::route`, and back through `server`.

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
