//! A file as the body of a request, and how far it has been taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

const CHUNK: usize = 128 << 10;

/// How many bytes of an upload the connection has taken so far. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct UploadProgress(Arc<AtomicU64>);

impl UploadProgress {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// The first `size` bytes of a file as a body that is read while it is sent.
pub(crate) fn file_body(mut file: File, size: u64, progress: &UploadProgress) -> reqwest::Body {
    file.set_max_buf_size(CHUNK);
    let start = (file.take(size), progress.clone());
    reqwest::Body::wrap_stream(stream::try_unfold(
        start,
        |(mut file, progress)| async move {
            let mut chunk = BytesMut::with_capacity(CHUNK);
            let read = file.read_buf(&mut chunk).await?;
            progress.add(read);
            Ok::<_, std::io::Error>((read > 0).then(|| (chunk.freeze(), (file, progress))))
        },
    ))
}
