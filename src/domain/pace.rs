//! How fast requests are sent to GitHub: below its secondary limits, which no answer of it tells beforehand
//! ([About secondary rate limits](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits)).

use std::time::Duration;

/// "No more than 900 points per minute are allowed for REST API endpoints", less a tenth for other users of the same token.
pub const POINTS_A_MINUTE: u32 = 900 - 90;
/// "No more than 80 content-generating requests per minute", less a tenth for other users of the same token.
pub const CREATIONS_A_MINUTE: u32 = 80 - 8;
/// "No more than 500 content-generating requests per hour", less what the other jobs of a release create in the same hour: lock,
/// draft, notes and tag, the verdicts of the tests, and the evidence.
pub const CREATIONS_AN_HOUR: u32 = 500 - 20;
/// Added to each window, since requests that are sent at even distances may arrive at uneven ones.
pub const SLACK: Duration = Duration::from_secs(3);
/// "If you are making a large number of `POST`, `PATCH`, `PUT`, or `DELETE` requests, wait at least one second between each
/// request"
/// ([Pause between mutative requests](https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests)).
pub const SPACING: Duration = Duration::from_secs(1);
/// How many writes within an hour are no large number: those of a minute in which they would be [`SPACING`] apart.
pub const UNSPACED_WRITES: usize = 60;

/// How long the limits alone make it take to upload so many files, when nothing was sent in the hour before.
pub fn time_for_uploads(files: usize) -> Duration {
    let an_hour = CREATIONS_AN_HOUR as usize;
    let Some(before_last) = files.checked_sub(1) else {
        return Duration::ZERO;
    };
    let (hours, behind) = (before_last / an_hour, before_last % an_hour);
    let a_minute = CREATIONS_A_MINUTE as usize;
    let spaced = match hours {
        0 if behind < a_minute => SPACING * seconds(behind.saturating_sub(UNSPACED_WRITES - 1)),
        0 => Duration::from_mins(1) + SLACK + SPACING * seconds(behind - a_minute),
        _ => SPACING * seconds(behind),
    };
    (Duration::from_hours(1) + SLACK) * seconds(hours) + spaced
}

fn seconds(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_need_no_time_and_many_need_hours() {
        for (files, seconds) in [
            (0, 0),
            (1, 0),
            (60, 0),
            (61, 1),
            (72, 12),
            (73, 63),
            (480, 470),
            (481, 3_603),
            (500, 3_622),
            (999, 7_244),
        ] {
            assert_eq!(time_for_uploads(files).as_secs(), seconds, "{files}");
        }
    }
}
