//! The bytes of assets, up and down, in constant memory.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use http::{Method, header};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use url::Url;

use super::answer::Answer;
use super::client::{API_VERSION, JSON, done};
use super::{GitHub, models, origin};
use crate::adapters::github::rate_limit::Kind;
use crate::adapters::http::describe;
use crate::domain::{AssetName, Digest, DigestHasher};
use crate::protocol::{AssetId, Cause, LocalFile, ReleaseId};

const CHUNK: usize = 128 << 10;
const OCTETS: &str = "application/octet-stream";
const MOST_REDIRECTS: usize = 3;
/// In bytes per second: slower than that, an asset of 2 GiB would outlast a job.
const SLOWEST: u64 = 128 << 10;

impl GitHub {
    /// <https://docs.github.com/en/rest/releases/assets#upload-a-release-asset>
    pub(super) async fn upload(
        &self,
        release: ReleaseId,
        name: &AssetName,
        file: &LocalFile,
    ) -> Result<AssetId, Cause> {
        let template = self.upload_template(release).await?;
        let url = origin::upload_url(&self.client.api, &template, name.as_str())?;
        let path = file.path.display();
        let opened = tokio::fs::metadata(&file.path).await;
        let size = opened
            .map_err(|error| broken(format!("{path} cannot be read: {error}")))?
            .len();
        if size != file.size {
            return Err(broken(format!(
                "{path} has {size} bytes, and had {} when it was looked at",
                file.size
            )));
        }
        let answer = self
            .client
            .rate_limit
            .send(Kind::Upload, || async {
                let answer = self.upload_once(&url, name, file).await?;
                Ok((answer.signals(), answer))
            })
            .await?;
        let stored: models::Asset = done(&answer)?.json()?;
        check(stored, name, file)
    }

    /// Where the release takes assets. It never changes, and is asked for once.
    async fn upload_template(&self, release: ReleaseId) -> Result<String, Cause> {
        let known = self.upload_urls().get(&release).cloned();
        if let Some(template) = known {
            return Ok(template);
        }
        let url = self.url(&["releases", &release.to_string()]);
        let seen: models::Release = self.client.get(url).await?;
        self.upload_urls().insert(release, seen.upload_url.clone());
        Ok(seen.upload_url)
    }

    async fn upload_once(
        &self,
        url: &Url,
        name: &AssetName,
        file: &LocalFile,
    ) -> Result<Answer, String> {
        let opened = File::open(&file.path).await;
        let opened = opened.map_err(|error| format!("the file cannot be opened: {error}"))?;
        let sent = Arc::new(AtomicU64::new(0));
        let body = reqwest::Body::wrap_stream(chunks(opened, file.size, sent.clone()));
        let request = self
            .client
            .http
            .uploads()
            .post(url.clone())
            .header(header::AUTHORIZATION, self.client.authorization())
            .header(header::ACCEPT, JSON)
            .header(API_VERSION.0, API_VERSION.1)
            .header(header::CONTENT_TYPE, media_type(name.as_str()))
            .header(header::CONTENT_LENGTH, file.size)
            .body(body);
        let started = self.client.clock.now();
        let stall = self.client.stall_timeout;
        let exchange = while_moving(&sent, stall, async {
            let response = request.send().await.map_err(|error| describe(&error))?;
            Answer::read(response).await
        });
        let most = stall * 3 + Duration::from_secs(file.size / SLOWEST);
        let outcome = tokio::time::timeout(most, exchange)
            .await
            .unwrap_or_else(|_| Err(format!("not uploaded within {} s", most.as_secs())));
        self.client.log(&Method::POST, url, started, &outcome);
        outcome.map(|answer| self.client.without_token(answer))
    }

    pub(super) async fn download_and_hash(&self, asset: AssetId) -> Result<Digest, Cause> {
        self.download(asset, Keep::Nothing)
            .await
            .map(|got| got.digest)
    }

    pub(super) async fn download_and_keep(
        &self,
        asset: AssetId,
        limit: u64,
    ) -> Result<Bytes, Cause> {
        self.download(asset, Keep::AtMost(limit))
            .await
            .map(|got| got.kept)
    }

    /// Asked of the page for people, without a token. A redirect leads to where the bytes are.
    pub(super) async fn answers_anyone(&self, url: &str) -> Result<bool, Cause> {
        let url =
            Url::parse(url).map_err(|error| broken(format!("{url:?} is no address: {error}")))?;
        let answer = self
            .client
            .rate_limit
            .send(Kind::Read, || async {
                let request = self.client.http.answers().head(url.clone());
                let response = request.send().await.map_err(|error| describe(&error))?;
                let answer = Answer::read(response).await?;
                Ok((answer.signals(), answer))
            })
            .await?;
        Ok(matches!(answer.status, 200 | 302 | 307))
    }

    /// <https://docs.github.com/en/rest/releases/assets#get-a-release-asset>: the bytes, or a redirect to where they are.
    async fn download(&self, asset: AssetId, keep: Keep) -> Result<Downloaded, Cause> {
        let url = self.url(&["releases", "assets", &asset.to_string()]);
        let (answer, got) = self
            .client
            .rate_limit
            .send(Kind::Read, || async {
                let (answer, got) = self.download_once(&url, keep).await?;
                Ok((answer.signals(), (answer, got)))
            })
            .await?;
        match got {
            Some(got) => got,
            None => Err(done(&answer)
                .err()
                .unwrap_or_else(|| broken("GitHub answers without the bytes".into()))),
        }
    }

    /// The bytes, or the answer that came instead of them. Only GitHub itself is sent the token.
    async fn download_once(
        &self,
        url: &Url,
        keep: Keep,
    ) -> Result<(Answer, Option<Result<Downloaded, Cause>>), String> {
        let mut url = url.clone();
        let mut token = Some(self.client.authorization());
        for _ in 0..=MOST_REDIRECTS {
            let mut request = self
                .client
                .http
                .answers()
                .get(url.clone())
                .header(header::ACCEPT, OCTETS);
            if let Some(token) = token.take() {
                request = request
                    .header(header::AUTHORIZATION, token)
                    .header(API_VERSION.0, API_VERSION.1);
            }
            let started = self.client.clock.now();
            let response = request.send().await.map_err(|error| describe(&error))?;
            if response.status().as_u16() == 200 {
                let (head, got) = consume(response, keep).await?;
                self.client
                    .log(&Method::GET, &url, started, &Ok(head.clone()));
                return Ok((head, Some(got)));
            }
            let answer = self.client.without_token(Answer::read(response).await?);
            self.client
                .log(&Method::GET, &url, started, &Ok(answer.clone()));
            match answer.location() {
                Some(location) => {
                    url = origin::redirected(&url, location).map_err(|cause| cause.to_string())?;
                }
                None => return Ok((answer, None)),
            }
        }
        Err("GitHub redirects again and again".into())
    }
}

/// What becomes of bytes once they are hashed.
#[derive(Clone, Copy)]
enum Keep {
    Nothing,
    AtMost(u64),
}

struct Downloaded {
    digest: Digest,
    kept: Bytes,
}

async fn consume(
    mut response: reqwest::Response,
    keep: Keep,
) -> Result<(Answer, Result<Downloaded, Cause>), String> {
    let mut hasher = DigestHasher::default();
    let mut kept = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        hasher.update(&chunk);
        if let Keep::AtMost(limit) = keep {
            kept.extend_from_slice(&chunk);
            if kept.len() as u64 > limit {
                let large = broken(format!("the asset has more than {limit} bytes"));
                return Ok((Answer::head(&mut response), Err(large)));
            }
        }
    }
    let got = Downloaded {
        digest: hasher.finish(),
        kept: kept.into(),
    };
    Ok((Answer::head(&mut response), Ok(got)))
}

/// What GitHub says it stored must be what was sent; its digest may come later.
fn check(stored: models::Asset, name: &AssetName, file: &LocalFile) -> Result<AssetId, Cause> {
    let asset = stored.seen();
    if asset.name != name.as_str() {
        return Err(broken(format!("GitHub stored it as {:?}", asset.name)));
    }
    if asset.size != file.size {
        return Err(broken(format!(
            "GitHub stored {} bytes of {}",
            asset.size, file.size
        )));
    }
    if let Some(digest) = asset.digest.filter(|digest| *digest != file.digest) {
        return Err(broken(format!(
            "GitHub stored {digest}, and {} was to be sent: the file was changed on the way",
            file.digest
        )));
    }
    Ok(asset.id)
}

/// A file's first `size` bytes, counted as they are taken.
fn chunks(
    file: File,
    size: u64,
    taken: Arc<AtomicU64>,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::try_unfold((file.take(size), taken), |(mut file, taken)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        taken.fetch_add(read as u64, Ordering::Relaxed);
        Ok((read > 0).then(|| (chunk.freeze(), (file, taken))))
    })
}

/// Gives up on an exchange when, for as long as `stall`, it neither ends nor moves on.
async fn while_moving<T>(
    moved: &AtomicU64,
    stall: Duration,
    exchange: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let mut exchange = pin!(exchange);
    let mut before = moved.load(Ordering::Relaxed);
    loop {
        if let Ok(outcome) = tokio::time::timeout(stall, exchange.as_mut()).await {
            return outcome;
        }
        let now = moved.load(Ordering::Relaxed);
        if now == before {
            return Err(format!(
                "the upload stalled for {} s after {now} bytes",
                stall.as_secs()
            ));
        }
        before = now;
    }
}

/// So that a browser shows or saves the asset as what it is.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "yaml" | "yml" => "application/yaml",
        "json" => "application/json",
        "tgz" | "gz" => "application/gzip",
        "tar" => "application/x-tar",
        "zip" => "application/zip",
        "txt" | "md" | "sha256" => "text/plain; charset=utf-8",
        _ => OCTETS,
    }
}

fn broken(detail: String) -> Cause {
    Cause::Broken { detail }
}
