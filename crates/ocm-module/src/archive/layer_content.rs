//! A layer that holds one file: as it is, compressed, or in a tar. Its bytes decide, since tools have written wrong media types.

use std::io::Read as _;

use tar::Header;

use super::bounded_reader::BoundedReader;
use super::unpack::is_chart_file;
use super::{
    AbsolutePaths, ArchiveLimits, MIB, UnpackError, invalid_archive, unpack_archive, unreadable,
};
use crate::Diagnostic;

/// What a layer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerContent {
    /// The layer itself, or the first file of its tar, which is the one that Lifecycle Manager uses regardless of its
    /// name.
    File(Vec<u8>),
    /// A tar with a `Chart.yaml`, in its folder or the one below.
    Chart,
}

/// Whether bytes are a tar. Not all tars have a magic number, but the first header has its checksum, which no text has.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    let Some(block) = bytes.get(..512) else {
        return false;
    };
    let is_checksum = |at: usize| (148..156).contains(&at);
    let byte = |(at, byte): (usize, &u8)| u32::from(if is_checksum(at) { b' ' } else { *byte });
    let sum: u32 = block.iter().enumerate().map(byte).sum();
    let written = Header::from_byte_slice(block).cksum();
    written.is_ok_and(|written| written == sum) || block.iter().all(|byte| *byte == 0)
}

fn limits() -> ArchiveLimits {
    ArchiveLimits {
        total_bytes: 64 * MIB,
        // Nothing is written under the file's name.
        absolute_paths: AbsolutePaths::Relative,
        ..ArchiveLimits::default()
    }
}

/// A layer without its compression, at most 64 MiB and not empty.
pub(crate) fn decompressed(layer: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let limits = limits();
    let mut bytes = Vec::new();
    let read = BoundedReader::open(layer, &limits).and_then(|mut reader| {
        reader.allow(limits.total_bytes);
        reader.read_to_end(&mut bytes)
    });
    if read.map_err(|error| unreadable(&error))? == 0 {
        return Err(invalid_archive("is empty"));
    }
    Ok(bytes)
}

/// Whether a tar has an entry of exactly this name.
pub(crate) fn has_entry(tar: &[u8], name: &str) -> bool {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().into_iter().flatten();
    let mut read = entries.take_while(Result::is_ok).flatten();
    read.any(|entry| *entry.path_bytes() == *name.as_bytes())
}

impl LayerContent {
    /// Decompresses a layer and takes its file out of its tar, at most 64 MiB.
    ///
    /// # Errors
    ///
    /// [`ArchiveInvalid`](crate::FormatCode::ArchiveInvalid) for a layer that is empty, damaged, too large, or neither a
    /// text nor a tar with a text.
    pub fn read(layer: &[u8]) -> Result<Self, Diagnostic> {
        let bytes = decompressed(layer)?;
        let content = if is_tar(&bytes) {
            Self::in_tar(&bytes, &limits())?
        } else {
            Self::File(bytes)
        };
        match &content {
            Self::File(file) if !is_text(file) => {
                Err(invalid_archive("holds neither a text nor a tar"))
            }
            _ => Ok(content),
        }
    }

    fn in_tar(tar: &[u8], limits: &ArchiveLimits) -> Result<Self, Diagnostic> {
        let (mut first, mut chart) = (None, false);
        let read = unpack_archive(tar, limits, &mut |file| {
            chart |= is_chart_file(file.path);
            if first.is_none() {
                let mut bytes = Vec::new();
                file.content.read_to_end(&mut bytes)?;
                first = Some(bytes);
            }
            Ok(())
        });
        match (read, first) {
            (Err(UnpackError::Archive(error)), _) => Err(error),
            (Err(UnpackError::Consumer(error)), _) => Err(unreadable(&error)),
            (Ok(()), _) if chart => Ok(Self::Chart),
            (Ok(()), Some(bytes)) => Ok(Self::File(bytes)),
            (Ok(()), None) => Err(invalid_archive("holds no file")),
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FormatCode;
    use crate::archive::tests::{FILE, gzip, tar};
    use crate::archive::{TarEntry, write_tar};

    const TEXT: &[u8] = b"kind: CustomResourceDefinition\n";

    #[test]
    fn reads_a_file_plain_compressed_or_in_a_tar() {
        let ours = write_tar([TarEntry::file("manifest.yaml", TEXT)]).unwrap();
        let mac = tar(&[
            ("._x.yaml", FILE, b"fork"),
            ("/x.yaml", FILE, TEXT),
            ("y.yaml", FILE, b"b: 2\n"),
        ]);
        for layer in [
            TEXT.to_vec(),
            gzip(TEXT),
            ours.clone(),
            gzip(&ours),
            mac.clone(),
            gzip(&mac),
        ] {
            assert_eq!(
                LayerContent::read(&layer).unwrap(),
                LayerContent::File(TEXT.to_vec())
            );
        }
        // No tar is that short, and none that long has another checksum.
        for text in [b"a: 1\n".to_vec(), [b'#'; 4096].to_vec()] {
            assert_eq!(LayerContent::read(&text).unwrap(), LayerContent::File(text));
        }
    }

    #[test]
    fn the_longest_file_is_read_in_whatever_form_it_is_packed() {
        use crate::archive::{MAX_FILE, MAX_FILE_LAYER, write_gzip};
        // Text that compresses little, so that the compressed form is as long as can be.
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'!' + (state >> 24) as u8 % 90
        };
        let noise: Vec<u8> = (0..=MAX_FILE).map(|_| next()).collect();
        for (shorter, compress) in [(0, true), (1, false), (2048, false)] {
            let text = &noise[..noise.len() - 1 - shorter];
            let tar = write_tar([TarEntry::file("manifest.yaml", text)]).unwrap();
            let compressed = compress.then(|| write_gzip(&tar).unwrap());
            for layer in compressed.iter().chain([&tar]) {
                assert!(layer.len() as u64 <= MAX_FILE_LAYER, "{}", layer.len());
                assert!(LayerContent::read(layer).unwrap() == LayerContent::File(text.to_vec()));
            }
        }
        let longer = write_tar([TarEntry::file("manifest.yaml", &noise)]).unwrap();
        let error = LayerContent::read(&longer).unwrap_err();
        assert!(error.seen.contains("are the limit"), "{error}");
    }

    #[test]
    fn a_tar_with_chart_yaml_is_a_chart() {
        for (name, chart) in [
            ("Chart.yaml", true),
            ("./btp-operator/Chart.yaml", true),
            ("a/charts/Chart.yaml", false),
            ("my-Chart.yaml", false),
        ] {
            let layer = tar(&[("first", FILE, b"x"), (name, FILE, b"name: x\n")]);
            for layer in [layer.clone(), gzip(&layer)] {
                assert_eq!(
                    LayerContent::read(&layer).unwrap() == LayerContent::Chart,
                    chart,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn layers_that_are_neither_text_nor_tar_are_refused() {
        let whole = write_tar([TarEntry::file("x", TEXT)]).unwrap();
        for (layer, why) in [
            (vec![], "is empty"),
            (gzip(b""), "is empty"),
            (vec![0; 1024], "holds no file"),
            (b"a: \0".to_vec(), "holds neither a text nor a tar"),
            (vec![0xff; 2000], "holds neither a text nor a tar"),
            (whole[..520].to_vec(), "ends after 8 of 31 bytes"),
            (gzip(&whole)[..30].to_vec(), "cannot be read"),
            (gzip(&vec![b' '; 40 << 20]), "expands to more than"),
        ] {
            let error = LayerContent::read(&layer).unwrap_err();
            assert!(error.seen.contains(why), "{why}: {error}");
            assert_eq!(error.code, FormatCode::ArchiveInvalid);
        }
    }
}
