//! Other programs, started without a shell: found in absolute folders only, with little output, and in little time.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

/// The most bytes that a program may print.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// Where programs are looked for.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    folders: Vec<PathBuf>,
}

/// One run of a program.
pub(super) struct Call<'a> {
    pub(super) program: &'a str,
    pub(super) arguments: &'a [&'a str],
    /// For its standard input.
    pub(super) input: &'a str,
    /// The working folder, where it is another one.
    pub(super) folder: Option<&'a Path>,
    /// Further environment variables.
    pub(super) variables: &'a [(&'a str, &'a str)],
    /// Variables that it does not inherit.
    pub(super) without: &'a [&'a str],
    pub(super) limit: Duration,
}

/// How a program ended.
pub(super) struct ProgramEnd {
    pub(super) success: bool,
    /// Its standard output, which may be secret.
    pub(super) output: String,
}

/// Why there is no [`ProgramEnd`].
#[derive(Debug, thiserror::Error)]
pub(super) enum CallFailure {
    #[error("is not installed")]
    NotFound,
    #[error("did not answer within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("printed more than 1 MiB")]
    TooLong,
    #[error("cannot be run: {0}")]
    Io(#[from] io::Error),
}

impl Programs {
    /// The folders of the variable `PATH`. Relative ones are left out: the working folder may be anybody's.
    pub fn in_path(path: &str) -> Self {
        let folders = path.split(':').map(PathBuf::from);
        Self {
            folders: folders.filter(|folder| folder.is_absolute()).collect(),
        }
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        let candidates = self.folders.iter().map(|folder| folder.join(program));
        candidates.into_iter().find(|path| is_program(path))
    }

    /// Runs a program to its end. It is killed if it does not end in time, or when the future is dropped.
    pub(super) async fn run(&self, call: &Call<'_>) -> Result<ProgramEnd, CallFailure> {
        let program = self.find(call.program).ok_or(CallFailure::NotFound)?;
        let mut command = Command::new(program);
        command
            .args(call.arguments)
            .envs(call.variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        for name in call.without {
            command.env_remove(OsStr::new(name));
        }
        if let Some(folder) = call.folder {
            command.current_dir(folder);
        }
        let ended = timeout(call.limit, exchange(command, call.input)).await;
        ended.unwrap_or(Err(CallFailure::TooSlow(call.limit)))
    }
}

async fn exchange(mut command: Command, input: &str) -> Result<ProgramEnd, CallFailure> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that reads nothing may have closed it.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let mut output = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut stdout = stdout.take(OUTPUT_LIMIT + 1);
        stdout.read_to_string(&mut output).await?;
    }
    if output.len() as u64 > OUTPUT_LIMIT {
        return Err(CallFailure::TooLong);
    }
    let success = child.wait().await?.success();
    Ok(ProgramEnd { success, output })
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let executable =
        |found: fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
    fs::metadata(path).is_ok_and(executable)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn installed(name: &str, script: &str) -> (tempfile::TempDir, Programs) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let programs = Programs::in_path(folder.path().to_str().unwrap());
        (folder, programs)
    }

    async fn run(programs: &Programs, limit: Duration) -> Result<ProgramEnd, CallFailure> {
        let call = Call {
            program: "helper",
            arguments: &["get", "$HOME"],
            input: "input\n",
            folder: None,
            variables: &[("GIVEN", "yes")],
            without: &["HOME"],
            limit,
        };
        programs.run(&call).await
    }

    #[tokio::test]
    async fn program_is_given_arguments_input_and_variables() {
        let script = r#"read line; echo "$1 $2 $line $GIVEN ${HOME-none}"; exit 3"#;
        let (_folder, programs) = installed("helper", script);
        let ended = run(&programs, PATIENCE).await.unwrap();
        assert_eq!(ended.output, "get $HOME input yes none\n");
        assert!(!ended.success);
    }

    #[tokio::test]
    async fn program_without_end_or_with_endless_output_is_given_up() {
        let (_folder, programs) = installed("helper", "exec sleep 1000");
        let ended = run(&programs, Duration::from_millis(50)).await;
        assert!(matches!(ended, Err(CallFailure::TooSlow(_))));
        let (_folder, programs) = installed("helper", "exec cat /dev/zero");
        let ended = run(&programs, PATIENCE).await;
        assert!(matches!(ended, Err(CallFailure::TooLong)));
        let (_folder, programs) = installed("helper", "exec 0<&-; exit 0");
        assert!(run(&programs, PATIENCE).await.unwrap().success);
    }

    #[tokio::test]
    async fn only_executable_files_of_absolute_folders_are_programs() {
        let (folder, programs) = installed("helper", "exit 0");
        assert!(run(&programs, PATIENCE).await.is_ok());
        let path = folder.path().join("helper");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let ended = run(&programs, PATIENCE).await;
        assert!(matches!(ended, Err(CallFailure::NotFound)));
        for path in ["", ".", "bin:", ":./bin:../x"] {
            assert!(Programs::in_path(path).folders.is_empty(), "{path:?}");
        }
    }
}
