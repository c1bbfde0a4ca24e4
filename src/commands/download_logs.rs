//! `download-logs`: the logs of the jobs of this run, as an archive that can become an asset of the release.

use std::path::PathBuf;

use super::CommandReport;
use crate::domain::RepoSlug;
use crate::protocol::{
    Cause, JobLog, LogArchive, LogArchives, RunReader, SeenJob, ServiceError, StoredLog,
};
use crate::report::Failure;

/// The most bytes of a log that are kept.
pub const LARGEST_LOG: u64 = 128 << 20;
/// The most bytes of all logs together.
pub const ALL_LOGS: u64 = 1 << 30;
/// How often a log is downloaded whose download breaks.
const ATTEMPTS: u32 = 3;
/// The archive's list of all jobs. No log has its name, as those begin with a number.
const INDEX: &str = "index.txt";
/// The most characters of a job's name that are in the name of its file.
const LONGEST_NAME: usize = 80;

/// What `download-logs` was asked for.
pub struct DownloadLogs {
    /// The repository of the run.
    pub repository: RepoSlug,
    pub run: u64,
    /// The file to write.
    pub output: PathBuf,
}

/// What the archive has of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Log(StoredLog),
    NotEnded,
    /// It did not run.
    Skipped,
    /// GitHub answers with this status.
    Gone(u16),
    /// The others have filled the archive.
    NoRoom,
}

impl DownloadLogs {
    /// Writes the logs of all jobs that have ended. `title` names the command in a failure.
    ///
    /// # Errors
    ///
    /// The token lacks `actions: read`, GitHub does not answer, or the archive cannot be written. A log that GitHub does not have
    /// is only noted in the archive.
    pub async fn download(
        &self,
        runs: &dyn RunReader,
        archives: &dyn LogArchives,
        title: &'static str,
    ) -> Result<CommandReport, Failure> {
        let failed =
            |error: ServiceError| Failure::of_service(title, &with_right(error), "run it again");
        let jobs = runs.jobs(&self.repository, self.run).await;
        let mut jobs = jobs.map_err(failed)?;
        jobs.sort_by_key(|job| job.id);
        let mut archive = archives.begin(&self.output).await.map_err(failed)?;
        let mut index = format!("Jobs of run {} of {}\n", self.run, self.repository);
        let (mut room, mut logs) = (ALL_LOGS, 0);
        for (nth, job) in jobs.iter().enumerate() {
            let file = file_name(nth + 1, &job.name);
            let kept = match job.conclusion.as_deref() {
                None => Kept::NotEnded,
                Some("skipped") => Kept::Skipped,
                Some(_) if room == 0 => Kept::NoRoom,
                Some(_) => {
                    let limit = LARGEST_LOG.min(room);
                    let kept = self.keep(runs, archive.as_mut(), job, &file, limit).await;
                    kept.map_err(failed)?
                }
            };
            if let Kept::Log(log) = kept {
                room = room.saturating_sub(log.size);
                logs += 1;
            }
            index.push_str(&kept.line(job, &file));
        }
        let finished = archive.finish(INDEX, index.into()).await;
        finished.map_err(failed)?;
        let done = format!(
            "{} has the logs of {logs} of {} jobs",
            self.output.display(),
            jobs.len()
        );
        Ok(CommandReport::default().line(done))
    }

    async fn keep(
        &self,
        runs: &dyn RunReader,
        archive: &mut dyn LogArchive,
        job: &SeenJob,
        file: &str,
        limit: u64,
    ) -> Result<Kept, ServiceError> {
        let mut attempt = 1;
        loop {
            let bytes = match runs.job_log(&self.repository, job.id).await? {
                JobLog::Gone(status) => return Ok(Kept::Gone(status)),
                JobLog::Bytes(bytes) => bytes,
            };
            match archive.add(file, bytes, limit).await {
                Err(error) if is_transient(&error) && attempt < ATTEMPTS => attempt += 1,
                stored => return stored.map(Kept::Log),
            }
        }
    }
}

fn is_transient(error: &ServiceError) -> bool {
    matches!(error.cause, Cause::Unknown { .. })
}

/// GitHub does not name the missing right in every refusal.
fn with_right(mut error: ServiceError) -> ServiceError {
    if let Cause::Denied {
        status: 403 | 404,
        accepted: accepted @ None,
        ..
    } = &mut error.cause
    {
        *accepted = Some("actions=read".to_owned());
    }
    error
}

impl Kept {
    /// The line of the index.
    fn line(self, job: &SeenJob, file: &str) -> String {
        let (file, note) = match self {
            Self::Log(StoredLog { cut: false, .. }) => (file, String::new()),
            Self::Log(StoredLog { size, .. }) => (file, format!(", cut after {size} bytes")),
            Self::NotEnded => ("-", ", which has not ended".into()),
            Self::Skipped => ("-", String::new()),
            Self::Gone(status) => ("-", format!(", whose log GitHub does not have ({status})")),
            Self::NoRoom => ("-", format!(", left out: the others have {ALL_LOGS} bytes")),
        };
        let name: String = job.name.chars().filter(|c| !c.is_control()).collect();
        let conclusion = job.conclusion.as_deref().unwrap_or("-");
        format!("{file}\t{conclusion}\t{name}{note}\n")
    }
}

/// A name that every system takes, and that no other job has.
fn file_name(nth: usize, job: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let words = job.split(|c| !is_kept(c)).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let name: String = name.chars().take(LONGEST_NAME).collect();
    format!("{nth:03}-{name}.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_safe_and_unique() {
        for (job, file) in [
            ("unit-tests", "007-unit-tests.txt"),
            (
                "build / image (linux/arm64, 1.31)",
                "007-build-image-linux-arm64-1.31.txt",
            ),
            ("../../etc/passwd", "007-..-..-etc-passwd.txt"),
            ("🚀", "007-.txt"),
            ("a\0b\nc", "007-a-b-c.txt"),
        ] {
            assert_eq!(file_name(7, job), file);
        }
        assert_eq!(file_name(1234, &"x".repeat(300)).len(), 4 + 1 + 80 + 4);
    }

    #[test]
    fn every_job_has_a_line_in_the_index() {
        let job = |conclusion: Option<&str>| SeenJob {
            id: 1,
            name: "build\n/ image".into(),
            attempt: 1,
            conclusion: conclusion.map(str::to_owned),
            times: crate::protocol::CheckTimes::default(),
        };
        let log = |cut| Kept::Log(StoredLog { size: 9, cut });
        let table = [
            (log(false), Some("success"), "f\tsuccess\tbuild/ image\n"),
            (
                log(true),
                Some("failure"),
                "f\tfailure\tbuild/ image, cut after 9 bytes\n",
            ),
            (
                Kept::NotEnded,
                None,
                "-\t-\tbuild/ image, which has not ended\n",
            ),
            (Kept::Skipped, Some("skipped"), "-\tskipped\tbuild/ image\n"),
            (
                Kept::Gone(410),
                Some("success"),
                "-\tsuccess\tbuild/ image, whose log GitHub does not have (410)\n",
            ),
        ];
        for (kept, conclusion, line) in table {
            assert_eq!(kept.line(&job(conclusion), "f"), line);
        }
    }
}
