//! Layers of a module image, and the files in them. `ocm_module::archive` decides what a layer holds.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::cancel::CancellableFile;
use super::failure::broken;
use crate::domain::{Digest, DigestHasher};
use crate::protocol::{Cause, LayerHolds, SeenLayer};
use ocm_module::archive::{LayerForm, UnpackError, copy_layer_file};
use ocm_module::read::CandidateContent;

const PIECE: usize = 64 << 10;

/// Reads a file as a layer, once.
pub(super) fn look_into(file: CancellableFile) -> Result<SeenLayer, Cause> {
    let mut layer = HashedReader {
        from: file,
        hasher: DigestHasher::default(),
    };
    let mut pieces = BufReader::with_capacity(PIECE, &mut layer);
    let copied = copy_layer_file(&mut pieces, &mut io::sink());
    read_rest(&mut pieces)?;
    let digest = layer.hasher.finish();
    let holds = holds(copied, digest)?;
    Ok(SeenLayer { digest, holds })
}

/// Reads a layer with this digest once, and writes the file in it. What was written is only of use if it holds a file.
pub(super) fn take(
    layer: &mut impl BufRead,
    digest: Digest,
    to: &mut File,
) -> Result<LayerHolds, Cause> {
    let copied = copy_layer_file(&mut *layer, to);
    if let Err(UnpackError::Consumer(error)) = copied {
        return Err(broken(error));
    }
    read_rest(layer)?;
    holds(copied, digest)
}

/// Whether a file is YAML with a `CustomResourceDefinition` among its objects.
pub(super) fn is_raw_manifest(file: CancellableFile) -> Result<bool, Cause> {
    let seen = CandidateContent::of_file(BufReader::with_capacity(PIECE, file)).map_err(broken)?;
    Ok(seen == CandidateContent::RawManifest)
}

/// An archive may end before the layer does.
fn read_rest(layer: &mut impl BufRead) -> Result<(), Cause> {
    loop {
        let read = layer.fill_buf().map_err(broken)?.len();
        if read == 0 {
            return Ok(());
        }
        layer.consume(read);
    }
}

/// The file in a plain layer has the layer's own digest.
fn holds(copied: Result<LayerForm, UnpackError>, layer: Digest) -> Result<LayerHolds, Cause> {
    match copied {
        Ok(LayerForm::Chart) => Ok(LayerHolds::Chart),
        Ok(LayerForm::Plain) => Ok(LayerHolds::File(layer)),
        Ok(LayerForm::Packed(file)) => Ok(LayerHolds::File(file)),
        Err(UnpackError::Archive(error)) => Ok(LayerHolds::Nothing(error.with_code())),
        Err(UnpackError::Consumer(error)) => Err(broken(error)),
    }
}

struct HashedReader<R> {
    from: R,
    hasher: DigestHasher,
}

impl<R: Read> Read for HashedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};

    use super::super::Files;
    use super::*;
    use crate::domain::{Code, FormatCode};
    use crate::protocol::{ByteStream, FilesReader as _, FilesWriter as _, ServiceError};

    const TEXT: &[u8] = b"kind: CustomResourceDefinition\n";

    fn in_tar(name: &str) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(TEXT.len() as u64);
        tar.append_data(&mut header, name, TEXT).unwrap();
        tar.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    /// The bytes in pieces of this length.
    fn in_pieces(bytes: &[u8], length: usize) -> ByteStream {
        let pieces: Vec<_> = bytes.chunks(length).map(Bytes::copy_from_slice).collect();
        stream::iter(pieces.into_iter().map(Ok)).boxed()
    }

    fn broken_stream(bytes: &[u8]) -> ByteStream {
        let error = ServiceError::new("read", broken("another digest"));
        let error = stream::once(async { Err(error) });
        in_pieces(bytes, 7).chain(error).boxed()
    }

    #[tokio::test]
    async fn file_is_taken_out_of_its_layer_however_it_is_packed() {
        let long = b"# a line\n".repeat(50_000);
        for (layer, text) in [
            (TEXT.to_vec(), TEXT),
            (gzip(TEXT), TEXT),
            (in_tar("x.yaml"), TEXT),
            (gzip(&in_tar("x.yaml")), TEXT),
            (long.clone(), &long),
            (gzip(&long), &long),
            // What comes after the archive is of the layer.
            ([in_tar("x.yaml"), vec![0; 100_000]].concat(), TEXT),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let files = Files::below(folder.path());
            let file = Path::new("out/file");
            assert_eq!(files.layer(file).await.unwrap(), None);
            let digest = Digest::of(&layer);
            for length in [1, 600, layer.len()] {
                // A thread is woken for each piece.
                if length == 1 && layer.len() > 10_000 {
                    continue;
                }
                let bytes = in_pieces(&layer, length);
                files.take_from_layer(digest, bytes, file).await.unwrap();
                let holds = LayerHolds::File(Digest::of(text));
                let seen = files.layer(file).await.unwrap();
                assert_eq!(seen, Some(SeenLayer { digest, holds }));
                let taken = files.file(file).await.unwrap().unwrap();
                assert_eq!(taken.digest, Digest::of(text));
                assert_eq!(taken.size, text.len() as u64);
                assert_eq!(fs::read(folder.path().join("out/file")).unwrap(), text);
                assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 1);
            }
        }
    }

    #[tokio::test]
    async fn file_that_was_changed_since_it_was_taken_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        let (file, layer) = (Path::new("file"), gzip(TEXT));
        let take = files.take_from_layer(Digest::of(&layer), in_pieces(&layer, 9), file);
        take.await.unwrap();
        // Of the same size, and with the same time.
        let path = folder.path().join("file");
        let times = fs::metadata(&path).unwrap().modified().unwrap();
        let other = TEXT.to_ascii_uppercase();
        fs::remove_file(&path).unwrap();
        fs::write(&path, &other).unwrap();
        File::open(&path).unwrap().set_modified(times).unwrap();
        let seen = files.file(file).await.unwrap().unwrap();
        assert_eq!(seen.digest, Digest::of(&other));
        let digest = Digest::of(&other);
        let holds = LayerHolds::File(digest);
        let seen = files.layer(file).await.unwrap();
        assert_eq!(seen, Some(SeenLayer { digest, holds }));
        fs::remove_file(&path).unwrap();
        assert_eq!(files.layer(file).await.unwrap(), None);
        assert_eq!(files.file(file).await.unwrap(), None);
    }

    #[tokio::test]
    async fn layer_without_a_file_is_told_apart_and_leaves_nothing() {
        let whole = gzip(&in_tar("x.yaml"));
        for (layer, code) in [
            (in_tar("Chart.yaml"), None),
            (b"a: \0".to_vec(), Some(FormatCode::ArchiveInvalid)),
            (whole[..30].to_vec(), Some(FormatCode::ArchiveInvalid)),
            (vec![], Some(FormatCode::ArchiveInvalid)),
            (gzip(&vec![0; 40 << 20]), Some(FormatCode::ArchiveInvalid)),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let files = Files::below(folder.path());
            let file = Path::new("file");
            let bytes = in_pieces(&layer, 10_000);
            let digest = Digest::of(&layer);
            files.take_from_layer(digest, bytes, file).await.unwrap();
            let seen = files.layer(file).await.unwrap().unwrap();
            assert_eq!(seen.digest, digest);
            match seen.holds {
                LayerHolds::Chart => assert_eq!(code, None),
                LayerHolds::Nothing(why) => assert_eq!(Some(why.code), code.map(Code::Format)),
                LayerHolds::File(_) => panic!("{code:?}"),
            }
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
            // The same of a file that is there.
            fs::write(folder.path().join("other"), &layer).unwrap();
            let other = files.layer(Path::new("other")).await.unwrap().unwrap();
            assert_eq!(other.digest, digest);
            assert!(!matches!(other.holds, LayerHolds::File(_)));
        }
    }

    #[tokio::test]
    async fn stream_that_fails_leaves_what_was_there() {
        for layer in [TEXT.to_vec(), gzip(TEXT), in_tar("x"), b"a: \0".to_vec()] {
            for there in [None, Some(b"before")] {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("file");
                if let Some(there) = there {
                    fs::write(&path, there).unwrap();
                }
                let files = Files::below(folder.path());
                let file = Path::new("file");
                let bytes = broken_stream(&layer);
                let taken = files.take_from_layer(Digest::of(&layer), bytes, file).await;
                assert!(taken.unwrap_err().to_string().contains("another digest"));
                let left = fs::read_dir(folder.path()).unwrap().count();
                assert_eq!(left, usize::from(there.is_some()));
                let seen = files.layer(file).await.unwrap().map(|seen| seen.digest);
                assert_eq!(seen, there.map(|there| Digest::of(there)));
            }
        }
    }

    #[tokio::test]
    async fn stream_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        // The test can tell when all pieces were taken.
        let (gone, all_taken) = tokio::sync::oneshot::channel::<()>();
        let silence = stream::once(async move {
            drop(gone);
            std::future::pending().await
        });
        let bytes = in_pieces(TEXT, 3).chain(silence).boxed();
        let taking = files.take_from_layer(Digest::of(TEXT), bytes, Path::new("file"));
        tokio::select! {
            _ = taking => panic!("the stream has no end"),
            _ = all_taken => {}
        }
        // The thread ends by itself; the test's runtime waits for it.
        for _ in 0..1000 {
            if fs::read_dir(folder.path()).unwrap().count() == 0 {
                return;
            }
            tokio::task::spawn_blocking(std::thread::yield_now)
                .await
                .unwrap();
        }
        panic!("something was left");
    }
}
