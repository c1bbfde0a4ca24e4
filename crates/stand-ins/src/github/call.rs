//! One API request as handlers see it: body, token, state, and checks of fields and permissions.

use super::error::ApiError;
use super::event::GitHubEvent;
use super::model::{GitHubWorld, GitRepository, Level, Right, Token, TokenKind};
use super::state::GitHubServerState;
use crate::fields;
use crate::transport::HttpRequest;
use serde_json::Value;

pub(crate) struct ApiCall<'a> {
    pub(crate) state: &'a GitHubServerState,
    pub(crate) request: &'a HttpRequest,
    pub(crate) body: Value,
    /// What limits count by.
    pub(crate) caller: &'a str,
    pub(crate) token: Option<Token>,
    /// The number of the App that authenticates as itself.
    pub(crate) app: Option<&'a str>,
    /// The older state that lists and requests by tag read during replication lag.
    pub(crate) past: Option<&'a GitHubWorld>,
}

impl ApiCall<'_> {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.state.shared.clock.unix()
    }

    pub(crate) fn emit(&self, event: GitHubEvent) {
        // An error only means that there is no receiver.
        let _ = self.state.events.send(event);
    }

    pub(crate) fn has(&self, right: Right, level: Level) -> bool {
        self.token
            .as_ref()
            .is_some_and(|token| token.level(right) >= level)
    }

    pub(crate) fn need(&self, right: Right, level: Level) -> Result<&Token, ApiError> {
        match &self.token {
            None => Err(ApiError::new(401, "Requires authentication")),
            Some(token) if token.level(right) >= level => Ok(token),
            Some(token) => Err(ApiError::lacks(token.kind, right, level)),
        }
    }

    /// Reading a public repository takes no permission.
    pub(crate) fn may_read(
        &self,
        repository: &GitRepository,
        right: Right,
    ) -> Result<(), ApiError> {
        if repository.private {
            self.need(right, Level::Read)?;
        }
        Ok(())
    }

    pub(crate) fn may_push(&self) -> bool {
        self.has(Right::Contents, Level::Write)
    }

    /// Whether a repository shows itself at all to the caller.
    pub(crate) fn sees(&self, repository: &GitRepository) -> bool {
        let reached = self.token.as_ref().is_some_and(|token| {
            let nothing =
                token.kind == TokenKind::GitHubToken && token.rights.contents == Level::None;
            token.reaches(&repository.full_name()) && !nothing
        });
        !repository.private || reached
    }

    /// The repository as lists see it.
    pub(crate) fn listed<'b>(&'b self, live: &'b GitRepository) -> Option<&'b GitRepository> {
        match self.past {
            None => Some(live),
            Some(past) => past.repositories.get(&live.full_name()),
        }
    }

    /// Whether a query parameter, if given, has that value.
    pub(crate) fn filter(&self, parameter: &str, value: &str) -> bool {
        self.request
            .param(parameter)
            .is_none_or(|wanted| wanted == value)
    }

    /// A text field of the body; `null` is as good as left out.
    pub(crate) fn text(&self, field: &str) -> Result<Option<String>, ApiError> {
        match fields::get(&self.body, field) {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            other => Err(ApiError::form(format!(
                "For 'properties/{field}', {other} is not a string."
            ))),
        }
    }

    pub(crate) fn required(&self, field: &str) -> Result<String, ApiError> {
        self.text(field)?
            .ok_or_else(|| ApiError::form(format!("\"{field}\" wasn't supplied.")))
    }

    /// A text field that takes certain words only.
    pub(crate) fn one_of(&self, field: &str, words: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(field)? {
            Some(text) if !words.contains(&text.as_str()) => Err(ApiError::form(format!(
                "For 'properties/{field}', {text} is not a member of {words:?}."
            ))),
            text => Ok(text),
        }
    }

    pub(crate) fn flag(&self, field: &str) -> Result<Option<bool>, ApiError> {
        match fields::get(&self.body, field) {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            other => Err(ApiError::form(format!(
                "For 'properties/{field}', {other} is not a boolean."
            ))),
        }
    }
}
