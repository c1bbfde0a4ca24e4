//! The progress of many changes of assets, in few lines.

use std::time::Duration;

use crate::domain::{Moment, pace};
use crate::protocol::Action;

/// From how many changes on there is no line for each of them.
const MANY: usize = 20;
/// A line comes when one more of so many parts is done,
const PARTS: usize = 10;
/// or when something was done and so long there was none.
const PAUSE: Duration = Duration::from_mins(1);

/// What was done of many uploads; or of many deletions and renames, where there is nothing to upload.
pub(super) struct AssetProgress {
    of: Change,
    all: Amount,
    done: Amount,
    begin: Moment,
    /// What was done, and when, at the last line.
    last: (Amount, Moment),
}

/// A change of an asset.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Upload,
    /// Its deletion, or its new name.
    Other,
}

/// How many changes, and the bytes that are uploaded with them.
#[derive(Clone, Copy, Default)]
struct Amount {
    files: usize,
    bytes: u64,
}

impl AssetProgress {
    /// The changes of assets among the actions; nothing if they are few.
    pub(super) fn of(actions: &[Action], now: Moment) -> Option<Self> {
        let changes = || actions.iter().filter_map(change);
        let is_upload = |(change, _): &(Change, u64)| *change == Change::Upload;
        let of = changes()
            .find(is_upload)
            .map_or(Change::Other, |found| found.0);
        let mut all = Amount::default();
        for (_, bytes) in changes().filter(|(change, _)| *change == of) {
            all.files += 1;
            all.bytes += bytes;
        }
        (all.files >= MANY).then(|| Self {
            of,
            all,
            done: Amount::default(),
            begin: now,
            last: (Amount::default(), now),
        })
    }

    /// What is to be uploaded, and how long GitHub's limits make it take; `left` is the time until the deadline.
    pub(super) fn announcement(&self, left: Duration) -> Vec<String> {
        if self.of == Change::Other {
            return vec![format!("{} changes of assets", self.all.files)];
        }
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

    /// Notes that an action succeeded. There is a line now and then for changes of assets, and always for others.
    pub(super) fn succeeded(&mut self, action: &Action, now: Moment) -> Option<String> {
        match (change(action), self.of) {
            (None, _) => Some(format!("{action}: ok")),
            (Some((Change::Other, _)), Change::Upload) => None,
            (Some((_, bytes)), _) => self.changed(bytes, now),
        }
    }

    fn changed(&mut self, bytes: u64, now: Moment) -> Option<String> {
        self.done.files += 1;
        self.done.bytes += bytes;
        let (last, at) = self.last;
        if self.done.files == self.all.files {
            let files = self.all.files;
            let what = match self.of {
                Change::Upload => format!("files, {}", size(self.all.bytes)),
                Change::Other => "changes of assets".to_owned(),
            };
            let took = time(now.since(self.begin));
            return Some(format!("{files} of {files} {what}, in {took}"));
        }
        let part = |done: Amount| done.files * PARTS / self.all.files;
        if part(self.done) == part(last) && now.since(at) < PAUSE {
            return None;
        }
        self.last = (self.done, now);
        if self.of == Change::Other {
            let (done, all) = (self.done.files, self.all.files);
            return Some(format!("{done} of {all} changes of assets"));
        }
        let rate = rate(self.done.bytes - last.bytes, now.since(at));
        let speed = rate.map(|rate| format!(", {}/s", size(rate)));
        let left = self.left(rate);
        let left = (!left.is_zero()).then(|| format!(", about {} left", time(left)));
        Some(format!(
            "{} of {} files, {} of {}{}{}",
            self.done.files,
            self.all.files,
            size(self.done.bytes),
            size(self.all.bytes),
            speed.unwrap_or_default(),
            left.unwrap_or_default()
        ))
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

/// Which change of an asset the action is, and the bytes that are uploaded.
fn change(action: &Action) -> Option<(Change, u64)> {
    match action {
        Action::UploadAsset { file, .. } => Some((Change::Upload, file.size)),
        Action::DeleteAsset { .. } | Action::RenameAsset { .. } => Some((Change::Other, 0)),
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
pub(super) fn size(bytes: u64) -> String {
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
    use crate::protocol::{AssetId, LocalFile, ReleaseId};

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
        assert!(AssetProgress::of(&uploads(19, 1), start).is_none());
        assert!(AssetProgress::of(&uploads(20, 1), start).is_some());
    }

    #[test]
    fn need_is_told_at_the_start() {
        let lines = |count, left| {
            let progress = AssetProgress::of(&uploads(count, 1 << 20), Moment::default());
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
        let mut progress = AssetProgress::of(&uploads(999, 3 << 19), begin).unwrap();
        let mut lines = Vec::new();
        for n in 1..=999 {
            let now = begin
                .plus(pace::time_for_uploads(n))
                .plus(secs(n as u64 / 10));
            lines.extend(progress.changed(3 << 19, now));
        }
        assert!(lines.len() < 40, "{lines:#?}");
        assert_eq!(
            lines[0],
            "73 of 999 files, 109.5 MiB of 1.4 GiB, 1.5 MiB/s, about 1h 59m 41s left"
        );
        assert_eq!(
            lines.last().unwrap(),
            "999 of 999 files, 1.4 GiB, in 2h 2m 23s"
        );
    }

    #[test]
    fn many_deletions_have_few_lines() {
        let delete = |n| Action::DeleteAsset {
            asset: AssetId(n),
            name: format!("a{n}"),
            why: "whose replacement has arrived",
        };
        let actions: Vec<_> = (0..200).map(delete).collect();
        let mut progress = AssetProgress::of(&actions, Moment::default()).unwrap();
        assert_eq!(progress.announcement(secs(300)), ["200 changes of assets"]);
        let lines = actions
            .iter()
            .filter_map(|action| progress.succeeded(action, Moment::at(secs(9))));
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "20 of 200 changes of assets");
        assert_eq!(lines[9], "200 of 200 changes of assets, in 9s");
        // Beside uploads they have no line at all.
        let mixed: Vec<_> = actions.into_iter().chain(uploads(20, 1)).collect();
        let mut progress = AssetProgress::of(&mixed, Moment::default()).unwrap();
        assert_eq!(progress.succeeded(&mixed[0], Moment::default()), None);
        let tag = Action::ReleaseLock {
            tag: "v1.2.0".parse().unwrap(),
        };
        let line = progress.succeeded(&tag, Moment::default()).unwrap();
        assert_eq!(line, "release the lock of v1.2.0: ok");
    }

    #[test]
    fn rate_decides_what_is_left_where_the_limits_do_not() {
        let mut progress = AssetProgress::of(&uploads(20, 1 << 30), Moment::default()).unwrap();
        assert_eq!(progress.changed(1 << 30, Moment::at(secs(10))), None);
        assert_eq!(
            progress.changed(1 << 30, Moment::at(secs(20))).unwrap(),
            "2 of 20 files, 2.0 GiB of 20.0 GiB, 102.3 MiB/s, about 3m left"
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
