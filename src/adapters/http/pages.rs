//! Lists that a server gives in pages.

use url::Url;

use crate::domain::urls::same_origin;
use crate::protocol::Cause;

/// The next page as `Link` names it, if it is on the same host: GitHub's lists
/// ([Using link headers](https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api#using-link-headers))
/// and those of registries
/// ([Listing Referrers](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)).
pub(crate) fn next_page(from: &Url, link: &str) -> Result<Option<Url>, Cause> {
    let Some(target) = next_target(link) else {
        return Ok(None);
    };
    let host = |url: &Url| url.host_str().unwrap_or("no host").to_owned();
    let next = from.join(target).map_err(|error| Cause::Broken {
        detail: format!("{} names a next page that is no URL: {error}", host(from)),
    })?;
    if !same_origin(from, &next) {
        return Err(Cause::Broken {
            detail: format!(
                "{} names a next page on {}: credentials are not sent there",
                host(from),
                host(&next)
            ),
        });
    }
    Ok(Some(next))
}

/// [RFC 8288, section 3](https://www.rfc-editor.org/rfc/rfc8288#section-3), as far as it is used for pages.
fn next_target(mut link: &str) -> Option<&str> {
    loop {
        let (_, rest) = link.split_once('<')?;
        let (target, rest) = rest.split_once('>')?;
        let (parameters, others) = match rest.find(',') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let is_next = parameters.split(';').any(|parameter| {
            let Some((key, value)) = parameter.split_once('=') else {
                return false;
            };
            key.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(target);
        }
        link = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_page_is_read_from_the_link_header() {
        let from: Url = "https://api.github.com/x".parse().unwrap();
        let next = |link: &str| next_page(&from, link).map(|page| page.map(String::from));
        let page = "https://api.github.com/repositories/1/releases?a=1,2&page=2";
        for link in [
            format!("<{page}>; rel=\"next\""),
            format!(
                "<https://api.github.com/1>; rel=\"prev\", <{page}>; rel=\"next\", <https://api.github.com/9>; rel=\"last\""
            ),
            format!("<{page}>; rel=next"),
            format!("<{page}>; title=\"x\"; rel=\"last next\""),
        ] {
            assert_eq!(next(&link), Ok(Some(page.to_owned())), "{link}");
        }
        for link in [
            "",
            "<https://api.github.com/1>; rel=\"last\"",
            "nonsense",
            "<",
        ] {
            assert_eq!(next(link), Ok(None), "{link}");
        }
        assert!(next("<https://evil.example/2>; rel=\"next\"").is_err());
        assert!(next("<http://api.github.com/2>; rel=\"next\"").is_err());
    }
}
