//! Tars that are the same bytes everywhere.
//!
//! Written by hand: the digest of the descriptor's layer hangs on every byte of the header, and Go ends the checksum with
//! NUL and space where the `tar` crate writes a seventh digit.

use crate::{Diagnostic, FormatCode};

const BLOCK: usize = 512;

/// 2022-01-01T00:00:00Z, which the OCM library gives every descriptor.
const DESCRIPTOR_TIME: u64 = 1_640_995_200;

/// The layer of a component descriptor: no owner, no mode, and a time that never changes
/// (`ocm:api/ocm/extensions/repositories/genericocireg/state.go`).
pub(super) fn descriptor_tar(yaml: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    one_file(super::descriptor::FILE_NAME, yaml, 0, DESCRIPTOR_TIME)
}

/// The layer of a manifest or default custom resource. Other tools keep the file's time and owner, so that every machine
/// gives it another digest; nothing reads them.
pub(super) fn content_tar(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    one_file(name, bytes, 0o644, 0)
}

/// An archive of files, in their order. Names end in `/` for folders.
pub(super) fn archive<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<Vec<u8>, Diagnostic> {
    let mut tar = Vec::new();
    for (name, bytes) in files {
        let mode = if name.ends_with('/') { 0o755 } else { 0o644 };
        append(&mut tar, name, bytes, mode, 0)?;
    }
    finish(&mut tar);
    Ok(tar)
}

fn one_file(name: &str, bytes: &[u8], mode: u32, time: u64) -> Result<Vec<u8>, Diagnostic> {
    let mut tar = Vec::new();
    append(&mut tar, name, bytes, mode, time)?;
    finish(&mut tar);
    Ok(tar)
}

fn append(
    tar: &mut Vec<u8>,
    name: &str,
    bytes: &[u8],
    mode: u32,
    time: u64,
) -> Result<(), Diagnostic> {
    let header = header(name, bytes.len(), mode, time).ok_or_else(|| {
        Diagnostic::about(
            FormatCode::FileNameTooLong,
            format!("file {name:?}"),
            "does not fit a tar's header",
            "use a name of at most 100 characters",
        )
    })?;
    tar.extend_from_slice(&header);
    tar.extend_from_slice(bytes);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    Ok(())
}

/// Two empty blocks end an archive.
fn finish(tar: &mut Vec<u8>) {
    tar.resize(tar.len() + 2 * BLOCK, 0);
}

/// A header of the [ustar format](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06).
fn header(name: &str, size: usize, mode: u32, time: u64) -> Option<[u8; BLOCK]> {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        let field = header.get_mut(at..at + bytes.len())?;
        field.copy_from_slice(bytes);
        Some(())
    };
    if name.len() > 100 || size >= 1 << 33 {
        return None;
    }
    put(0, name.as_bytes())?;
    put(100, format!("{mode:07o}\0").as_bytes())?;
    for owner in [108, 116] {
        put(owner, b"0000000\0")?;
    }
    put(124, format!("{size:011o}\0").as_bytes())?;
    put(136, format!("{time:011o}\0").as_bytes())?;
    put(148, b"        ")?;
    put(156, if name.ends_with('/') { b"5" } else { b"0" })?;
    put(257, b"ustar\x0000")?;
    for device in [329, 337] {
        put(device, b"0000000\0")?;
    }
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let field = header.get_mut(148..156)?;
    field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;
    use crate::unpack;

    #[test]
    fn descriptor_tars_equal_those_of_the_ocm_library() {
        for (yaml, tar) in [
            (
                "golden-cli-2.15/component-descriptor.yaml",
                "golden-cli-2.15/component-descriptor.tar",
            ),
            (
                "golden-cli-2.20/component-descriptor.yaml",
                "golden-cli-2.20/component-descriptor.tar",
            ),
            (
                "ocm-annotation/component-descriptor.yaml",
                "ocm-annotation/v1b.tar",
            ),
        ] {
            assert_eq!(descriptor_tar(&read(yaml)).unwrap(), read(tar), "{tar}");
        }
    }

    #[test]
    fn content_tars_are_read_back() {
        for size in [0, 1, 511, 512, 513, 100_000] {
            let bytes = vec![b'x'; size];
            let tar = content_tar("manifest.yaml", &bytes).unwrap();
            assert_eq!(tar.len() % BLOCK, 0);
            let mut found = None;
            unpack::files(&tar[..], &unpack::Limits::default(), &mut |file| {
                let mut content = Vec::new();
                file.content.read_to_end(&mut content)?;
                found = Some((file.path.to_string(), content));
                Ok(())
            })
            .unwrap();
            assert_eq!(found, Some(("manifest.yaml".into(), bytes)));
        }
        assert_eq!(
            content_tar(&"x".repeat(101), b"").unwrap_err().code,
            FormatCode::FileNameTooLong
        );
    }
}
