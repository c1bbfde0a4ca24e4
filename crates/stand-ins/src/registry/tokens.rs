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
    /// Whether what the scopes lack is refused for good, because the user has no right to it.
    pub(crate) is_limited: bool,
    pub(crate) until: Duration,
    /// Requests it is still good for, where that is limited.
    pub(crate) left: Option<u32>,
}
