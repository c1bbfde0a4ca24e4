//! The repository in which a change is proposed, and as whom it is used there.

use secrecy::SecretString;
use url::Url;

use super::GitHubAccess;
use super::input_parser::InputParser;
use crate::cli::TargetInput;
use crate::domain::urls::{same_origin, shown};
use crate::domain::{GitHubCredential, RepoSlug};

/// What is used where an input of the target is missing.
pub(super) struct TargetDefaults<'a> {
    pub(super) repository: &'a RepoSlug,
    pub(super) urls: &'a (Url, Url),
    pub(super) credential: &'a GitHubCredential,
}

impl TargetInput {
    /// Whether nothing says that there is another one.
    fn is_empty(&self) -> bool {
        self.target_repository.is_none()
            && self.target_api_url.is_none()
            && self.target_app_id.is_none()
    }
}

impl InputParser<'_> {
    /// The target, where it is used in another way than the repository that is released. A token is only for the GitHub that it was
    /// given for.
    pub(super) fn target(
        &mut self,
        input: &TargetInput,
        defaults: &TargetDefaults<'_>,
    ) -> Option<GitHubAccess> {
        let context = self.environment.context;
        let has_secret = context.target_token.is_some() || context.target_app_private_key.is_some();
        if input.is_empty() && !has_secret {
            return None;
        }
        let repository = match &input.target_repository {
            Some(text) => self.parse("target-repository", Some(text))?,
            None => defaults.repository.clone(),
        };
        let (api_url, graphql_url) = match &input.target_api_url {
            Some(text) => self.urls_of("target-api-url", text.trim())?,
            None => defaults.urls.clone(),
        };
        let credential = self.target_credential(input, &api_url, defaults)?;
        Some(GitHubAccess {
            repository,
            api_url,
            graphql_url,
            credential,
        })
    }

    fn target_credential(
        &mut self,
        input: &TargetInput,
        api: &Url,
        defaults: &TargetDefaults<'_>,
    ) -> Option<GitHubCredential> {
        let context = self.environment.context;
        match (&input.target_app_id, &context.target_app_private_key) {
            (Some(id), Some(key)) => return self.app_of("target-app-private-key", id, key),
            (Some(_), None) => {
                let help = "a target-app-id needs the private key of the App as `target-app-private-key`: PEM text, or the path of a file";
                self.missing("target-app-private-key", help);
                return None;
            }
            (None, Some(_)) => {
                let help = "a target-app-private-key needs the App ID or the client ID of the App as `target-app-id`";
                self.missing("target-app-id", help);
                return None;
            }
            (None, None) => {}
        }
        if let Some(token) = &context.target_token {
            let token: &SecretString = token;
            let token = self.well_formed_token("target-token", token)?;
            return Some(GitHubCredential::Token(token));
        }
        if same_origin(api, &defaults.urls.0) {
            return Some(defaults.credential.clone());
        }
        let help = format!(
            "give a token for {}, or `target-app-id` and `target-app-private-key`: the token for {} is not sent there",
            shown(api),
            shown(&defaults.urls.0)
        );
        self.missing("target-token", &help);
        None
    }
}
