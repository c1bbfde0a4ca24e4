//! The tokens that a GitHub App makes for itself: what is asked of GitHub for them, and for how long one is used.
//!
//! [Authenticating as an installation](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation).

mod json_web_token;
pub(super) mod models;
mod refusal;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use super::answer::GitHubAnswer;
use crate::domain::{AppCredential, Moment, RepoSlug};
use crate::protocol::{Cause, SecretMask};
use json_web_token::json_web_token;
use models::{AppInstallation, InstallationToken, NewInstallationToken};
use refusal::Asked;

/// How long before its end a token is replaced, so that no request is on its way then.
const RENEWED_BEFORE: Duration = Duration::from_mins(5);
/// How long a token lasts.
const LIFETIME: Duration = Duration::from_hours(1);

/// What a client authenticates with.
pub(super) enum Authentication {
    Token(HeaderValue),
    App(Box<AppTokens>),
}

/// An App, its installation in one repository, and the token that is in use.
pub(super) struct AppTokens {
    credential: AppCredential,
    repository: RepoSlug,
    mask: Option<Arc<dyn SecretMask>>,
    /// Held while a token is made, so that requests at the same time share it.
    state: Mutex<AppState>,
}

/// What is known from GitHub's answers.
#[derive(Default)]
pub(super) struct AppState {
    pub(super) installation: Option<AppInstallation>,
    token: Option<UsedToken>,
}

struct UsedToken {
    header: HeaderValue,
    until: Moment,
}

impl AppState {
    /// The token, unless it is about to end.
    pub(super) fn usable(&self, now: Moment) -> Option<HeaderValue> {
        let token = self.token.as_ref().filter(|token| now < token.until)?;
        Some(token.header.clone())
    }

    /// Gives up the token that GitHub refused, unless it was replaced meanwhile.
    pub(super) fn refused(&mut self, header: &HeaderValue) {
        self.token.take_if(|token| token.header == *header);
    }

    /// Gives up the token, to revoke it.
    pub(super) fn take(&mut self) -> Option<HeaderValue> {
        self.token.take().map(|token| token.header)
    }
}

impl AppTokens {
    pub(super) fn new(
        credential: AppCredential,
        repository: RepoSlug,
        mask: Option<Arc<dyn SecretMask>>,
    ) -> Self {
        Self {
            credential,
            repository,
            mask,
            state: Mutex::default(),
        }
    }

    pub(super) async fn state(&self) -> MutexGuard<'_, AppState> {
        self.state.lock().await
    }

    /// A new `Authorization` of the App itself.
    pub(super) fn app_authorization(&self, now: SystemTime) -> Result<HeaderValue, Cause> {
        let unmade = |why: &str| Cause::Unknown { detail: why.into() };
        let token = json_web_token(&self.credential.app, now);
        let token = token.ok_or_else(|| unmade("the system gives no random numbers to sign with"));
        bearer(&token?).ok_or_else(|| unmade("the token of the App cannot stand in a header"))
    }

    /// The path of the repository's installation.
    pub(super) fn installation_path(&self) -> [&str; 4] {
        let (owner, name) = (self.repository.owner(), self.repository.name());
        ["repos", owner, name, "installation"]
    }

    /// What a token is to be for: this repository and these permissions only.
    pub(super) fn wanted(&self) -> NewInstallationToken<'_> {
        let permissions = self.credential.permissions.iter();
        NewInstallationToken {
            repositories: [self.repository.name()],
            permissions: permissions
                .map(|permission| (permission.api_name(), permission.level.as_str()))
                .collect(),
        }
    }

    /// The installation in GitHub's answer.
    pub(super) fn installation(
        &self,
        api: &Url,
        answer: &GitHubAnswer,
        now: SystemTime,
    ) -> Result<AppInstallation, Cause> {
        if answer.is_success() {
            return answer.json();
        }
        Err(self.asked(now).installation_refused(&web_of(api), answer))
    }

    /// Takes the token of GitHub's answer into use, and hides it in the log.
    pub(super) fn accept(
        &self,
        state: &mut AppState,
        answer: &GitHubAnswer,
        (moment, now): (Moment, SystemTime),
    ) -> Result<HeaderValue, Cause> {
        if !answer.is_success() {
            // It may have been installed anew.
            let installation = state.installation.take();
            let installation = installation.ok_or_else(|| super::failure::cause(answer))?;
            return Err(self.asked(now).token_refused(&installation, answer));
        }
        let made: InstallationToken = answer.json()?;
        if let Some(mask) = &self.mask {
            mask.mask(&made.token);
        }
        let header = bearer(&made.token).ok_or_else(|| Cause::Broken {
            detail: "GitHub's token for the App cannot stand in a header".into(),
        })?;
        let end = humantime::parse_rfc3339(&made.expires_at).ok();
        let left = end.and_then(|end| end.duration_since(now).ok());
        // By a clock that differs, it would last for any time.
        let left = left.unwrap_or(LIFETIME).min(LIFETIME);
        state.token = Some(UsedToken {
            header: header.clone(),
            until: moment.plus(left.saturating_sub(RENEWED_BEFORE)),
        });
        Ok(header)
    }

    fn asked(&self, now: SystemTime) -> Asked<'_> {
        Asked {
            credential: &self.credential,
            repository: &self.repository,
            now: httpdate::fmt_http_date(now),
        }
    }
}

/// `Authorization` with a token; `None` if it has characters that no header has.
pub(super) fn bearer(token: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// GitHub's pages, by the address of its API.
fn web_of(api: &Url) -> String {
    match api.host_str() {
        Some("api.github.com") | None => "https://github.com".to_owned(),
        Some(host) => format!("https://{}", host.strip_prefix("api.").unwrap_or(host)),
    }
}
