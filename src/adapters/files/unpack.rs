//! Unpacks archives into a new folder. `ocm_module::unpack` decides what an archive may contain.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use super::cancel::CancellableFile;
use super::failure::broken;
use super::safe_path::PartialPath;
use crate::protocol::{ArchiveContent, Cause};
use ocm_module::archive::{ArchiveFile, ArchiveLimits, UnpackError, unpack_archive, unpack_chart};

pub(super) fn unpack(
    archive: CancellableFile,
    to: &PartialPath,
    content: ArchiveContent,
) -> Result<(), UnpackError> {
    let limits = ArchiveLimits::default();
    let mut each = |mut file: ArchiveFile<'_>| make_file(to, &mut file);
    match content {
        ArchiveContent::Files => unpack_archive(archive, &limits, &mut each),
        ArchiveContent::Chart => unpack_chart(archive, &limits, &mut each),
    }
}

/// Whether the archive failed, or the disk.
pub(super) fn cause(archive: &Path, error: &UnpackError) -> Cause {
    let detail = format!("{}: {error}", archive.display());
    match error {
        UnpackError::Archive(_) => Cause::Archive { detail },
        UnpackError::Consumer(_) => broken(detail),
    }
}

fn make_folders(to: &PartialPath, path: &Path) -> io::Result<()> {
    let mut folder = to.path().to_owned();
    for part in path {
        folder.push(part);
        match fs::create_dir(&folder) {
            Ok(()) => to.set_owner_and_mode(&folder, 0o755)?,
            Err(e)
                if e.kind() == io::ErrorKind::AlreadyExists
                    && fs::symlink_metadata(&folder)?.is_dir() => {}
            Err(e) => return Err(named(path, &e)),
        }
    }
    Ok(())
}

fn make_file(to: &PartialPath, file: &mut ArchiveFile<'_>) -> io::Result<()> {
    let path = Path::new(file.path.as_str());
    make_folders(to, path.parent().unwrap_or(Path::new("")))?;
    let target = to.path().join(path);
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&target)
        .map_err(|e| named(path, &e))?;
    io::copy(file.content, &mut new)?;
    to.set_owner_and_mode(&target, if file.executable { 0o755 } else { 0o644 })
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::adapters::files::Files;
    use crate::protocol::FilesWriter as _;

    fn tar(names: &[&str]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for name in names {
            let mut header = tar::Header::new_gnu();
            header.set_size(4);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, &b"a: b"[..]).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[tokio::test]
    async fn charts_without_chart_yaml_and_damaged_ones_are_invalid_archives() {
        let chart = tar(&["c/Chart.yaml", "c/values.yaml"]);
        let mut garbled = gzip(&chart);
        let checksum = garbled.len() - 6;
        garbled[checksum] ^= 1;
        for (archive, why) in [
            (chart.clone(), None),
            (gzip(&chart), None),
            (tar(&["values.yaml"]), Some("no Chart.yaml")),
            (tar(&["a/b/Chart.yaml", "a/x"]), Some("no Chart.yaml")),
            (gzip(&chart)[..60].to_vec(), Some("cannot be read")),
            (garbled, Some("cannot be read")),
            (chart[..1030].to_vec(), Some("cannot be read")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("a.tar"), archive).unwrap();
            let unpacked = Files::below(folder.path())
                .unpack("a.tar".as_ref(), "out".as_ref(), ArchiveContent::Chart)
                .await;
            match (unpacked, why) {
                (Ok(()), None) => assert!(folder.path().join("out/c/Chart.yaml").exists()),
                (Err(error), Some(why)) => {
                    assert!(matches!(&error.cause, Cause::Archive { .. }), "{error:?}");
                    assert!(error.to_string().contains(why), "{error}");
                    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
                }
                (done, why) => panic!("{done:?} {why:?}"),
            }
        }
    }
}
