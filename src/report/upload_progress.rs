//! The progress of many uploads, in few lines.

use std::time::Duration;

use crate::domain::{Moment, pace};
use crate::protocol::Action;

/// From how many files on there is no line for each of them.
const MANY: usize = 20;
/// A line comes when one more of so many parts of the files is uploaded,
const PARTS: usize = 10;
/// or when files were uploaded for so long without one.
const PAUSE: Duration = Duration::from_mins(1);

/// What was uploaded of many files.
pub(super) struct UploadProgress {
    all: Amount,
    done: Amount,
    begin: Moment,
    /// What was done, and when, at the last line.
    last: (Amount, Moment),
}

#[derive(Clone, Copy, Default)]
struct Amount {
    files: usize,
    bytes: u64,
}

impl UploadProgress {
    /// The uploads among the actions; nothing if they are few.
    pub(super) fn of(actions: &[Action], now: Moment) -> Option<Self> {
        let mut all = Amount::default();
        for action in actions {
            all.bytes += size_of_upload(action).unwrap_or_default();
            all.files += usize::from(size_of_upload(action).is_some());
        }
        (all.files >= MANY).then(|| Self {
            all,
            done: Amount::default(),
            begin: now,
            last: (Amount::default(), now),
        })
    }

    /// What is to be uploaded, and how long GitHub's limits make it take; `left` is the time until the deadline.
    pub(super) fn announcement(&self, left: Duration) -> Vec<String> {
        let need = pace::time_for_uploads(self.all.files);
        let (files, bytes) = (self.all.files, size(self.all.bytes));
        let about = match need {
            Duration::ZERO => String::new(),
            need => format!(", about {} at GitHub's limits", time(need)),
        };
        let mut lines = vec![format!("{files} files, {bytes}{about}")];
        if need > left {
            lines.push(format!(
                "the time limit is over in {}: set `timeout` to more than {}, or run again to continue",
                time(left),
                time(need)
            ));
        }
        lines
    }

    /// Notes that a file was uploaded. There is a line now and then.
    pub(super) fn uploaded(&mut self, bytes: u64, now: Moment) -> Option<String> {
        self.done.files += 1;
        self.done.bytes += bytes;
        let (last, at) = self.last;
        if self.done.files == self.all.files {
            let (files, bytes) = (self.all.files, size(self.all.bytes));
            let took = time(now.since(self.begin));
            return Some(format!("{files} of {files} files, {bytes}, in {took}"));
        }
        let part = |done: Amount| done.files * PARTS / self.all.files;
        if part(self.done) == part(last) && now.since(at) < PAUSE {
            return None;
        }
        self.last = (self.done, now);
        let rate = rate(self.done.bytes - last.bytes, now.since(at));
        let mut line = format!(
            "{} of {} files, {} of {}",
            self.done.files,
            self.all.files,
            size(self.done.bytes),
            size(self.all.bytes)
        );
        if let Some(rate) = rate {
            line += &format!(", {}/s", size(rate));
        }
        let left = self.left(rate);
        if !left.is_zero() {
            line += &format!(", about {} left", time(left));
        }
        Some(line)
    }

    /// By GitHub's limits and by the rate in bytes per second, whatever takes longer.
    fn left(&self, rate: Option<u64>) -> Duration {
        let (all, done) = (self.all, self.done);
        let paced =
            pace::time_for_uploads(all.files).saturating_sub(pace::time_for_uploads(done.files));
        let sent = rate.and_then(|rate| (all.bytes - done.bytes).checked_div(rate));
        paced.max(Duration::from_secs(sent.unwrap_or_default()))
    }
}

/// The bytes of the file, if it is an upload.
pub(super) fn size_of_upload(action: &Action) -> Option<u64> {
    match action {
        Action::UploadAsset { file, .. } => Some(file.size),
        _ => None,
    }
}

fn rate(bytes: u64, within: Duration) -> Option<u64> {
    let milliseconds = u64::try_from(within.as_millis()).ok()?;
    bytes.saturating_mul(1000).checked_div(milliseconds)
}

fn time(duration: Duration) -> String {
    humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string()
}

/// Such as `1.5 MiB`.
fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut name = None;
    for unit in units {
        if tenths < 10 * 1024 {
            break;
        }
        tenths /= 1024;
        name = Some(unit);
    }
    match name {
        None => format!("{bytes} bytes"),
        Some(unit) => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::protocol::{LocalFile, ReleaseId};

    fn uploads(count: usize, bytes: u64) -> Vec<Action> {
        let upload = |n| Action::UploadAsset {
            release: ReleaseId(1),
            name: format!("a{n}").parse().unwrap(),
            file: LocalFile {
                path: "a".into(),
                size: bytes,
                digest: Digest::of(b"a"),
            },
        };
        (0..count).map(upload).collect()
    }

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn few_uploads_have_no_progress() {
        let start = Moment::default();
        assert!(UploadProgress::of(&uploads(19, 1), start).is_none());
        assert!(UploadProgress::of(&uploads(20, 1), start).is_some());
    }

    #[test]
    fn need_is_told_at_the_start() {
        let lines = |count, left| {
            let progress = UploadProgress::of(&uploads(count, 1 << 20), Moment::default());
            progress.unwrap().announcement(left)
        };
        assert_eq!(lines(50, secs(300)), ["50 files, 50.0 MiB"]);
        let need = "999 files, 999.0 MiB, about 2h 44s at GitHub's limits";
        assert_eq!(lines(999, secs(9_000)), [need]);
        let short = "the time limit is over in 30m: set `timeout` to more than 2h 44s, or run again to continue";
        assert_eq!(lines(999, secs(1_800)), [need, short]);
    }

    #[test]
    fn many_uploads_have_few_lines() {
        let begin = Moment::at(secs(5));
        let mut progress = UploadProgress::of(&uploads(999, 3 << 19), begin).unwrap();
        let mut lines = Vec::new();
        for n in 1..=999 {
            let now = begin
                .plus(pace::time_for_uploads(n))
                .plus(secs(n as u64 / 10));
            lines.extend(progress.uploaded(3 << 19, now));
        }
        assert!(lines.len() < 40, "{lines:#?}");
        assert_eq!(
            lines[0],
            "100 of 999 files, 150.0 MiB of 1.4 GiB, 1.5 MiB/s, about 1h 59m 14s left"
        );
        assert_eq!(
            lines.last().unwrap(),
            "999 of 999 files, 1.4 GiB, in 2h 2m 23s"
        );
    }

    #[test]
    fn rate_decides_what_is_left_where_the_limits_do_not() {
        let mut progress = UploadProgress::of(&uploads(20, 1 << 30), Moment::default()).unwrap();
        assert_eq!(progress.uploaded(1 << 30, Moment::at(secs(10))), None);
        assert_eq!(
            progress.uploaded(1 << 30, Moment::at(secs(20))).unwrap(),
            "2 of 20 files, 2.0 GiB of 20.0 GiB, 102.4 MiB/s, about 3m left"
        );
    }

    #[test]
    fn sizes_have_one_decimal() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1.0 KiB"),
            (1_536, "1.5 KiB"),
            (5 << 40, "5.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
