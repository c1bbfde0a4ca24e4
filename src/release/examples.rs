//! Example states for the table-driven tests of the phases.

use crate::domain::{CommitSha, Digest};
use crate::plan::ReleasePlan;
use crate::protocol::{AssetId, AssetState, ReleaseId, SeenAsset, SeenRelease};

pub(crate) const OTHER: &str = "0000000000000000000000000000000000000001";

pub(crate) fn other() -> CommitSha {
    OTHER.parse().unwrap()
}

/// A draft as our `draft` makes it.
pub(crate) fn our_draft(plan: &ReleasePlan) -> SeenRelease {
    SeenRelease {
        id: ReleaseId(7),
        tag: plan.wanted.tag.to_string(),
        name: plan.wanted.tag.to_string(),
        body: plan.mark(false).put("## Notes"),
        target: plan.wanted.commit.to_string(),
        draft: true,
        prerelease: plan.wanted.prerelease,
        immutable: false,
        url: "https://github.example/r/releases/tag/untagged-1".into(),
        created_at: "2026-01-01T00:00:00Z".into(),
        assets: vec![],
    }
}

/// A draft as a person makes one on GitHub's page.
pub(crate) fn foreign_draft(plan: &ReleasePlan) -> SeenRelease {
    SeenRelease {
        id: ReleaseId(8),
        body: "## Mine".into(),
        target: "main".into(),
        ..our_draft(plan)
    }
}

/// Our draft, whose whole text somebody replaced.
pub(crate) fn without_mark(plan: &ReleasePlan) -> SeenRelease {
    SeenRelease {
        id: ReleaseId(8),
        body: "## Mine now".into(),
        ..our_draft(plan)
    }
}

pub(crate) fn published(draft: SeenRelease) -> SeenRelease {
    SeenRelease {
        draft: false,
        ..draft
    }
}

pub(crate) fn asset(id: u64, name: &str, bytes: &[u8]) -> SeenAsset {
    SeenAsset {
        id: AssetId(id),
        name: name.into(),
        state: AssetState::Uploaded,
        size: bytes.len() as u64,
        digest: Some(Digest::of(bytes)),
        download_url: format!("https://github.example/r/releases/download/v1.2.0/{name}"),
    }
}
