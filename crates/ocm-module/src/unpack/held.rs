//! A layer that holds one file: as it is, compressed, or in a tar. Tools have labelled layers wrongly, so that its bytes decide.

use std::io::Read as _;

use tar::Header;

use super::bounds::Plain;
use super::{Limits, MIB, UnpackError, files, refuse, refused};
use crate::Diagnostic;

/// What a layer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The layer itself, or the first file of its tar: the one that Lifecycle Manager takes, whatever it is called.
    File(Vec<u8>),
    /// A tar with a `Chart.yaml`, in its folder or the one below.
    Chart,
}

const CHART: &str = "Chart.yaml";

/// A tar has no mark that all of them bear, but the checksum of its first header, which no text has.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    let Some(block) = bytes.get(..512) else {
        return false;
    };
    let is_checksum = |at: usize| (148..156).contains(&at);
    let byte = |(at, byte): (usize, &u8)| u32::from(if is_checksum(at) { b' ' } else { *byte });
    let sum: u32 = block.iter().enumerate().map(byte).sum();
    let said = Header::from_byte_slice(block).cksum();
    said.is_ok_and(|said| said == sum) || block.iter().all(|byte| *byte == 0)
}

impl Held {
    pub fn in_layer(layer: &[u8]) -> Result<Self, Diagnostic> {
        let limits = Limits {
            total_bytes: 64 * MIB,
            // The file's name is not used, so that it does not matter.
            absolute_names: true,
            ..Limits::default()
        };
        let mut plain = Vec::new();
        let read = Plain::open(layer, &limits).and_then(|mut from| {
            from.allow(limits.total_bytes);
            from.read_to_end(&mut plain)
        });
        if read.map_err(|e| refuse(&e))? == 0 {
            return Err(refused("is empty"));
        }
        let held = if is_tar(&plain) {
            Self::in_tar(&plain, &limits)?
        } else {
            Self::File(plain)
        };
        match &held {
            Self::File(file) if !is_text(file) => Err(refused("holds neither a text nor a tar")),
            _ => Ok(held),
        }
    }

    fn in_tar(tar: &[u8], limits: &Limits) -> Result<Self, Diagnostic> {
        let (mut first, mut chart) = (None, false);
        let read = files(tar, limits, &mut |file| {
            chart |= file.path.name() == CHART && file.path.folders().count() < 2;
            if first.is_none() {
                let mut bytes = Vec::new();
                file.content.read_to_end(&mut bytes)?;
                first = Some(bytes);
            }
            Ok(())
        });
        match (read, first) {
            (Err(UnpackError::Archive(error)), _) => Err(error),
            (Err(UnpackError::Consumer(error)), _) => Err(refuse(&error)),
            (Ok(()), _) if chart => Ok(Self::Chart),
            (Ok(()), Some(bytes)) => Ok(Self::File(bytes)),
            (Ok(()), None) => Err(refused("holds no file")),
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
    use crate::unpack::tests::{FILE, gzip, tar};
    use crate::ustar;

    const TEXT: &[u8] = b"kind: CustomResourceDefinition\n";

    #[test]
    fn a_file_is_found_however_it_is_packed() {
        let ours = ustar::content_tar("manifest.yaml", TEXT).unwrap();
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
            assert_eq!(Held::in_layer(&layer).unwrap(), Held::File(TEXT.to_vec()));
        }
        // No tar is that short, and none that long has another checksum.
        for text in [b"a: 1\n".to_vec(), [b'#'; 4096].to_vec()] {
            assert_eq!(Held::in_layer(&text).unwrap(), Held::File(text));
        }
    }

    #[test]
    fn a_chart_is_known_by_its_file() {
        for (name, chart) in [
            ("Chart.yaml", true),
            ("./btp-operator/Chart.yaml", true),
            ("a/charts/Chart.yaml", false),
            ("my-Chart.yaml", false),
        ] {
            let layer = tar(&[("first", FILE, b"x"), (name, FILE, b"name: x\n")]);
            for layer in [layer.clone(), gzip(&layer)] {
                assert_eq!(
                    Held::in_layer(&layer).unwrap() == Held::Chart,
                    chart,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn neither_text_nor_tar_is_refused() {
        let whole = ustar::content_tar("x", TEXT).unwrap();
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
            let error = Held::in_layer(&layer).unwrap_err();
            assert!(error.seen.contains(why), "{why}: {error}");
            assert_eq!(error.code, FormatCode::ArchiveInvalid);
        }
    }
}
