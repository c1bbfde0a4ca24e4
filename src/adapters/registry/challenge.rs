//! What the `WWW-Authenticate` header of a 401 asks for ([RFC 9110, section 11.6.1]).
//!
//! [RFC 9110, section 11.6.1]: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    Bearer(BearerChallenge),
    Basic,
}

/// A token is wanted, which the realm gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BearerChallenge {
    pub(super) realm: String,
    pub(super) service: Option<String>,
    pub(super) scope: Option<String>,
}

/// The challenge to answer: Bearer where it is offered, else Basic.
pub(super) fn challenge(headers: &HeaderMap) -> Option<Challenge> {
    let mut basic = None;
    for value in headers.get_all(WWW_AUTHENTICATE) {
        let Ok(text) = value.to_str() else { continue };
        for challenge in http_auth::parse_challenges(text).unwrap_or_default() {
            let param = |wanted: &str| {
                let found = challenge
                    .params
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| value.to_unescaped())
            };
            if challenge.scheme.eq_ignore_ascii_case("Bearer")
                && let Some(realm) = param("realm")
            {
                return Some(Challenge::Bearer(BearerChallenge {
                    realm,
                    service: param("service"),
                    scope: param("scope"),
                }));
            }
            if challenge.scheme.eq_ignore_ascii_case("Basic") {
                basic = Some(Challenge::Basic);
            }
        }
    }
    basic
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(values: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::try_from(*value).unwrap());
        }
        challenge(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer(BearerChallenge {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        })
    }

    #[test]
    fn challenge_prefers_bearer_and_skips_unknown_schemes() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let hub_read = Some(bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            Some("repository:a/b:pull,push"),
        ));
        assert_eq!(read(&[hub]), hub_read);
        assert_eq!(read(&[r#"Basic realm="x""#, hub]), hub_read);
        assert_eq!(
            read(&[r#"bearer REALM="https://t""#]),
            Some(bearer("https://t", None, None))
        );
        assert_eq!(
            read(&[r#"Basic realm="Registry Realm""#]),
            Some(Challenge::Basic)
        );
        for nothing in [&[][..], &["Negotiate"], &["Bearer service=x"], &["\"\"=,"]] {
            assert_eq!(read(nothing), None, "{nothing:?}");
        }
    }
}
