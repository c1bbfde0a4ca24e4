//! A layer that holds one file: as it is, compressed, or in a tar. Its bytes decide, since tools have written wrong media types.

use std::io::{self, BufRead, BufReader, Read, Write};

use tar::Header;

use super::bounded_reader::BoundedReader;
use super::unpack::{is_chart_file, unpack};
use super::{AbsolutePaths, ArchiveLimits, MIB, UnpackError, invalid_archive, is_gzip, unreadable};
use crate::Diagnostic;
use crate::values::{Digest, DigestHasher};

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
        total_bytes: MAX_DECOMPRESSED,
        // Nothing is written under the file's name.
        absolute_paths: AbsolutePaths::Relative,
        ..ArchiveLimits::default()
    }
}

/// A layer without its compression, at most 64 MiB and not empty.
pub(crate) fn decompressed(layer: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let limits = limits();
    let mut bytes = Vec::new();
    let read =
        BoundedReader::open(layer, &limits).and_then(|mut reader| reader.read_to_end(&mut bytes));
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

/// How a layer holds its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerForm {
    /// The layer is the file.
    Plain,
    /// The file, which has this digest, is compressed, in a tar, or both.
    Packed(Digest),
    /// A tar with a `Chart.yaml`, in its folder or the one below.
    Chart,
}

/// The number of bytes at the beginning of a layer that show whether it is compressed or a tar.
const LAYER_HEAD: usize = 512;
/// The largest layer once it is decompressed, in bytes.
const MAX_DECOMPRESSED: u64 = 64 * MIB;
const PIECE: usize = 64 * 1024;

/// Copies the file in a layer, decompressed and taken out of its tar, in one pass and constant memory. What was copied of a
/// [chart](LayerForm::Chart), or before an error, is of no use. The layer may not have been read to its end then, nor where
/// bytes follow an archive.
///
/// A layer that is neither compressed nor a tar may have any size; above 64 MiB it is not checked to be a text.
///
/// # Errors
///
/// As [`LayerContent::read`]; and [`UnpackError::Consumer`] if `to` fails.
pub fn copy_layer_file(
    mut layer: impl BufRead,
    to: &mut dyn Write,
) -> Result<LayerForm, UnpackError> {
    let head = head(&mut layer).map_err(|e| unreadable(&e))?;
    if head.is_empty() {
        return Err(invalid_archive("is empty").into());
    }
    let mut layer = head.as_slice().chain(layer);
    let mut to = TextCopy::new(to);
    let form = if is_gzip(&head) || is_tar(&head) {
        copy_packed(layer, &mut to)?
    } else {
        to.copy(&mut layer)?;
        LayerForm::Plain
    };
    if form == LayerForm::Chart || to.is_text() || to.copied > MAX_DECOMPRESSED {
        Ok(form)
    } else {
        Err(invalid_archive("holds neither a text nor a tar").into())
    }
}

/// The first [`LAYER_HEAD`] bytes, or all.
fn head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(LAYER_HEAD);
    from.take(LAYER_HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn copy_packed(layer: impl BufRead, to: &mut TextCopy<'_>) -> Result<LayerForm, UnpackError> {
    let limits = limits();
    let mut reader = BoundedReader::open(layer, &limits).map_err(|e| unreadable(&e))?;
    let head = head(&mut reader).map_err(|e| unreadable(&e))?;
    if head.is_empty() {
        return Err(invalid_archive("is empty").into());
    }
    let mut whole = BufReader::with_capacity(PIECE, head.chain(reader));
    if is_tar(&head) {
        return copy_from_tar(whole, &limits, to);
    }
    to.hasher = Some(DigestHasher::default());
    to.copy(&mut whole)?;
    let digest = to.hasher.take().unwrap_or_default().finish();
    Ok(LayerForm::Packed(digest))
}

/// Copies the first file of a tar.
fn copy_from_tar(
    tar: impl BufRead,
    limits: &ArchiveLimits,
    to: &mut TextCopy<'_>,
) -> Result<LayerForm, UnpackError> {
    let (mut first, mut chart, mut failed) = (None, false, None);
    let tar = BoundedReader::open(tar, limits).map_err(|e| unreadable(&e))?;
    let seen = unpack(tar, limits, &mut |file| {
        chart |= is_chart_file(file.path);
        if first.is_none() {
            first = Some(file.path.clone());
            let mut content = BufReader::with_capacity(PIECE, file.content);
            failed = to.copy(&mut content).err();
        }
        Ok(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let digest = first.and_then(|first| seen.get(first.as_str()).copied().flatten());
    match digest {
        None => Err(invalid_archive("holds no file").into()),
        Some(_) if chart => Ok(LayerForm::Chart),
        Some(digest) => Ok(LayerForm::Packed(digest)),
    }
}

/// Copies bytes, and notices whether they are a text.
struct TextCopy<'a> {
    to: &'a mut dyn Write,
    /// Of what is copied, where it is wanted.
    hasher: Option<DigestHasher>,
    copied: u64,
    /// The beginning of a character whose end has not come yet.
    begun: Vec<u8>,
    broken: bool,
}

impl<'a> TextCopy<'a> {
    fn new(to: &'a mut dyn Write) -> Self {
        Self {
            to,
            hasher: None,
            copied: 0,
            begun: Vec::new(),
            broken: false,
        }
    }

    fn copy(&mut self, from: &mut dyn BufRead) -> Result<(), UnpackError> {
        loop {
            let bytes = match from.fill_buf() {
                Ok(bytes) => bytes,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(unreadable(&e).into()),
            };
            if bytes.is_empty() {
                return Ok(());
            }
            self.check(bytes);
            if let Some(hasher) = &mut self.hasher {
                hasher.update(bytes);
            }
            self.to.write_all(bytes).map_err(UnpackError::Consumer)?;
            let read = bytes.len();
            self.copied += read as u64;
            from.consume(read);
        }
    }

    fn check(&mut self, mut bytes: &[u8]) {
        // A character has four bytes at most.
        while !self.begun.is_empty() && !self.broken {
            let Some((first, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            self.begun.push(*first);
            let begun = std::mem::take(&mut self.begun);
            self.check_whole(&begun);
        }
        if !self.broken {
            self.check_whole(bytes);
        }
    }

    fn check_whole(&mut self, bytes: &[u8]) {
        self.broken |= bytes.contains(&0);
        if let Err(error) = std::str::from_utf8(bytes) {
            self.broken |= error.error_len().is_some();
            self.begun = bytes.get(error.valid_up_to()..).unwrap_or_default().into();
        }
    }

    fn is_text(&self) -> bool {
        !self.broken && self.begun.is_empty()
    }
}

impl LayerContent {
    /// Decompresses a layer and takes its file out of its tar, at most 64 MiB.
    ///
    /// # Errors
    ///
    /// [`ArchiveInvalid`](crate::FormatCode::ArchiveInvalid) for a layer that is empty, damaged, too large, or neither a
    /// text nor a tar with a text.
    pub fn read(layer: &[u8]) -> Result<Self, Diagnostic> {
        let mut bytes = Vec::new();
        match copy_layer_file(layer, &mut bytes) {
            Ok(LayerForm::Chart) => Ok(Self::Chart),
            Ok(LayerForm::Plain | LayerForm::Packed(_)) => Ok(Self::File(bytes)),
            Err(UnpackError::Archive(error)) => Err(error),
            Err(UnpackError::Consumer(error)) => Err(unreadable(&error)),
        }
    }
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
    fn text_is_recognised_however_it_is_cut_into_pieces() {
        // The pieces end within characters of two to four bytes.
        for shift in 0..4 {
            let text = "-".repeat(shift) + &"aé€😀".repeat(20_000);
            let mut copied = Vec::new();
            let form = copy_layer_file(text.as_bytes(), &mut copied).unwrap();
            assert_eq!((form, copied.len()), (LayerForm::Plain, text.len()));
            for cut in 1..4 {
                let cut = &text.as_bytes()[..text.len() - cut];
                assert!(copy_layer_file(cut, &mut io::sink()).is_err());
            }
            // In pieces of a few bytes as well.
            let pieces = BufReader::with_capacity(7 + shift, text.as_bytes());
            let form = copy_layer_file(pieces, &mut io::sink()).unwrap();
            assert_eq!(form, LayerForm::Plain);
            let mut broken = text.into_bytes();
            broken[PIECE - 1] = 0xff;
            assert!(copy_layer_file(&*broken, &mut io::sink()).is_err());
        }
    }

    #[test]
    fn form_of_a_layer_shows_in_its_first_bytes() {
        let text = "kind: X\n".repeat(100).into_bytes();
        let in_tar = write_tar([TarEntry::file("manifest.yaml", &text)]).unwrap();
        for (layer, form) in [
            (text.clone(), LayerForm::Plain),
            (gzip(&text), LayerForm::Packed(Digest::of(&text))),
            (gzip(&in_tar), LayerForm::Packed(Digest::of(&text))),
            (in_tar, LayerForm::Packed(Digest::of(&text))),
        ] {
            let mut copied = Vec::new();
            assert_eq!(copy_layer_file(&*layer, &mut copied).unwrap(), form);
            assert_eq!(copied, text);
        }
        // Of any size, where nothing is unpacked.
        let of = |bytes| BufReader::new(io::repeat(0xff).take(bytes));
        let large = of(MAX_DECOMPRESSED + 1);
        let form = copy_layer_file(large, &mut io::sink()).unwrap();
        assert_eq!(form, LayerForm::Plain);
        let within = of(MAX_DECOMPRESSED);
        assert!(copy_layer_file(within, &mut io::sink()).is_err());
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
