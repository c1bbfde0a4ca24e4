//! Content by its digest: it cannot change, so its bytes are read once in a process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::{Digest, ImageRepository};

/// The most bytes that are kept in memory; the oldest content is dropped first.
const CAPACITY: usize = 64 << 20;

/// Bytes of manifests and small blobs, which blobs this process has pushed, and where no referrers are listed.
///
/// Whether a repository still has what is kept here is not known: that may change at any time.
#[derive(Default)]
pub(super) struct ContentCache(Mutex<Content>);

#[derive(Default)]
struct Content {
    kept: HashMap<Digest, Bytes>,
    /// The digests of `kept`, oldest first.
    order: VecDeque<Digest>,
    /// The sum of the lengths in `kept`.
    bytes: usize,
    pushed: HashSet<(ImageRepository, Digest)>,
    without_referrers: HashSet<ImageRepository>,
}

impl ContentCache {
    pub(super) fn get(&self, digest: Digest) -> Option<Bytes> {
        self.content().kept.get(&digest).cloned()
    }

    /// Keeps bytes that were compared with their digest.
    pub(super) fn put(&self, digest: Digest, bytes: &Bytes) {
        let mut content = self.content();
        if bytes.len() > CAPACITY || content.kept.contains_key(&digest) {
            return;
        }
        content.bytes += bytes.len();
        content.kept.insert(digest, bytes.clone());
        content.order.push_back(digest);
        while content.bytes > CAPACITY
            && let Some(oldest) = content.order.pop_front()
        {
            let dropped = content.kept.remove(&oldest);
            content.bytes -= dropped.map_or(0, |bytes| bytes.len());
        }
    }

    /// Whether this process has pushed a blob to a repository.
    pub(super) fn was_pushed(&self, repository: &ImageRepository, digest: Digest) -> bool {
        let key = (repository.clone(), digest);
        self.content().pushed.contains(&key)
    }

    pub(super) fn pushed(&self, repository: &ImageRepository, digest: Digest) {
        self.content().pushed.insert((repository.clone(), digest));
    }

    /// Removes the entries of the blobs that were pushed to a repository, once its registry reports that one is
    /// missing.
    pub(super) fn forget_pushed(&self, repository: &ImageRepository) {
        self.content().pushed.retain(|(at, _)| at != repository);
    }

    /// Whether the registry has said that it keeps no list of referrers: one that keeps it must not answer 404
    /// ([Listing Referrers](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)).
    pub(super) fn lists_no_referrers(&self, repository: &ImageRepository) -> bool {
        self.content().without_referrers.contains(repository)
    }

    pub(super) fn set_lists_no_referrers(&self, repository: &ImageRepository) {
        let repository = repository.clone();
        self.content().without_referrers.insert(repository);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_content_is_dropped_beyond_the_capacity() {
        let cache = ContentCache::default();
        let piece = Bytes::from(vec![0; CAPACITY / 4]);
        let digest = |n: u8| Digest::of(&[n]);
        for n in [0, 1, 2, 3, 4, 5, 5] {
            cache.put(digest(n), &piece);
        }
        let kept = |n| cache.get(digest(n)).is_some();
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(kept),
            [false, false, true, true, true, true]
        );
        assert_eq!(cache.content().bytes, CAPACITY);
        cache.put(digest(9), &Bytes::from(vec![0; CAPACITY + 1]));
        assert!(!kept(9) && kept(5));
    }

    #[test]
    fn pushed_blobs_are_known_by_repository_until_forgotten() {
        let cache = ContentCache::default();
        let at = |path: &str| -> ImageRepository { format!("r.example/{path}").parse().unwrap() };
        let digest = Digest::of(b"x");
        cache.pushed(&at("a"), digest);
        cache.pushed(&at("b"), digest);
        cache.forget_pushed(&at("a"));
        assert_eq!(
            ["a", "b", "c"].map(|path| cache.was_pushed(&at(path), digest)),
            [false, true, false]
        );
    }
}
