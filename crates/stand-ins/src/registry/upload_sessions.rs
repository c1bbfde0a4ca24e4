//! Blob uploads that are under way.

use sha2::Sha256;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Uploads that were begun, by id.
#[derive(Debug, Default)]
pub(crate) struct UploadSessions {
    pub(crate) begun: u64,
    pub(crate) open: BTreeMap<String, UploadSession>,
}

#[derive(Clone, Debug)]
pub(crate) struct UploadSession {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) sum: Sha256,
}
