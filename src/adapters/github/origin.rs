//! Which URLs are sent the token: those of its API and of that API's upload host.

use url::{Host, Url};

use crate::domain::urls::{is_loopback, is_secure, same_origin};
use crate::protocol::Cause;

/// The URL of a release's uploads, from the URI template that GitHub gives (`…/assets{?name,label}`) and a name.
pub(super) fn upload_url(api: &Url, template: &str, name: &str) -> Result<Url, Cause> {
    let plain = template.split('{').next().unwrap_or_default();
    let mut url: Url = plain.parse().map_err(|error| Cause::Broken {
        detail: format!("GitHub's upload URL {plain:?} cannot be read: {error}"),
    })?;
    if !may_upload(api, &url) {
        return Err(Cause::Broken {
            detail: format!(
                "GitHub names {} for uploads, which is not the upload host of {}: the token is not sent there",
                url.host_str().unwrap_or("no host"),
                api.host_str().unwrap_or("the API"),
            ),
        });
    }
    url.query_pairs_mut().append_pair("name", name);
    Ok(url)
}

/// `uploads.github.com` goes with `api.github.com`, and so it is below `ghe.com`; GitHub Enterprise Server has both on one
/// host ([Upload a release asset](https://docs.github.com/en/rest/releases/assets#upload-a-release-asset),
/// [API endpoints of GHE.com](https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency#api-access)).
fn may_upload(api: &Url, upload: &Url) -> bool {
    if same_origin(api, upload) || (is_loopback(api) && is_loopback(upload)) {
        return is_secure(upload);
    }
    let (Some(Host::Domain(api_host)), Some(Host::Domain(upload_host))) =
        (api.host(), upload.host())
    else {
        return false;
    };
    let Some(site) = api_host.strip_prefix("api.") else {
        return false;
    };
    let is_github = site == "github.com" || site.ends_with(".ghe.com");
    is_github
        && upload.scheme() == "https"
        && upload.port().is_none()
        && upload_host.strip_prefix("uploads.") == Some(site)
}

/// The target of a redirect, if it may be followed without credentials: not to plain HTTP on another machine, and not
/// from another machine to this one.
pub(super) fn redirected(from: &Url, location: &str) -> Result<Url, Cause> {
    let to = from.join(location).map_err(|error| Cause::Broken {
        detail: format!("GitHub redirects to what is no URL: {error}"),
    })?;
    if !is_secure(&to) || (is_loopback(&to) && !is_loopback(from)) {
        return Err(Cause::Broken {
            detail: format!(
                "GitHub redirects to {}://{}, which is not followed",
                to.scheme(),
                to.host_str().unwrap_or_default()
            ),
        });
    }
    Ok(to)
}

/// The URL of the page after a page, by its number.
pub(super) fn following(mut page: Url) -> Url {
    let query: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    let number = query.iter().find(|(name, _)| name == "page");
    let number = number.and_then(|(_, number)| number.parse().ok());
    let others = query.iter().filter(|(name, _)| name != "page");
    let next = number.unwrap_or(1_usize) + 1;
    page.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("page", &next.to_string());
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn uploads_go_to_documented_hosts_only() {
        for (api, upload) in [
            (
                "https://api.github.com/",
                "https://uploads.github.com/repos/o/r/releases/1/assets{?name,label}",
            ),
            (
                "https://api.acme.ghe.com/",
                "https://uploads.acme.ghe.com/repos/o/r/releases/1/assets",
            ),
            (
                "https://git.acme.com/api/v3/",
                "https://git.acme.com/api/uploads/repos/o/r/releases/1/assets{?name}",
            ),
            (
                "http://127.0.0.1:3000/",
                "http://127.0.0.1:3001/upload{?name,label}",
            ),
        ] {
            let uploads = upload_url(&url(api), upload, "a+b.yaml").unwrap();
            assert_eq!(uploads.query(), Some("name=a%2Bb.yaml"), "{uploads}");
        }
        for (api, upload) in [
            (
                "https://api.github.com/",
                "https://uploads.github.com.evil.example/x{?name}",
            ),
            ("https://api.github.com/", "https://uploads.evil.example/x"),
            ("https://api.github.com/", "http://uploads.github.com/x"),
            (
                "https://api.github.com/",
                "https://uploads.github.com:8443/x",
            ),
            ("https://api.github.com/", "http://127.0.0.1/x"),
            ("https://api.evil.com/", "https://uploads.evil.com/x"),
            (
                "https://git.acme.com/api/v3/",
                "https://uploads.github.com/x",
            ),
            ("https://api.ghe.com/", "https://uploads.x.ghe.com/x"),
            ("http://127.0.0.1:3000/", "https://uploads.github.com/x"),
            ("https://api.github.com/", "{?name}"),
        ] {
            let refused = upload_url(&url(api), upload, "x");
            assert!(matches!(refused, Err(Cause::Broken { .. })), "{upload}");
        }
    }

    #[test]
    fn redirects_to_plain_http_or_loopback_are_refused() {
        let api = url("https://api.github.com/x");
        let to = redirected(&api, "https://objects.example.com/y?sig=1").unwrap();
        assert_eq!(to.host_str(), Some("objects.example.com"));
        assert_eq!(redirected(&api, "/z").unwrap().path(), "/z");
        for bad in [
            "http://example.com/",
            "http://127.0.0.1/",
            "https://localhost/",
            "file:///x",
            "http://[",
        ] {
            assert!(redirected(&api, bad).is_err(), "{bad}");
        }
        assert!(redirected(&url("http://127.0.0.1:1/"), "http://127.0.0.1:2/").is_ok());
    }
}
