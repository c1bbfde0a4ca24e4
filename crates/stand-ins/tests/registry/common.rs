//! A registry with a client.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use stand_ins::{RegistryOptions, RegistryServer};

pub(crate) const NAME: &str = "kyma/module";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(crate) struct TestClient {
    pub(crate) registry: RegistryServer,
    http: reqwest::Client,
}

impl TestClient {
    pub(crate) async fn with(options: RegistryOptions) -> TestClient {
        let http = client().redirect(reqwest::redirect::Policy::none());
        let registry = RegistryServer::start(options).await.unwrap();
        TestClient {
            registry,
            http: http.build().unwrap(),
        }
    }

    pub(crate) async fn start() -> TestClient {
        TestClient::with(RegistryOptions::default()).await
    }

    /// `path` below the repository, or from the root, or a whole URL.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let host = self.registry.host();
        let url = match path {
            _ if path.starts_with("http") => path.to_owned(),
            _ if path.starts_with('/') => format!("http://{host}{path}"),
            _ => format!("http://{host}/v2/{NAME}/{path}"),
        };
        self.http.request(method.parse().unwrap(), url)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request("GET", path)
            .header("accept", MANIFEST)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn put_manifest(
        &self,
        reference: &str,
        media_type: &str,
        body: &Value,
    ) -> Response {
        let request = self.request("PUT", &format!("manifests/{reference}"));
        request
            .header("content-type", media_type)
            .body(body.to_string())
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        self.registry.store().put_blob(NAME, bytes).unwrap()
    }
}

pub(crate) fn manifest(config: &str, layer: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 },
        "layers": [{ "mediaType": "application/octet-stream", "digest": layer, "size": 5 }],
    })
}

pub(crate) fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The first error's code.
pub(crate) async fn code(response: Response) -> String {
    let body: Value = response.json().await.unwrap();
    body.pointer("/errors/0/code")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// In a build of the whole workspace reqwest has TLS, and requires a crypto provider before it builds a client.
fn client() -> reqwest::ClientBuilder {
    // An error only means that the provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
