//! Files that only the owner of the working folder may read.

use std::io::Write as _;
use std::path::Path;

use super::Files;
use super::failure::broken;
use super::safe_path::PartialPath;
use crate::protocol::ServiceError;

impl Files {
    /// Writes a whole file that only the owner of the working folder may read, such as one with credentials. It appears under
    /// its name only when it is complete.
    ///
    /// # Errors
    ///
    /// The path leads out of the working folder, or the file cannot be written.
    pub async fn write_private(&self, path: &Path, bytes: &[u8]) -> Result<(), ServiceError> {
        let bytes = bytes.to_owned();
        self.blocking("write", path, move |root, path| {
            let place = root.place(path)?;
            let (part, mut file) = PartialPath::file(&place)?;
            // Before anything is written to it.
            part.set_owner_and_mode(part.path(), 0o600)
                .map_err(broken)?;
            let written = file.write_all(&bytes).and_then(|()| file.sync_all());
            written.map_err(broken)?;
            part.rename_to(&place)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use super::*;
    use crate::protocol::Cause;

    #[tokio::test]
    async fn private_files_are_readable_by_the_folder_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        // As root, this is what a step in a container does for the runner's own user.
        let owner = match fs::metadata(folder.path()).unwrap().uid() {
            0 => chown(folder.path(), Some(1001), Some(1001)).map_or(0, |()| 1001),
            own => own,
        };
        let path = folder.path().join("login.json");
        fs::write(&path, "an older one, and readable").unwrap();
        let files = Files::below(folder.path());
        files
            .write_private(Path::new("login.json"), b"{}")
            .await
            .unwrap();
        let seen = fs::metadata(&path).unwrap();
        assert_eq!(seen.permissions().mode() & 0o777, 0o600);
        assert_eq!(seen.uid(), owner);
        assert_eq!(fs::read(&path).unwrap(), b"{}");
        let outside = files.write_private(Path::new("../login.json"), b"{}").await;
        assert!(matches!(outside.unwrap_err().cause, Cause::Broken { .. }));
    }
}
