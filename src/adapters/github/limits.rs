//! Reads the rate-limit signals from GitHub's responses.

use std::time::SystemTime;

use super::answer::GitHubAnswer;
use super::failure;
use super::models::GraphQlAnswer;
use super::rate_limit::LimitSignals;
use crate::adapters::http::retry_after;

/// The signals of an answer over REST.
pub(super) fn signals(answer: &GitHubAnswer, now: SystemTime) -> LimitSignals {
    let number = |name: &str| answer.header(name)?.trim().parse().ok();
    LimitSignals {
        status: answer.status,
        retry_after: retry_after(&answer.headers, now),
        remaining: number("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset"),
        says_limited: matches!(answer.status, 403 | 429)
            && failure::message(answer)
                .to_ascii_lowercase()
                .contains("rate limit"),
    }
}

/// The signals of a GraphQL response. Its status is always 200, so its errors stand for the status
/// ([Rate limits for the GraphQL API](https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api)).
pub(super) fn graphql_signals(answer: &GitHubAnswer, now: SystemTime) -> LimitSignals {
    let mut signals = signals(answer, now);
    let errors = answer.json::<GraphQlAnswer>().map(|answer| answer.errors);
    if let Some(status) = failure::graphql_status(&errors.unwrap_or_default()) {
        signals.status = status;
        signals.says_limited |= status == 403;
    }
    signals
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn rest_limits_are_read_from_headers_and_message() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (header, wait) in [("30", 30), ("Sun, 06 Nov 1994 08:49:47 GMT", 10)] {
            let headers = [
                ("retry-after", header),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "784111800"),
            ];
            let body = r#"{"message":"You have exceeded a secondary Rate Limit"}"#;
            let seen = signals(&GitHubAnswer::of(429, &headers, body), now);
            let expected = LimitSignals {
                status: 429,
                retry_after: Some(Duration::from_secs(wait)),
                remaining: Some(0),
                reset: Some(784_111_800),
                says_limited: true,
            };
            assert_eq!(seen, expected, "{header}");
        }
        let body = r#"{"message":"secondary rate limit"}"#;
        assert!(!signals(&GitHubAnswer::of(200, &[], body), now).says_limited);
    }

    #[test]
    fn graphql_errors_stand_for_the_status() {
        let signals = |body: &str| graphql_signals(&GitHubAnswer::of(200, &[], body), UNIX_EPOCH);
        let limited =
            signals(r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#);
        assert!(limited.says_limited && limited.status == 403);
        let failed = r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query"}]}"#;
        assert_eq!(signals(failed).status, 502);
        assert_eq!(
            signals(
                r#"{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"no"}]}"#
            )
            .status,
            200
        );
        assert_eq!(
            signals(r#"{"data":{"repository":{"release":null}}}"#).status,
            200
        );
    }
}
