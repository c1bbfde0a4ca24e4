//! Uploads and downloads of assets, in constant memory.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use reqwest::Response;
use tokio::fs::File;
use url::Url;

use super::answer::GitHubAnswer;
use super::client::{API_VERSION, JSON, success};
use super::download::DownloadAnswer;
use super::rate_limit::RequestKind;
use super::{GitHub, models, origin};
use crate::adapters::http::{UploadProgress, describe, file_body};
use crate::domain::{AssetName, Digest, DigestHasher};
use crate::protocol::{AssetId, Cause, LocalFile, ReleaseId, SeenAsset};

const OCTETS: &str = "application/octet-stream";
/// The lowest rate of an upload in bytes per second. A slower one would take longer for 2 GiB than a job may.
const LOWEST_RATE: u64 = 128 << 10;

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
                "{path} has {size} bytes, and had {} when its digest was computed",
                file.size
            )));
        }
        let answer = self
            .client
            .limited(RequestKind::Upload, async |token| {
                let answer = self.upload_once(token, &url, name, file).await?;
                Ok((self.client.signals(&answer), answer))
            })
            .await?;
        let stored: models::Asset = success(&answer)?.json()?;
        check_stored(stored, name, file)
    }

    /// The URI template for uploads to a release. It never changes, and is read once.
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
        authorization: HeaderValue,
        url: &Url,
        name: &AssetName,
        file: &LocalFile,
    ) -> Result<GitHubAnswer, Cause> {
        let opened = File::open(&file.path).await;
        let opened =
            opened.map_err(|error| unknown(format!("the file cannot be opened: {error}")))?;
        let progress = UploadProgress::default();
        let body = file_body(opened, file.size, &progress);
        let request = self
            .client
            .http
            .transfers()
            .post(url.clone())
            .header(header::AUTHORIZATION, &authorization)
            .header(header::ACCEPT, JSON)
            .header(API_VERSION.0, API_VERSION.1)
            .header(header::CONTENT_TYPE, media_type(name.as_str()))
            .header(header::CONTENT_LENGTH, file.size)
            .body(body);
        let started = self.client.clock.now();
        let _under_way = self.client.http.begin(&Method::POST, url);
        let stall = self.client.stall_timeout;
        let exchange = while_moving(&progress, stall, async {
            let response = request.send().await;
            let response = response.map_err(|error| self.client.http.no_answer(url, &error))?;
            GitHubAnswer::read(url, response).await
        });
        let most = stall * 3 + Duration::from_secs(file.size / LOWEST_RATE);
        let outcome = tokio::time::timeout(most, exchange)
            .await
            .unwrap_or_else(|_| Err(unknown(format!("not uploaded within {} s", most.as_secs()))));
        self.client.log(&Method::POST, url, started, &outcome);
        outcome.map(|answer| answer.without(&authorization))
    }

    pub(super) async fn download_and_hash(&self, asset: &SeenAsset) -> Result<Digest, Cause> {
        self.download(asset, Keep::Nothing)
            .await
            .map(|got| got.digest)
    }

    pub(super) async fn download_and_keep(
        &self,
        asset: &SeenAsset,
        limit: u64,
    ) -> Result<Bytes, Cause> {
        if asset.size > limit {
            return Err(broken(format!("the asset has more than {limit} bytes")));
        }
        let got = self.download(asset, Keep::Everything).await?;
        match asset.digest {
            Some(digest) if digest != got.digest => Err(broken(format!(
                "its bytes are {}, and GitHub says {digest}",
                got.digest
            ))),
            _ => Ok(got.kept),
        }
    }

    /// Whether a download succeeds or is redirected without a token.
    pub(super) async fn is_downloadable_by_anyone(&self, url: &str) -> Result<bool, Cause> {
        let url =
            Url::parse(url).map_err(|error| broken(format!("{url:?} is no address: {error}")))?;
        let answer = self
            .client
            .rate_limit
            .send(RequestKind::Read, || async {
                let _under_way = self.client.http.begin(&Method::HEAD, &url);
                let request = self.client.http.answers().head(url.clone());
                let response = request.send().await;
                let response =
                    response.map_err(|error| self.client.http.no_answer(&url, &error))?;
                let answer = GitHubAnswer::read(&url, response).await?;
                Ok((self.client.signals(&answer), answer))
            })
            .await?;
        Ok(matches!(answer.status, 200 | 302 | 307))
    }

    /// <https://docs.github.com/en/rest/releases/assets#get-a-release-asset>: the bytes, or a redirect to where they are.
    async fn download(&self, asset: &SeenAsset, keep: Keep) -> Result<Downloaded, Cause> {
        let url = self.url(&["releases", "assets", &asset.id.to_string()]);
        let (answer, got) = self
            .client
            .limited(RequestKind::Read, async |token| {
                let (answer, got) = self.download_once(token, &url, asset.size, keep).await?;
                Ok((self.client.signals(&answer), (answer, got)))
            })
            .await?;
        match got {
            Some(got) => got,
            None => Err(success(&answer)
                .err()
                .unwrap_or_else(|| broken("GitHub answers without the bytes".into()))),
        }
    }

    /// The bytes, or the answer that came instead of them.
    async fn download_once(
        &self,
        authorization: HeaderValue,
        url: &Url,
        size: u64,
        keep: Keep,
    ) -> Result<(GitHubAnswer, Option<Result<Downloaded, Cause>>), Cause> {
        match self.begin_download(&authorization, url, OCTETS).await? {
            DownloadAnswer::Answer(answer) => Ok((answer, None)),
            DownloadAnswer::Begun {
                head,
                mut response,
                under_way: _until_the_end,
            } => {
                let got = consume(&mut response, size, keep).await?;
                Ok((head, Some(got)))
            }
        }
    }
}

/// Whether downloaded bytes are kept, apart from hashing them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    Everything,
}

struct Downloaded {
    digest: Digest,
    kept: Bytes,
}

/// Reads exactly `size` bytes. A body that ends before is a broken connection, which another attempt may mend.
async fn consume(
    response: &mut Response,
    size: u64,
    keep: Keep,
) -> Result<Result<Downloaded, Cause>, Cause> {
    let mut hasher = DigestHasher::default();
    let mut kept = Vec::new();
    let mut read = 0;
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unknown(describe(&error)))?
    {
        read += chunk.len() as u64;
        if read > size {
            let why = format!("more than the {size} bytes come that GitHub says the asset has");
            return Ok(Err(broken(why)));
        }
        hasher.update(&chunk);
        if keep == Keep::Everything {
            kept.extend_from_slice(&chunk);
        }
    }
    if read < size {
        return Err(unknown(format!(
            "the download ended after {read} of {size} bytes"
        )));
    }
    Ok(Ok(Downloaded {
        digest: hasher.finish(),
        kept: kept.into(),
    }))
}

/// Compares what GitHub stored with what was sent. Its digest may come later.
fn check_stored(
    stored: models::Asset,
    name: &AssetName,
    file: &LocalFile,
) -> Result<AssetId, Cause> {
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

/// Ends an exchange that has neither ended nor progressed within the time of `stall`.
async fn while_moving<T>(
    progress: &UploadProgress,
    stall: Duration,
    exchange: impl Future<Output = Result<T, Cause>>,
) -> Result<T, Cause> {
    let mut exchange = pin!(exchange);
    let mut before = progress.bytes();
    loop {
        if let Ok(outcome) = tokio::time::timeout(stall, exchange.as_mut()).await {
            return outcome;
        }
        let now = progress.bytes();
        if now == before {
            return Err(unknown(format!(
                "the upload stalled for {} s after {now} bytes",
                stall.as_secs()
            )));
        }
        before = now;
    }
}

/// The type under which a browser shows or saves the asset.
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

/// Another attempt may succeed.
fn unknown(detail: String) -> Cause {
    Cause::Unknown { detail }
}

fn broken(detail: String) -> Cause {
    Cause::Broken { detail }
}
