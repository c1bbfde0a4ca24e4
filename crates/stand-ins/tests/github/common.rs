//! A stand-in with a client, for all tests.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use serde_json::Value;
use stand_ins::github::GitHubWorld;
use stand_ins::{GitHubServer, Options};
use std::collections::HashMap;

/// The repository of [`GitHubWorld::example`].
pub(crate) const REPOSITORY: &str = "/repos/kyma-project/btp-manager";
/// The token of [`GitHubWorld::example`].
pub(crate) const TOKEN: &str = "gh-token";

pub(crate) struct Api {
    pub(crate) github: GitHubServer,
    http: reqwest::Client,
    token: Option<String>,
}

pub(crate) struct ApiAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl ApiAnswer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn id(&self) -> u64 {
        self.body["id"].as_u64().unwrap()
    }
}

pub(crate) fn http() -> reqwest::Client {
    let no_redirects = reqwest::redirect::Policy::none();
    client()
        .user_agent("tests")
        .redirect(no_redirects)
        .build()
        .unwrap()
}

impl Api {
    pub(crate) async fn with(world: GitHubWorld, options: Options) -> Api {
        let github = GitHubServer::start(world, options).await.unwrap();
        Api {
            github,
            http: http(),
            token: Some(TOKEN.to_owned()),
        }
    }

    pub(crate) async fn start() -> Api {
        Api::with(
            GitHubWorld::example(),
            Options {
                clock: stand_ins::ServerClock::manual(),
                ..Options::default()
            },
        )
        .await
    }

    /// The same server for another caller.
    pub(crate) fn act_as(&mut self, token: Option<&str>) {
        self.token = token.map(str::to_owned);
    }

    /// `path` below the repository; with a leading `/` below the API; or a whole URL.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = match path {
            _ if path.starts_with("http") => path.to_owned(),
            _ if path.starts_with('/') => format!("{}{path}", self.github.api_url()),
            _ => format!("{}{REPOSITORY}/{path}", self.github.api_url()),
        };
        let request = self.http.request(method.parse().unwrap(), url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> ApiAnswer {
        let request = self.request(method, path);
        let request = if body.is_null() {
            request
        } else {
            request.json(&body)
        };
        answer(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> ApiAnswer {
        self.call("GET", path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> ApiAnswer {
        self.call("POST", path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> ApiAnswer {
        self.call("PATCH", path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> ApiAnswer {
        self.call("DELETE", path, Value::Null).await
    }

    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> ApiAnswer {
        self.post(
            "/graphql",
            serde_json::json!({ "query": query, "variables": variables }),
        )
        .await
    }

    pub(crate) fn upload_request(
        &self,
        release: u64,
        name: &str,
        bytes: &'static [u8],
    ) -> reqwest::RequestBuilder {
        let url = self.github.upload_url();
        let url = format!("{url}{REPOSITORY}/releases/{release}/assets?name={name}");
        self.request("POST", &url)
            .header("content-type", "text/plain")
            .body(bytes)
    }

    pub(crate) async fn upload(&self, release: u64, name: &str, bytes: &'static [u8]) -> ApiAnswer {
        answer(self.upload_request(release, name, bytes)).await
    }

    /// A draft of that tag; its id.
    pub(crate) async fn draft(&self, tag: &str) -> u64 {
        let made = self
            .post(
                "releases",
                serde_json::json!({ "tag_name": tag, "draft": true }),
            )
            .await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.id()
    }

    pub(crate) fn tip(&self) -> String {
        self.github
            .world()
            .repository("kyma-project/btp-manager")
            .tip()
    }
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> ApiAnswer {
    let response = request.send().await.unwrap();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    ApiAnswer {
        status: response.status().as_u16(),
        headers: headers.collect(),
        body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default(),
    }
}

/// In a build of the whole workspace reqwest has TLS, and requires a crypto provider before it builds a client.
pub(crate) fn client() -> reqwest::ClientBuilder {
    // An error only means that the provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
