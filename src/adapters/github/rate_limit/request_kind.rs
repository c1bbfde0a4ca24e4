//! The kind of a request for GitHub's rate limits, and whether it may be sent again.

/// The kinds of requests that limits and retries distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// GET.
    Read,
    /// POST or DELETE that changes nothing in the repository, and may be repeated.
    ReadByPost,
    /// A query over GraphQL, which has a quota of its own.
    GraphQl,
    /// PATCH or DELETE.
    Change,
    /// POST of something new.
    Create,
    /// POST of an asset, to another host.
    Upload,
}

impl RequestKind {
    /// Whether it changes something, so that it must not be repeated before the state was read.
    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Change | Self::Create | Self::Upload)
    }
}
