//! Options of a registry: the ways in which real registries differ.

use crate::clock::ServerClock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How a stand-in for a registry behaves, and where it keeps what is pushed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one way in which registries differ"
)]
#[derive(Clone, Debug)]
pub struct RegistryOptions {
    pub clock: ServerClock,
    /// 0 takes a free port.
    pub port: u16,
    /// Stores blobs and index in this folder; without it they are lost when the server stops.
    pub dir: Option<PathBuf>,
    pub auth: Auth,
    /// The response to a request without credentials where a token is needed.
    pub anonymous: Anonymous,
    pub token_lifetime: Duration,
    /// Where the challenge sends clients for a token, if not to this server.
    pub token_realm: Option<String>,
    /// Whether blobs are served in ranges; where not, `Range` is ignored.
    pub ranges: bool,
    /// Whether the registry has a referrers API; if not, it is 404.
    pub referrers: bool,
    /// Whether that API selects by artifact type, and says so; not every registry does.
    pub referrers_filter: bool,
    /// Whether blobs are fetched from another host, which refuses credentials.
    pub redirect_blobs: bool,
    /// Whether a manifest is 404 for clients that do not accept its exact media type.
    pub strict_accept: bool,
    /// Whether an index may be pushed before what it lists.
    pub index_before_children: bool,
    /// The largest page size of tags and of referrers; a larger `n` is reduced to it.
    pub page_size_max: usize,
}

/// Users and their passwords.
type Users = BTreeMap<String, String>;

/// How clients authenticate.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    #[default]
    None,
    Basic(Users),
    /// A token from this server's token endpoint, which requires the password of one of these users.
    Token(Users),
}

/// What clients without credentials get from a token endpoint; registries differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Is given a token to pull with.
    #[default]
    Pulls,
    /// Is refused by the token endpoint with 401.
    Unauthorized,
    /// Is refused by the token endpoint with 403, the same for what is private and what is missing.
    Denied,
}

impl Auth {
    /// Basic authentication with one user.
    pub fn basic(user: &str, password: &str) -> Auth {
        Auth::Basic(Users::from([(user.to_owned(), password.to_owned())]))
    }

    /// Token authentication with one user.
    pub fn token(user: &str, password: &str) -> Auth {
        Auth::Token(Users::from([(user.to_owned(), password.to_owned())]))
    }
}

impl Default for RegistryOptions {
    fn default() -> RegistryOptions {
        RegistryOptions {
            clock: ServerClock::default(),
            port: 0,
            dir: None,
            auth: Auth::None,
            anonymous: Anonymous::Pulls,
            token_lifetime: Duration::from_mins(1),
            token_realm: None,
            ranges: true,
            referrers: true,
            referrers_filter: true,
            redirect_blobs: false,
            strict_accept: true,
            index_before_children: false,
            page_size_max: 100,
        }
    }
}
