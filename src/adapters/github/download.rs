//! Bytes that GitHub serves itself or by a redirect to another host, which is never sent the token.

use http::{HeaderValue, Method, header};
use reqwest::Response;
use url::Url;

use super::answer::GitHubAnswer;
use super::client::API_VERSION;
use super::{GitHub, origin};
use crate::adapters::http::RequestUnderWay;
use crate::protocol::Cause;

const MAX_REDIRECTS: usize = 3;

/// What came in answer to a request for bytes.
pub(super) enum DownloadAnswer {
    /// They are still to be read; the request is under way until then.
    Begun {
        head: GitHubAnswer,
        response: Response,
        under_way: RequestUnderWay,
    },
    /// The answer that came instead of them.
    Answer(GitHubAnswer),
}

impl GitHub {
    /// Sends a request once, and follows redirects. Only GitHub itself is sent the token.
    pub(super) async fn begin_download(
        &self,
        authorization: &HeaderValue,
        url: &Url,
        accept: &str,
    ) -> Result<DownloadAnswer, Cause> {
        let mut url = url.clone();
        let mut token = Some(authorization);
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.client.http.answers().get(url.clone());
            request = request.header(header::ACCEPT, accept);
            if let Some(token) = token.take() {
                request = request
                    .header(header::AUTHORIZATION, token)
                    .header(API_VERSION.0, API_VERSION.1);
            }
            let started = self.client.clock.now();
            let under_way = self.client.http.begin(&Method::GET, &url);
            let response = request.send().await;
            let mut response =
                response.map_err(|error| self.client.http.no_answer(&url, &error))?;
            if response.status().as_u16() == 200 {
                let head = GitHubAnswer::head(&url, &mut response);
                self.client
                    .log(&Method::GET, &url, started, &Ok(head.clone()));
                return Ok(DownloadAnswer::Begun {
                    head,
                    response,
                    under_way,
                });
            }
            let answer = GitHubAnswer::read(&url, response).await?;
            let answer = answer.without(authorization);
            self.client
                .log(&Method::GET, &url, started, &Ok(answer.clone()));
            match answer.location() {
                Some(location) => {
                    url = origin::redirected(&url, location)?;
                }
                None => return Ok(DownloadAnswer::Answer(answer)),
            }
        }
        Err(Cause::Broken {
            detail: "GitHub redirects again and again".into(),
        })
    }
}
