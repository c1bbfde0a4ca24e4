//! The services and the system, behind the traits of `protocol`: each adapter maps their answers to the types of the
//! application.

mod bounded_files;
pub mod checkout;
pub mod files;
pub mod gh;
pub mod github;
pub mod http;
pub mod input_files;
pub mod programs;
pub mod registry;
#[cfg(feature = "rehearse")]
pub mod repository_files;
pub mod runner_files;
pub mod signals;
pub mod sigstore;
pub mod supervisor;
pub mod system_clock;
pub mod terminal;
