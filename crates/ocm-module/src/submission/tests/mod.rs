//! The files of a submission, one module of tests each.

mod component_config;
mod module_config;
mod promotion;
mod scanners_config;

use super::*;
