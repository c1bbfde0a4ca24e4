//! Releases Kyma modules: what is published is what was tagged, built and tested, and nothing else.
//!
//! A release is made by *phases*, each a run of its own: `plan` works everything out and answers with a plan, and every later phase
//! is given this plan. A phase reads what exists and answers with the *actions* that are missing; the engine carries them out, and
//! asks again until the phase is done. So each phase can be interrupted at any point and run again, and a dry run is the same
//! without the actions.
//!
//! | module | what it holds |
//! |---|---|
//! | [`app`] | connects the parts below; [`app::run`] is the whole program |
//! | [`cli`], [`settings`] | what was typed, and what it means: one file per command |
//! | [`domain`], [`plan`] | versions, tags, errors; the plan, and everything else that is published as JSON |
//! | [`protocol`] | what a phase is: [`Phase`](protocol::Phase), [`Step`](protocol::Step), [`Action`](protocol::Action); and the traits by which it reads and the engine writes |
//! | [`engine`] | runs a phase to its end |
//! | [`phases`] | the phases |
//! | [`release`] | what several phases know of a release |
//! | [`adapters`] | GitHub, registries, files and the clock, behind the traits of `protocol` |
//! | [`report`] | log, annotations and job summary |
//! | [`commands`] | commands that are no phases |
//! | `init` | `btp-release init`: the workflow that fits a repository |
//! | `rehearsal` | `btp-release rehearse`: a whole release against local stand-ins |
//!
//! Imports go one way only: phases know neither adapters nor each other, and nothing but the engine is given a
//! [`Writer`](protocol::Writer). `tests/architecture` checks this, and `ARCHITECTURE.md` gives the reasons.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod engine;
#[cfg(feature = "rehearse")]
pub mod init;
pub mod phases;
pub mod plan;
pub mod protocol;
#[cfg(feature = "rehearse")]
pub mod rehearsal;
pub mod release;
pub mod report;
pub mod settings;
