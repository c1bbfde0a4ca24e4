//! The words for an error of the HTTP client.

use std::error::Error as StdError;

/// The error messages of a request, from the outermost to the innermost, without the URL: it may be a signed one.
pub(crate) fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    // The outer errors contain nothing beyond reqwest's error.
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<reqwest::Error>() {
            cause = error;
        }
        next = error.source();
    }
    let mut words = match cause.downcast_ref::<reqwest::Error>() {
        Some(error) if error.is_connect() => "cannot connect".to_owned(),
        Some(error) if error.is_timeout() => return "timed out".to_owned(),
        Some(error) if error.is_builder() => "not a request".to_owned(),
        Some(_) => "the connection broke".to_owned(),
        None => cause.to_string(),
    };
    let mut innermost = None;
    let mut next = cause.source();
    while let Some(error) = next {
        innermost = Some(error.to_string());
        next = error.source();
    }
    if let Some(innermost) = innermost.filter(|text| !words.contains(text)) {
        words.push_str(": ");
        words.push_str(&innermost);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::http::{Http, HttpSettings};

    #[tokio::test]
    async fn describe_leaves_out_the_url() {
        let http = Http::new(&HttpSettings::default()).unwrap();
        // No server listens on port 1 on loopback.
        let error = http
            .answers()
            .get("http://127.0.0.1:1/secret")
            .send()
            .await
            .unwrap_err();
        let words = describe(&error);
        assert!(words.starts_with("cannot connect: "), "{words}");
        assert!(!words.contains("secret"), "{words}");
    }
}
