//! Hides what a request was authorized with in the text of its answer, which may repeat it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use reqwest::header::HeaderValue;

/// The body with `***` in place of the token, or of the password and its pair with the user name. The body as it is where it
/// contains none of them.
pub(crate) fn hidden(body: Bytes, authorization: &HeaderValue) -> Bytes {
    let sent = authorization.to_str().unwrap_or_default();
    let (scheme, secret) = sent.split_once(' ').unwrap_or(("", sent));
    let pair = BASE64_STANDARD
        .decode(secret)
        .ok()
        .filter(|_| scheme == "Basic");
    let pair = pair.map(|pair| String::from_utf8_lossy(&pair).into_owned());
    let pair = pair.as_deref().unwrap_or_default();
    let password = pair.split_once(':').map_or("", |(_, password)| password);
    let mut text = String::from_utf8_lossy(&body);
    let mut found = false;
    for secret in [secret, pair, password] {
        if !secret.is_empty() && text.contains(secret) {
            text = text.replace(secret, "***").into();
            found = true;
        }
    }
    match found.then(|| text.into_owned()) {
        Some(text) => text.into(),
        None => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_passwords_are_hidden_in_every_form() {
        // bob:s3cret
        let basic = "Basic Ym9iOnMzY3JldA==";
        for (sent, body, shown) in [
            (
                "Bearer s3cret",
                "authorization: Bearer s3cret!",
                "authorization: Bearer ***!",
            ),
            ("s3cret", "s3cret s3cret", "*** ***"),
            (
                basic,
                "Ym9iOnMzY3JldA==, bob:s3cret, s3cret",
                "***, ***, ***",
            ),
            (basic, "nothing of bob", "nothing of bob"),
            ("", "nothing", "nothing"),
            ("Bearer ", "nothing", "nothing"),
        ] {
            let hidden = hidden(Bytes::from(body), &HeaderValue::from_static(sent));
            assert_eq!(hidden, shown, "{sent}");
        }
        let binary = Bytes::from_static(b"\xff");
        assert_eq!(
            hidden(binary.clone(), &HeaderValue::from_static("Bearer x")),
            binary
        );
    }
}
