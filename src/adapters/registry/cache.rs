//! What was read by its digest: it cannot change, so it is read once in a process.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::domain::{Digest, Repository};

/// The most bytes that are kept in memory; the oldest content is dropped first.
const CAPACITY: usize = 64 << 20;

/// Manifests, small blobs, and which blobs this process has pushed. What a tag names is never in here, nor is whether something
/// that was read still exists: both may change at any time.
#[derive(Default)]
pub(super) struct ContentCache(Mutex<Content>);

#[derive(Default)]
struct Content {
    /// Oldest first.
    kept: VecDeque<(ContentKey, Bytes)>,
    bytes: usize,
    pushed: HashSet<(Repository, Digest)>,
}

/// The kind is part of the key: a manifest and a blob are at different URLs, and one does not prove the other.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ContentKey {
    kind: ContentKind,
    repository: Repository,
    digest: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentKind {
    Manifest,
    Blob,
}

impl ContentCache {
    pub(super) fn get(
        &self,
        kind: ContentKind,
        repository: &Repository,
        digest: Digest,
    ) -> Option<Bytes> {
        let content = self.content();
        let found = content.kept.iter().find(|(key, _)| {
            key.kind == kind && key.digest == digest && key.repository == *repository
        });
        found.map(|(_, bytes)| bytes.clone())
    }

    /// Keeps bytes that were compared with the digest.
    pub(super) fn put(
        &self,
        kind: ContentKind,
        repository: &Repository,
        digest: Digest,
        bytes: &Bytes,
    ) {
        let key = ContentKey {
            kind,
            repository: repository.clone(),
            digest,
        };
        let mut content = self.content();
        if bytes.len() > CAPACITY || content.kept.iter().any(|(kept, _)| *kept == key) {
            return;
        }
        content.bytes += bytes.len();
        content.kept.push_back((key, bytes.clone()));
        while content.bytes > CAPACITY
            && let Some((_, oldest)) = content.kept.pop_front()
        {
            content.bytes -= oldest.len();
        }
    }

    /// Whether this process has pushed a blob, and the registry has confirmed it.
    pub(super) fn was_pushed(&self, repository: &Repository, digest: Digest) -> bool {
        self.content()
            .pushed
            .contains(&(repository.clone(), digest))
    }

    pub(super) fn note_pushed(&self, repository: &Repository, digest: Digest) {
        self.content().pushed.insert((repository.clone(), digest));
    }

    /// Forgets which blobs a repository has, once its registry says that one of them is missing.
    pub(super) fn forget_blobs(&self, repository: &Repository) {
        let mut content = self.content();
        content.pushed.retain(|(at, _)| at != repository);
        let mut dropped = 0;
        content.kept.retain(|(key, bytes)| {
            let keep = key.kind == ContentKind::Manifest || key.repository != *repository;
            if !keep {
                dropped += bytes.len();
            }
            keep
        });
        content.bytes -= dropped;
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Repository {
        format!("r.example/{path}").parse().unwrap()
    }

    #[test]
    fn content_is_kept_by_kind_repository_and_digest() {
        let cache = ContentCache::default();
        let (digest, bytes) = (Digest::of(b"x"), Bytes::from_static(b"x"));
        cache.put(ContentKind::Blob, &at("a"), digest, &bytes);
        cache.put(ContentKind::Blob, &at("a"), digest, &bytes);
        let get = |kind, path: &str| cache.get(kind, &at(path), digest);
        assert_eq!(get(ContentKind::Blob, "a"), Some(bytes));
        assert_eq!(get(ContentKind::Blob, "b"), None);
        assert_eq!(get(ContentKind::Manifest, "a"), None);
        assert!(
            !cache.was_pushed(&at("a"), digest),
            "it may be deleted again"
        );
        assert_eq!(cache.content().bytes, 1);
    }

    #[test]
    fn pushed_blobs_are_known_by_repository() {
        let cache = ContentCache::default();
        let digest = Digest::of(b"x");
        cache.note_pushed(&at("a"), digest);
        assert!(cache.was_pushed(&at("a"), digest) && !cache.was_pushed(&at("b"), digest));
    }

    #[test]
    fn oldest_content_is_dropped_beyond_the_capacity() {
        let cache = ContentCache::default();
        let piece = Bytes::from(vec![0; CAPACITY / 4]);
        let digest = |n: u8| Digest::of(&[n]);
        for n in 0..6 {
            cache.put(ContentKind::Blob, &at("a"), digest(n), &piece);
        }
        let kept = |n| cache.get(ContentKind::Blob, &at("a"), digest(n)).is_some();
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(kept),
            [false, false, true, true, true, true]
        );
        assert_eq!(cache.content().bytes, CAPACITY);
        let large = Bytes::from(vec![0; CAPACITY + 1]);
        cache.put(ContentKind::Blob, &at("a"), digest(9), &large);
        assert!(!kept(9) && kept(5));
    }

    #[test]
    fn forgotten_blobs_leave_manifests_and_other_repositories() {
        let cache = ContentCache::default();
        let (digest, bytes) = (Digest::of(b"x"), Bytes::from_static(b"x"));
        for path in ["a", "b"] {
            cache.put(ContentKind::Blob, &at(path), digest, &bytes);
            cache.put(ContentKind::Manifest, &at(path), digest, &bytes);
            cache.note_pushed(&at(path), digest);
        }
        cache.forget_blobs(&at("a"));
        assert!(!cache.was_pushed(&at("a"), digest) && cache.was_pushed(&at("b"), digest));
        assert_eq!(cache.get(ContentKind::Blob, &at("a"), digest), None);
        assert!(cache.get(ContentKind::Manifest, &at("a"), digest).is_some());
        assert!(cache.get(ContentKind::Blob, &at("b"), digest).is_some());
        assert_eq!(cache.content().bytes, 3);
    }
}
