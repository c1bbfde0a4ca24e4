mod module_config;
mod promotion;
mod scanners_config;

use super::*;
