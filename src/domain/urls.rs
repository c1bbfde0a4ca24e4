//! Properties of a URL's target.

use std::net::IpAddr;

use url::{Host, Url};

/// Whether a request to this URL is safe from being read on the way: HTTPS, or HTTP that does not leave this machine.
pub(crate) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

/// Whether a URL refers to this machine. `localhost` counts as loopback without resolution ([RFC 6761, section 6.3]).
///
/// [RFC 6761, section 6.3]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Whether credentials for one URL are credentials for the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// An address for messages: without user name, password, query and fragment, which may be secrets.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // What has no host has no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// The same of a text that may be no URL.
pub(crate) fn shown_text(text: &str) -> String {
    if let Some(url) = Url::parse(text).ok().filter(Url::has_host) {
        return shown(&url);
    }
    let plain = text.split(['?', '#']).next().unwrap_or_default();
    match plain.rsplit_once('@') {
        Some((_, after)) => format!("…@{after}"),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn only_https_and_loopback_are_secure() {
        for text in [
            "https://api.github.com/",
            "http://127.0.0.1:8080/x",
            "http://127.9.9.9/",
            "http://[::1]:80/",
            "http://localhost:1/",
        ] {
            assert!(is_secure(&url(text)), "{text}");
        }
        for text in [
            "http://api.github.com/",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
        ] {
            assert!(!is_secure(&url(text)), "{text}");
        }
    }

    #[test]
    fn same_origin_compares_scheme_host_and_port() {
        let one = url("https://api.github.com/x");
        assert!(same_origin(&one, &url("https://API.github.com:443/y")));
        for other in [
            "http://api.github.com/x",
            "https://api.github.com:8443/x",
            "https://api.github.com.evil.example/x",
            "https://github.com/x",
        ] {
            assert!(!same_origin(&one, &url(other)), "{other}");
        }
    }

    #[test]
    fn shown_addresses_have_no_user_and_no_query() {
        for (text, expected) in [
            (
                "https://u:s3cret@h.example:1/a?sig=s3cret#s3cret",
                "https://h.example:1/a",
            ),
            ("https://h.example", "https://h.example/"),
            (
                "https://u:s3cret@h.example:99999/a?s3cret",
                "…@h.example:99999/a",
            ),
            ("u:s3cret@h.example/a@b", "…@b"),
            ("api.github.com", "api.github.com"),
            ("", ""),
        ] {
            let seen = shown_text(text);
            assert!(!seen.contains("s3cret"), "{seen}");
            assert_eq!(seen, expected, "{text}");
        }
    }
}
