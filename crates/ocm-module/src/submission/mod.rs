//! The files by which a released version is submitted to the repository of all modules, and promoted to a channel.
//!
//! A submission adds `modules/<module>/<version>/module-config.yaml`; a promotion changes `modules/<module>/module-releases.yaml`.
//! The two may not be in one pull request
//! ([module migration guide](https://github.com/kyma-project/lifecycle-manager/blob/main/docs/contributor/07-module-migration-guide.md)).
//!
//! ```
//! use ocm_module::submission::{ChannelGoal, Promotion, promotion};
//!
//! let file = b"channels:\n  - channel: regular\n    version: 1.1.0 # since May\n  - channel: fast\n    version: 1.2.0\n";
//! let goal = ChannelGoal {
//!     module: "btp-operator",
//!     channel: "regular",
//!     version: &"1.2.0".parse()?,
//!     after: &["fast"],
//! };
//! let found = promotion("module-releases.yaml", Some(file), goal)?;
//! let Promotion::Edit { from, file } = found else { unreachable!() };
//! assert_eq!(from.unwrap().to_string(), "1.1.0");
//! assert!(String::from_utf8_lossy(&file).contains("    version: 1.2.0 # since May\n"));
//! # Ok::<(), ocm_module::Diagnostic>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | write the `module-config.yaml` of a submission | [`ModuleSubmission`] |
//! | know whether a submission is there with other content | [`submitted`] |
//! | give a channel a version, in the order of channels and never a lower one | [`promotion`] |
//! | set the release's images in the files of the security scanners | [`scanners_config`], [`component_config`] |
//! | write these files anew | [`ScannersConfig`], [`build::component_config`](crate::build::component_config) |

mod component_config;
mod listed_images;
mod module_config;
mod promotion;
mod scanners_config;

pub use component_config::component_config;
pub use module_config::{ModuleSubmission, Submitted, submitted};
pub use promotion::{ChannelGoal, Promotion, promotion};
pub use scanners_config::{ScannersConfig, scanners_config};

#[cfg(test)]
mod tests;
