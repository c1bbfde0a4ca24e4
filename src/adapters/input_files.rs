//! Files that inputs name, before any phase begins.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// The most bytes of such a file.
const LARGEST: u64 = 64 << 20;
/// What a shell hands over as a file, such as `<(command)` and standard input. It is open already, or a device that opens at once.
const DEVICES: &str = "/dev";

/// The text of a file.
///
/// # Errors
///
/// Also if it is another thing: a pipe in a folder would be waited for until somebody writes to it.
pub fn read_text(path: &Path) -> io::Result<String> {
    if !path.starts_with(DEVICES) && !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other("it has more than 64 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_and_what_a_shell_hands_over_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("text"), "a: 1\n").unwrap();
        std::os::unix::fs::symlink(path("text"), path("link")).unwrap();
        let pipe = std::process::Command::new("mkfifo")
            .arg(path("pipe"))
            .status();
        assert!(pipe.unwrap().success());
        for name in ["text", "link"] {
            assert_eq!(read_text(&path(name)).unwrap(), "a: 1\n");
        }
        // It would hang.
        for name in ["pipe", "."] {
            let refused = read_text(&path(name)).unwrap_err().to_string();
            assert_eq!(refused, "it is not a regular file", "{name}");
        }
        assert!(read_text(&path("absent")).is_err());
        assert_eq!(read_text(Path::new("/dev/null")).unwrap(), "");
        let endless = read_text(Path::new("/dev/zero")).unwrap_err().to_string();
        assert_eq!(endless, "it has more than 64 MiB");
    }
}
