//! Comments on issues and pull requests (<https://docs.github.com/en/rest/issues/comments>).

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::client::ALL_PAGES;
use super::rate_limit::RequestKind;
use super::{GitHub, models};
use crate::protocol::{Cause, CommentId, SeenComment};

impl GitHub {
    /// Those that the token's own account wrote, by ascending id; `None` if there is no such issue or pull request.
    pub(super) async fn comments_of_own(
        &self,
        issue: u64,
    ) -> Result<Option<Vec<SeenComment>>, Cause> {
        let url = self.url(&["issues", &issue.to_string(), "comments"]);
        let listed = match self.client.list::<models::Comment>(url, ALL_PAGES).await {
            Err(Cause::Denied { status: 404, .. }) => return Ok(None),
            listed => listed?,
        };
        let account = self.account().await?;
        let is_own = |comment: &models::Comment| {
            let author = comment.user.as_ref();
            author.is_some_and(|user| user.login.eq_ignore_ascii_case(account))
        };
        let own = listed.into_iter().filter(is_own);
        let own = own.map(|comment| SeenComment {
            id: CommentId(comment.id),
            body: comment.body.unwrap_or_default(),
        });
        Ok(Some(own.collect()))
    }

    /// The account that writes with this token. REST has no answer for the token of a job or of an App; GraphQL names
    /// `github-actions[bot]` and the like (<https://docs.github.com/en/graphql/reference/queries#viewer>).
    async fn account(&self) -> Result<&str, Cause> {
        let ask = || async {
            let query = models::GraphQlQuery {
                query: "query { viewer { login } }",
                variables: BTreeMap::new(),
            };
            let data = self.client.query_value(&query).await?;
            let login = data.pointer("/viewer/login").and_then(Value::as_str);
            login.map(str::to_owned).ok_or_else(|| Cause::Broken {
                detail: "GitHub's GraphQL does not name the account of the token".into(),
            })
        };
        self.account.get_or_try_init(ask).await.map(String::as_str)
    }

    pub(super) async fn post_comment(&self, issue: u64, body: &str) -> Result<CommentId, Cause> {
        let url = self.url(&["issues", &issue.to_string(), "comments"]);
        let body = models::WriteComment { body };
        let made: models::Comment = self
            .write(RequestKind::Create, Method::POST, &url, &body)
            .await?;
        Ok(CommentId(made.id))
    }

    pub(super) async fn patch_comment(&self, comment: CommentId, body: &str) -> Result<(), Cause> {
        let url = self.url(&["issues", "comments", &comment.to_string()]);
        let body = models::WriteComment { body };
        let edited =
            self.write::<_, models::Comment>(RequestKind::Change, Method::PATCH, &url, &body);
        match edited.await {
            // It was listed, and so was deleted meanwhile: whoever asks reads again.
            Err(Cause::Denied {
                status: 404,
                message,
                request_id,
                ..
            }) => Err(Cause::Conflict {
                status: 404,
                message,
                request_id,
            }),
            edited => edited.map(drop),
        }
    }
}
