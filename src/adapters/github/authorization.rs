//! Sends requests with a token that is valid: one that was given, or one that is made as a GitHub App.

use http::{HeaderValue, Method};

use super::answer::GitHubAnswer;
use super::app_token::{AppTokens, Authentication};
use super::client::Client;
use super::rate_limit::{LimitSignals, RequestKind};
use crate::protocol::Cause;

impl Client {
    /// Sends a request within the limits. A token of an App that GitHub refuses, as it does once it has expired or is revoked, is replaced
    /// once: a request that is refused with 401 has changed nothing.
    pub(super) async fn limited<T, F>(
        &self,
        kind: RequestKind,
        send: impl Fn(HeaderValue) -> F,
    ) -> Result<T, Cause>
    where
        F: Future<Output = Result<(LimitSignals, T), Cause>>,
    {
        let send = &send;
        let attempt = async |token: HeaderValue| {
            let exchange = self.rate_limit.send(kind, || {
                let answering = send(token.clone());
                async move {
                    let (signals, answer) = answering.await?;
                    Ok((signals, (signals.status, answer)))
                }
            });
            exchange.await
        };
        let token = self.token().await?;
        let (status, answer) = attempt(token.clone()).await?;
        if status == 401
            && let Authentication::App(tokens) = &self.authentication
        {
            tokens.state().await.refused(&token);
            let token = self.token().await?;
            return attempt(token).await.map(|(_, answer)| answer);
        }
        Ok(answer)
    }

    async fn token(&self) -> Result<HeaderValue, Cause> {
        let tokens = match &self.authentication {
            Authentication::Token(token) => return Ok(token.clone()),
            Authentication::App(tokens) => tokens,
        };
        let mut state = tokens.state().await;
        if let Some(token) = state.usable(self.clock.now()) {
            return Ok(token);
        }
        let installation = if let Some(installation) = &state.installation {
            installation.clone()
        } else {
            let url = self.url(tokens.installation_path());
            let answer = self.as_app(tokens, &Method::GET, &url, None::<&()>);
            tokens.installation(&self.api, &answer.await?, self.clock.wall())?
        };
        let id = installation.id.to_string();
        let url = self.url(["app", "installations", &id, "access_tokens"]);
        state.installation = Some(installation);
        let wanted = tokens.wanted();
        let answer = self.as_app(tokens, &Method::POST, &url, Some(&wanted));
        let answer = answer.await?;
        tokens.accept(&mut state, &answer, (self.clock.now(), self.clock.wall()))
    }

    /// Sends a request as the App itself. A second token does no harm, so that a lost one is asked for again.
    async fn as_app<B: serde::Serialize>(
        &self,
        tokens: &AppTokens,
        method: &Method,
        url: &url::Url,
        body: Option<&B>,
    ) -> Result<GitHubAnswer, Cause> {
        let kind = match *method {
            Method::GET => RequestKind::Read,
            _ => RequestKind::ReadByPost,
        };
        self.rate_limit
            .send(kind, || async {
                let app = tokens.app_authorization(self.clock.wall())?;
                let answer = self.exchange(&app, method, url, None, body).await?;
                Ok((self.signals(&answer), answer))
            })
            .await
    }

    /// Ends the token of an App, if there is one. It ends by itself within the hour where that fails.
    pub(super) async fn revoke(&self) {
        let Authentication::App(tokens) = &self.authentication else {
            return;
        };
        let Some(token) = tokens.state().await.take() else {
            return;
        };
        let (token, url) = (&token, &self.url(["installation", "token"]));
        let revoked = self
            .rate_limit
            .send(RequestKind::ReadByPost, || async move {
                let method = Method::DELETE;
                let answer = self
                    .exchange(token, &method, url, None, None::<&()>)
                    .await?;
                Ok((self.signals(&answer), answer))
            });
        if let Err(cause) = revoked.await {
            tracing::debug!(%cause, "the token of the App is not revoked");
        }
    }
}
