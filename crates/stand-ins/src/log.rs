//! The log of every request that reached a server, in order.

use crate::sync::lock;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The host of the stand-in that received the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    Api,
    Upload,
    Web,
    /// Where signed URLs lead: asset bytes for GitHub, redirected blobs for a registry.
    Storage,
    Registry,
    /// The registry's token endpoint.
    Token,
    /// The OIDC provider of workflow jobs.
    Oidc,
    /// Sigstore's certificate authority.
    Fulcio,
    /// Sigstore's timestamp authority.
    Timestamp,
    /// Sigstore's transparency log.
    Rekor,
}

/// Whether a request may change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    Read,
    /// A read with `If-None-Match`.
    Conditional,
    Write,
}

/// One request, and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogEntry {
    /// Counts from 1 over all hosts of one server, in order of arrival.
    pub number: u64,
    pub at: Duration,
    pub service: Service,
    pub category: Category,
    pub method: String,
    pub path: String,
    pub query: String,
    /// The caller's `User-Agent`.
    pub agent: String,
    /// Without an answer (yet): `None`.
    pub status: Option<u16>,
    /// What it took of the primary limit.
    pub cost: u32,
    /// Whether a write took effect, regardless of the response.
    pub landed: bool,
    pub request_id: String,
}

/// The requests of one server, in order of arrival. Clones share the entries.
#[derive(Clone, Debug, Default)]
pub struct EventLog(Arc<Mutex<LogEntries>>);

#[derive(Debug, Default)]
struct LogEntries {
    arrived: u64,
    entries: Vec<LogEntry>,
}

impl EventLog {
    /// All requests since the start, or since [`EventLog::clear`].
    pub fn entries(&self) -> Vec<LogEntry> {
        lock(&self.0).entries.clone()
    }

    /// The requests that `wanted` picks.
    pub fn filter(&self, wanted: impl Fn(&LogEntry) -> bool) -> Vec<LogEntry> {
        lock(&self.0)
            .entries
            .iter()
            .filter(|entry| wanted(entry))
            .cloned()
            .collect()
    }

    /// The requests that may have changed something, whether or not they were let in.
    pub fn writes(&self) -> Vec<LogEntry> {
        self.filter(|entry| entry.category == Category::Write)
    }

    /// Number of the last request.
    pub fn last(&self) -> u64 {
        lock(&self.0).arrived
    }

    /// Clears the entries; the numbering continues.
    pub fn clear(&self) {
        lock(&self.0).entries.clear();
    }

    pub(crate) fn arrive(&self, entry: impl FnOnce(u64) -> LogEntry) -> u64 {
        let mut log = lock(&self.0);
        log.arrived += 1;
        let number = log.arrived;
        log.entries.push(entry(number));
        number
    }

    pub(crate) fn update(&self, number: u64, change: impl FnOnce(&mut LogEntry)) {
        if let Some(entry) = lock(&self.0)
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number)
        {
            change(entry);
        }
    }
}
