//! Copies of layers of a module image. `ocm_module::archive` decides what a layer holds.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, Write};

use super::cancel::CancellableFile;
use super::failure::broken;
use super::safe_path::{PartialPath, SafePath};
use crate::domain::DigestHasher;
use crate::protocol::{Cause, LayerCopy, LayerHolds};
use ocm_module::archive::{LAYER_HEAD, LayerForm, UnpackError, copy_layer_file, is_packed};

/// Reads a copy once, and hashes both the layer and the file in it.
pub(super) fn look_into(mut file: CancellableFile) -> Result<LayerCopy, Cause> {
    let packed = starts_packed(&mut file.file)?;
    let mut layer = HashedReader {
        from: file,
        hasher: DigestHasher::default(),
    };
    // The file in a plain layer has the layer's own digest.
    let mut content = HashedWriter(packed.then(DigestHasher::default));
    let copied = copy_layer_file(&mut layer, &mut content);
    if layer.from.is_cancelled() {
        return Err(broken("reading was cancelled"));
    }
    // An archive may end before the layer does.
    io::copy(&mut layer, &mut io::sink()).map_err(broken)?;
    let digest = layer.hasher.finish();
    let holds = match copied {
        Ok(LayerForm::Chart) => LayerHolds::Chart,
        Ok(LayerForm::Plain | LayerForm::Packed) => {
            LayerHolds::File(content.0.map_or(digest, DigestHasher::finish))
        }
        Err(UnpackError::Archive(error)) => LayerHolds::Nothing(error.with_code()),
        Err(UnpackError::Consumer(error)) => return Err(broken(error)),
    };
    Ok(LayerCopy { digest, holds })
}

/// Moves a copy that is the file, or writes the file in it.
pub(super) fn take(mut layer: CancellableFile, place: &SafePath) -> Result<(), Cause> {
    if !starts_packed(&mut layer.file)? {
        return fs::rename(&layer.path, &place.path).map_err(broken);
    }
    let (part, mut file) = PartialPath::file(place)?;
    copy_layer_file(layer, &mut file).map_err(|e| broken(e.to_string()))?;
    file.sync_all().map_err(broken)?;
    part.rename_to(place)
}

fn starts_packed(file: &mut File) -> Result<bool, Cause> {
    let mut head = Vec::with_capacity(LAYER_HEAD);
    let first = file.take(LAYER_HEAD as u64).read_to_end(&mut head);
    first.and_then(|_| file.rewind()).map_err(broken)?;
    Ok(is_packed(&head))
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

/// Hashes what is written, if it is asked for.
struct HashedWriter(Option<DigestHasher>);

impl Write for HashedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(hasher) = &mut self.0 {
            hasher.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Files;
    use super::*;
    use crate::domain::{Code, Digest, FormatCode};
    use crate::protocol::{FilesReader as _, FilesWriter as _};

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

    #[tokio::test]
    async fn file_is_taken_out_of_its_layer_however_it_is_packed() {
        for (layer, is_moved) in [
            (TEXT.to_vec(), true),
            (gzip(TEXT), false),
            (in_tar("x.yaml"), false),
            (gzip(&in_tar("x.yaml")), false),
            // What comes after the archive is of the layer.
            ([in_tar("x.yaml"), vec![0; 100_000]].concat(), false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let files = Files::below(folder.path());
            let (copy, file) = (Path::new("copies/layer"), Path::new("out/file"));
            assert_eq!(files.layer(copy).await.unwrap(), None);
            files.write(copy, &layer).await.unwrap();
            let seen = files.layer(copy).await.unwrap().unwrap();
            let holds = LayerHolds::File(Digest::of(TEXT));
            let digest = Digest::of(&layer);
            assert_eq!(seen, LayerCopy { digest, holds });
            files.take_from_layer(copy, file).await.unwrap();
            let taken = files.file(file).await.unwrap().unwrap();
            assert_eq!(taken.digest, Digest::of(TEXT));
            assert_eq!(files.file(copy).await.unwrap().is_none(), is_moved);
        }
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
            let copy = Path::new("layer");
            files.write(copy, &layer).await.unwrap();
            match files.layer(copy).await.unwrap().unwrap().holds {
                LayerHolds::Chart => assert_eq!(code, None),
                LayerHolds::Nothing(why) => assert_eq!(Some(why.code), code.map(Code::Format)),
                LayerHolds::File(_) => panic!("{code:?}"),
            }
            if starts_packed(&mut File::open(folder.path().join("layer")).unwrap()).unwrap()
                && code.is_some()
            {
                assert!(
                    files
                        .take_from_layer(copy, Path::new("file"))
                        .await
                        .is_err()
                );
                assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            }
        }
    }
}
