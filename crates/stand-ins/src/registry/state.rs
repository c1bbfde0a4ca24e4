//! What one running registry shares among its requests.

use super::options::RegistryOptions;
use super::packages::Packages;
use super::store::Store;
use super::tokens::IssuedTokens;
use super::upload_sessions::UploadSessions;
use crate::server::Shared;
use std::sync::Mutex;

#[derive(Debug)]
pub(crate) struct RegistryServerState {
    pub(crate) shared: Shared,
    pub(crate) options: RegistryOptions,
    pub(crate) store: Mutex<Store>,
    pub(crate) packages: Mutex<Packages>,
    pub(crate) tokens: Mutex<IssuedTokens>,
    pub(crate) uploads: Mutex<UploadSessions>,
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    /// `host:port` that redirected blobs are fetched from.
    pub(crate) storage: String,
}
