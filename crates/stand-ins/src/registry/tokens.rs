//! The bearer tokens that the token endpoint has issued.

use std::collections::BTreeMap;
use std::time::Duration;

/// By the token itself.
#[derive(Debug, Default)]
pub(crate) struct IssuedTokens {
    pub(crate) issued: BTreeMap<String, IssuedToken>,
}

#[derive(Debug)]
pub(crate) struct IssuedToken {
    /// `repository:<name>:<action>`
    pub(crate) scopes: Vec<String>,
    pub(crate) until: Duration,
    /// Requests it is still good for, where that is limited.
    pub(crate) left: Option<u32>,
}
