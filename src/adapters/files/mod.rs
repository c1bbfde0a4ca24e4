//! Files below the working folder. Nothing outside of it is read or written, regardless of paths and archive content.

mod cancel;
mod failure;
mod layer;
mod log_archive;
mod pieces;
mod private;
mod safe_path;
mod system;
mod taken;
mod unpack;
mod zip;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::join;
use futures_util::{TryStreamExt as _, stream};
use tokio::io::{AsyncWriteExt as _, BufWriter};
use tokio::task::spawn_blocking;

use crate::domain::{Digest, DigestHasher};
use crate::protocol::{
    ArchiveContent, ByteStream, Cause, FilesReader, FilesWriter, LayerHolds, LocalFile, SeenLayer,
    ServiceError,
};
use cancel::CancelOnDrop;
use failure::{broken, cannot_read, unreadable};
use pieces::pieces;
use safe_path::{PartialPath, Root};
use system::FileState;
use taken::TakenFiles;

const PIECE: usize = 256 << 10;

/// Reads and writes files below one folder. Clones share what is known of files that were taken out of layers.
#[derive(Clone, Debug)]
pub struct Files {
    root: Root,
    taken: TakenFiles,
}

impl Files {
    /// `root` is the folder that paths are relative to, and that must contain all absolute paths.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self {
            root: Root::new(root.into()),
            taken: TakenFiles::default(),
        }
    }

    /// Runs blocking work on a thread for it, and adds to its failure what was being done.
    async fn blocking<T: Send + 'static>(
        &self,
        doing: &str,
        path: &Path,
        work: impl FnOnce(&Root, &Path) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (root, path) = (self.root.clone(), path.to_owned());
        let doing = format!("{doing} {}", path.display());
        spawn_blocking(move || work(&root, &path))
            .await
            .unwrap_or_else(|e| Err(broken(e.to_string())))
            .map_err(|cause| ServiceError::new(doing, cause))
    }
}

#[async_trait]
impl FilesReader for Files {
    async fn file(&self, path: &Path) -> Result<Option<LocalFile>, ServiceError> {
        let cancel = CancelOnDrop::default();
        let (reading, taken) = (cancel.reading(), self.taken.clone());
        self.blocking("read", path, move |root, path| {
            let Some(opened) = open(root, path)? else {
                return Ok(None);
            };
            let seen = opened.1.metadata().map_err(broken)?;
            if let Some(known) = taken.get(path, Some(&seen))
                && let LayerHolds::File(digest) = known.holds
            {
                return Ok(Some(LocalFile {
                    path: opened.0,
                    size: seen.len(),
                    digest,
                }));
            }
            let mut file = reading.of(opened);
            let (mut size, mut hasher) = (0, DigestHasher::default());
            let mut piece = vec![0; PIECE];
            loop {
                let read = file.read(&mut piece).map_err(broken)?;
                if read == 0 {
                    break;
                }
                size += read as u64;
                hasher.update(piece.get(..read).unwrap_or_default());
            }
            Ok(Some(LocalFile {
                path: file.path,
                size,
                digest: hasher.finish(),
            }))
        })
        .await
    }

    async fn layer(&self, path: &Path) -> Result<Option<SeenLayer>, ServiceError> {
        let cancel = CancelOnDrop::default();
        let (reading, taken) = (cancel.reading(), self.taken.clone());
        self.blocking("read", path, move |root, path| {
            let opened = open(root, path)?;
            let there = opened.as_ref().map(|(_, file)| file.metadata());
            let there = there.transpose().map_err(broken)?;
            match (taken.get(path, there.as_ref()), opened) {
                (Some(known), _) => Ok(Some(known)),
                (None, Some(opened)) => layer::look_into(reading.of(opened)).map(Some),
                (None, None) => Ok(None),
            }
        })
        .await
    }

    async fn is_raw_manifest(&self, path: &Path) -> Result<bool, ServiceError> {
        let cancel = CancelOnDrop::default();
        let reading = cancel.reading();
        self.blocking("read", path, |root, path| {
            let opened = open_existing(root, path)?;
            layer::is_raw_manifest(reading.of(opened))
        })
        .await
    }

    async fn is_executable(&self, path: &Path) -> Result<bool, ServiceError> {
        self.blocking("read", path, |root, path| {
            let (_, file) = open_existing(root, path)?;
            let seen = file.metadata().map_err(broken)?;
            Ok(system::is_executable(&seen))
        })
        .await
    }

    async fn read(&self, path: &Path, limit: u64) -> Result<Option<Bytes>, ServiceError> {
        self.blocking("read", path, move |root, path| {
            let Some((_, file)) = open(root, path)? else {
                return Ok(None);
            };
            let mut bytes = Vec::new();
            file.take(limit.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(broken)?;
            if bytes.len() as u64 > limit {
                return Err(broken(format!("has more than {limit} bytes")));
            }
            Ok(Some(bytes.into()))
        })
        .await
    }
}

#[async_trait]
impl FilesWriter for Files {
    async fn save(&self, path: &Path, mut bytes: ByteStream) -> Result<(), ServiceError> {
        let saving =
            |e: io::Error| ServiceError::new(format!("write {}", path.display()), broken(e));
        let (place, part, file) = self
            .blocking("write", path, |root, path| {
                let place = root.place(path)?;
                let (part, file) = PartialPath::file(&place)?;
                Ok((place, part, file))
            })
            .await?;
        let mut file = BufWriter::with_capacity(PIECE, tokio::fs::File::from_std(file));
        while let Some(piece) = bytes.try_next().await? {
            file.write_all(&piece).await.map_err(saving)?;
        }
        file.flush().await.map_err(saving)?;
        file.get_ref().sync_all().await.map_err(saving)?;
        self.blocking("write", path, move |_, _| part.rename_to(&place))
            .await
    }

    async fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ServiceError> {
        let whole = Bytes::copy_from_slice(bytes);
        let stream = stream::once(async { Ok(whole) });
        self.save(path, Box::pin(stream)).await
    }

    async fn take_from_layer(
        &self,
        layer: Digest,
        bytes: ByteStream,
        file: &Path,
    ) -> Result<(), ServiceError> {
        let (sender, mut reader) = pieces();
        let writing = self.blocking("write", file, move |root, file| {
            let place = root.place(file)?;
            let (part, mut to) = PartialPath::file(&place)?;
            let holds = layer::take(&mut reader, layer, &mut to)?;
            Ok((place, part, holds))
        });
        // A stream that fails ends the writing, which then has less to say.
        let (sent, written) = join(sender.send_all(bytes), writing).await;
        sent?;
        let (place, part, holds) = written?;
        let taken = self.taken.clone();
        self.blocking("write", file, move |_, file| {
            let written = match holds {
                LayerHolds::File(_) => {
                    part.rename_to(&place)?;
                    let seen = fs::metadata(&place.path).map_err(broken)?;
                    Some(FileState::of(&seen))
                }
                LayerHolds::Chart | LayerHolds::Nothing(_) => None,
            };
            let digest = layer;
            taken.put(file, SeenLayer { digest, holds }, written);
            Ok(())
        })
        .await
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<(), ServiceError> {
        let (from, taken) = (from.to_owned(), self.taken.clone());
        self.blocking("write", to, move |root, to| {
            let (source, file) = open_existing(root, &from)?;
            let place = root.place(to)?;
            let before = file.metadata().map_err(broken)?;
            let known = taken.get(&from, Some(&before));
            fs::rename(source, &place.path).map_err(broken)?;
            if let Some(known) = known {
                // The time of its last change is now that of the new name.
                let seen = file.metadata().map_err(broken)?;
                taken.put(to, known, Some(FileState::of(&seen)));
            }
            Ok(())
        })
        .await
    }

    async fn unpack(
        &self,
        archive: &Path,
        folder: &Path,
        content: ArchiveContent,
    ) -> Result<(), ServiceError> {
        let cancel = CancelOnDrop::default();
        let reading = cancel.reading();
        let archive = archive.to_owned();
        self.blocking("unpack to", folder, move |root, folder| {
            let opened = open_existing(root, &archive)?;
            let place = root.place(folder)?;
            let part = PartialPath::folder(&place)?;
            let unpacked = unpack::unpack(reading.of(opened), &part, content);
            unpacked.map_err(|e| unpack::cause(&archive, &e))?;
            // The system refuses to rename over a folder that is not empty.
            part.rename_to(&place)
        })
        .await
    }

    async fn remove(&self, path: &Path) -> Result<(), ServiceError> {
        self.blocking("remove", path, |root, path| {
            let place = root.place(path)?;
            let gone = match fs::symlink_metadata(&place.path) {
                Ok(seen) if seen.is_dir() => fs::remove_dir_all(&place.path),
                Ok(_) => fs::remove_file(&place.path),
                Err(e) => Err(e),
            };
            match gone {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(broken(e)),
                _ => Ok(()),
            }
        })
        .await
    }
}

/// Opens a regular file. Returns it with its absolute path.
fn open(root: &Root, path: &Path) -> Result<Option<(PathBuf, File)>, Cause> {
    let Some(path) = root.existing(path)? else {
        return Ok(None);
    };
    // Checked before it is opened: opening a pipe waits for a writer.
    let is_file = fs::metadata(&path).map(|seen| seen.is_file());
    if !is_file.map_err(|error| cannot_read(&error))? {
        return Err(unreadable(
            "is not a regular file".into(),
            "name a file: a folder, a pipe and a device are not read",
        ));
    }
    let file = File::open(&path).map_err(|error| cannot_read(&error))?;
    Ok(Some((path, file)))
}

fn open_existing(root: &Root, path: &Path) -> Result<(PathBuf, File), Cause> {
    let opened = open(root, path)?;
    opened.ok_or_else(|| broken(format!("{} is not there", path.display())))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::domain::Code;

    #[tokio::test]
    async fn pipe_is_refused_before_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let refused = Files::below(folder.path()).read(&pipe, 9).await;
        let Cause::Explained(why) = refused.unwrap_err().cause else {
            panic!("it has no code");
        };
        assert_eq!(why.code, Code::FileUnreadable);
        assert_eq!(why.seen, "is not a regular file");
    }
}
