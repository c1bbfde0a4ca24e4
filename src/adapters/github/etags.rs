//! Answers that are kept for conditional requests: a poll that finds nothing new does not count against the quota
//! ([Use conditional requests](https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate)).

use std::collections::VecDeque;

use url::Url;

use super::answer::GitHubAnswer;

/// The most bytes of bodies that are kept: enough for the pages of a large repository. The oldest are dropped first.
const MAX_BYTES: usize = 8 << 20;

/// The last answer of each URL. An `ETag` is also bound to a media type, which never differs here, and to a token: after
/// an App's token was replaced, GitHub sends everything once more.
#[derive(Default)]
pub(super) struct ETags {
    /// Oldest first.
    kept: VecDeque<(Url, GitHubAnswer)>,
    bytes: usize,
}

impl ETags {
    pub(super) fn get(&self, url: &Url) -> Option<&GitHubAnswer> {
        self.kept
            .iter()
            .find(|(kept, _)| kept == url)
            .map(|(_, answer)| answer)
    }

    /// Keeps an answer in place of the last one, if it has an `ETag` and is not too large.
    pub(super) fn put(&mut self, url: Url, answer: GitHubAnswer) {
        if let Some(at) = self.kept.iter().position(|(kept, _)| *kept == url)
            && let Some((_, old)) = self.kept.remove(at)
        {
            self.bytes -= old.body.len();
        }
        if answer.header("etag").is_none() || answer.body.len() > MAX_BYTES {
            return;
        }
        self.bytes += answer.body.len();
        self.kept.push_back((url, answer));
        while self.bytes > MAX_BYTES
            && let Some((_, oldest)) = self.kept.pop_front()
        {
            self.bytes -= oldest.body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(page: usize) -> Url {
        format!("https://api.github.com/x?page={page}")
            .parse()
            .unwrap()
    }

    fn answer(etag: &str, length: usize) -> GitHubAnswer {
        GitHubAnswer::of(200, &[("etag", etag)], &"x".repeat(length))
    }

    #[test]
    fn newest_answer_of_each_url_is_kept_within_the_limit() {
        let mut etags = ETags::default();
        etags.put(url(1), answer("a", 10));
        etags.put(url(1), answer("b", 20));
        assert_eq!(etags.get(&url(1)).unwrap().header("etag"), Some("b"));
        assert_eq!((etags.kept.len(), etags.bytes), (1, 20));

        etags.put(url(1), GitHubAnswer::of(200, &[], "no tag"));
        assert!(etags.get(&url(1)).is_none());

        for page in 0..20 {
            etags.put(url(page), answer("c", 1 << 20));
        }
        assert_eq!((etags.kept.len(), etags.bytes), (8, 8 << 20));
        assert!(etags.get(&url(11)).is_none() && etags.get(&url(12)).is_some());
        etags.put(url(99), answer("d", (8 << 20) + 1));
        assert!(etags.get(&url(99)).is_none());
    }
}
