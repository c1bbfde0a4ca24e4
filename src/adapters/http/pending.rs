//! The requests that are under way, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Method, Url};

/// The requests of a process that have no complete answer yet.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestsUnderWay(Arc<Mutex<Numbered>>);

/// Numbers are given in the order of the requests.
#[derive(Debug, Default)]
struct Numbered {
    last: u64,
    names: BTreeMap<u64, String>,
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct RequestUnderWay {
    all: RequestsUnderWay,
    number: u64,
}

impl RequestsUnderWay {
    /// The query is left out: it may be a signature.
    pub(super) fn begin(&self, method: &Method, url: &Url) -> RequestUnderWay {
        let host = url.host_str().unwrap_or_default();
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        let mut all = self.lock();
        all.last += 1;
        let number = all.last;
        let name = format!("{method} {host}{port}{}", url.path());
        all.names.insert(number, name);
        RequestUnderWay {
            all: self.clone(),
            number,
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lock().names.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.all.lock().names.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_under_way_are_named_without_query_until_they_end() {
        let all = RequestsUnderWay::default();
        let begin = |url: &str| all.clone().begin(&Method::GET, &url.parse().unwrap());
        let first = begin("https://r.example/v2/a/blobs/x?signature=secret");
        let second = begin("http://127.0.0.1:5000/token");
        let (one, two) = ("GET r.example/v2/a/blobs/x", "GET 127.0.0.1:5000/token");
        assert_eq!(all.names(), [one, two]);
        drop(first);
        assert_eq!(all.names(), [two]);
        drop(second);
        assert_eq!(all.names(), [""; 0]);
    }
}
