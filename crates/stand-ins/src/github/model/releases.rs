//! Rules about releases that depend only on the repository.

use super::world::{GitRepository, StoredRelease};
use crate::text;

/// The name a draft has in URLs.
pub(crate) fn untagged_name(id: u64, salt: u64) -> String {
    format!("untagged-{}", text::stable_hex(&format!("{id} {salt}"), 20))
}

impl GitRepository {
    /// The release pinned as latest, else the newest by commit date and then by version; never a draft
    /// or a prerelease.
    /// <https://docs.github.com/en/rest/releases/releases#get-the-latest-release>
    pub(crate) fn latest_release(&self) -> Option<&StoredRelease> {
        let eligible = |release: &&StoredRelease| !release.draft && !release.prerelease;
        let pinned = self
            .latest
            .and_then(|id| self.releases.get(&id))
            .filter(eligible);
        pinned.or_else(|| {
            let eligible = self.releases.values().filter(eligible);
            eligible.max_by_key(|release| (release.created_at, version_key(&release.tag_name)))
        })
    }

    /// A published release whose tag is deleted becomes a draft again, and is no longer the latest.
    /// <https://github.com/github-release/github-release/issues/37>
    pub(crate) fn withdraw_releases_of(&mut self, tag: &str) {
        for release in self.releases.values_mut() {
            if release.tag_name == tag && !release.draft && !release.immutable {
                release.withdraw();
                if self.latest == Some(release.id) {
                    self.latest = None;
                }
            }
        }
    }
}

impl StoredRelease {
    /// Makes a draft of a published release.
    pub(crate) fn withdraw(&mut self) {
        self.draft = true;
        self.published_at = None;
    }

    /// The name in URLs: a draft's is not its tag, even when the tag exists.
    pub(crate) fn url_name(&self) -> &str {
        if self.draft {
            &self.untagged
        } else {
            &self.tag_name
        }
    }
}

/// Orders `v1.10.0` after `v1.9.0`.
fn version_key(tag: &str) -> Vec<u64> {
    tag.trim_start_matches('v')
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}
