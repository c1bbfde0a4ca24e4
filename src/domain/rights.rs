//! What `plan` looks at before anything is written, beside the release itself: rights, rules, workflows and images.

/// A group of checks of the input `preflight`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreflightCheck {
    /// The rules for tags, the workflows at the commit, and whether releases become immutable.
    GitHub,
    /// Whether these credentials can pull the images, and whether anyone can.
    Pull,
    /// Whether these credentials may push to the repositories of the images.
    Push,
    /// Whether the job may ask for an identity token, which attesting takes.
    Attest,
}

/// What to do about an image that is there already under the tag of a release that begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExistingImage {
    /// The registry is not asked.
    #[default]
    Ignore,
    Warn,
    Fail,
}

/// The token with which the tag is created and the release is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReleaseToken {
    /// The workflow run's own, as far as known: what it creates starts no workflow
    /// (<https://docs.github.com/en/actions/concepts/security/github_token>).
    OfWorkflowRun,
    /// A GitHub App's, a bot's or a person's.
    #[default]
    Other,
}

/// Whether the job may ask GitHub for an identity token (`id-token: write`). The runner then sets
/// `ACTIONS_ID_TOKEN_REQUEST_URL` (<https://docs.github.com/en/actions/reference/security/oidc>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdToken {
    Granted,
    Missing,
    /// On a terminal nothing tells.
    #[default]
    Unknown,
}

/// What is asked of rights, rules, workflows and images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightsOptions {
    pub checks: Vec<PreflightCheck>,
    pub existing_image: ExistingImage,
    pub token: ReleaseToken,
    /// The name of the workflow's file that runs, such as `release.yaml`, if it is the released repository's.
    pub workflow: Option<String>,
    pub id_token: IdToken,
}

impl RightsOptions {
    /// Whether a group of checks is asked for.
    pub fn has(&self, check: PreflightCheck) -> bool {
        self.checks.contains(&check)
    }
}
