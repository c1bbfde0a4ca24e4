//! Archives of logs below the working folder.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join;

use super::Files;
use super::failure::broken;
use super::pieces::pieces;
use super::safe_path::{PartialPath, SafePath};
use super::zip::ZipWriter;
use crate::protocol::{ByteStream, LogArchive, LogArchives, ServiceError, StoredLog};

/// A ZIP archive under a hidden name.
struct ZipOfLogs {
    files: Files,
    path: PathBuf,
    place: SafePath,
    part: PartialPath,
    /// `None` after an `add` that was not awaited to its end.
    zip: Option<ZipWriter>,
}

#[async_trait]
impl LogArchives for Files {
    async fn begin(&self, path: &Path) -> Result<Box<dyn LogArchive>, ServiceError> {
        let (place, part, file) = self
            .blocking("write", path, |root, path| {
                let place = root.place(path)?;
                let (part, file) = PartialPath::file(&place)?;
                Ok((place, part, file))
            })
            .await?;
        Ok(Box::new(ZipOfLogs {
            files: self.clone(),
            path: path.to_owned(),
            place,
            part,
            zip: Some(ZipWriter::new(file)),
        }))
    }
}

impl ZipOfLogs {
    fn taken(&mut self) -> Result<ZipWriter, ServiceError> {
        self.zip.take().ok_or_else(|| {
            ServiceError::new(
                format!("write {}", self.path.display()),
                broken("an earlier file of it was not written to its end"),
            )
        })
    }
}

#[async_trait]
impl LogArchive for ZipOfLogs {
    async fn add(
        &mut self,
        name: &str,
        bytes: ByteStream,
        limit: u64,
    ) -> Result<StoredLog, ServiceError> {
        let mut zip = self.taken()?;
        let name = name.to_owned();
        let (sender, mut reader) = pieces();
        let writing = self.files.blocking("write", &self.path, move |_, _| {
            let stored = zip.add(&name, &mut reader, limit);
            Ok((zip, stored.map_err(broken)))
        });
        // A stream that fails ends the writing, which then has less to say.
        let (sent, written) = join(sender.send_all(bytes), writing).await;
        let (zip, stored) = written?;
        self.zip = Some(zip);
        sent?;
        stored.map_err(|cause| ServiceError::new(format!("write {}", self.path.display()), cause))
    }

    async fn finish(mut self: Box<Self>, name: &str, bytes: Bytes) -> Result<(), ServiceError> {
        let mut zip = self.taken()?;
        let Self {
            files,
            path,
            place,
            part,
            ..
        } = *self;
        let name = name.to_owned();
        files
            .blocking("write", &path, move |_, _| {
                zip.add(&name, &mut bytes.as_ref(), u64::MAX)
                    .and_then(|_| zip.finish())
                    .map_err(broken)?;
                part.rename_to(&place)
            })
            .await
    }
}
