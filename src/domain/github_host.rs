//! The host of a GitHub, and the addresses that follow from it.

use std::fmt;

use url::Url;

const DOT_COM: &str = "github.com";

/// `github.com`, a tenant of GitHub Enterprise Cloud such as `octocorp.ghe.com`, or a GitHub Enterprise Server. A name in lower case, without a
/// port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitHubHost(String);

impl GitHubHost {
    /// `github.com`.
    pub fn dot_com() -> Self {
        Self(DOT_COM.into())
    }

    /// The host of this name; `None` if no host can have it.
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        if name.is_empty() || name.len() > 253 || !name.chars().all(plain) {
            return None;
        }
        if name.starts_with(['-', '.']) || name.ends_with('.') {
            return None;
        }
        Some(match name.as_str() {
            // SSH over the port of HTTPS
            // (https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port).
            "www.github.com" | "ssh.github.com" | "api.github.com" => Self::dot_com(),
            _ => Self(name),
        })
    }

    /// The host of which this is the address or the API's address.
    pub fn of_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let name = url.host_str()?;
        let tenant = name.strip_prefix("api.");
        Self::of_name(tenant.filter(|name| is_tenant(name)).unwrap_or(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `github.com`.
    pub fn is_dot_com(&self) -> bool {
        self.0 == DOT_COM
    }

    /// Whether GitHub runs it, so that it is no GitHub Enterprise Server.
    pub fn is_run_by_github(&self) -> bool {
        self.is_dot_com() || is_tenant(&self.0)
    }

    /// The address of the pages.
    pub fn server_url(&self) -> String {
        format!("https://{self}")
    }

    /// The address of the REST API
    /// (<https://docs.github.com/en/enterprise-server/rest/using-the-rest-api/getting-started-with-the-rest-api>).
    pub fn api_url(&self) -> String {
        if self.is_run_by_github() {
            format!("https://api.{self}")
        } else {
            format!("https://{self}/api/v3")
        }
    }

    /// The address of the GraphQL API
    /// (<https://docs.github.com/en/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint>).
    pub fn graphql_url(&self) -> String {
        if self.is_run_by_github() {
            format!("https://api.{self}/graphql")
        } else {
            format!("https://{self}/api/graphql")
        }
    }
}

fn is_tenant(name: &str) -> bool {
    name.strip_suffix(".ghe.com")
        .is_some_and(|tenant| !tenant.is_empty())
}

impl fmt::Display for GitHubHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_follow_from_the_host() {
        for (name, server, api, graphql) in [
            (
                "GitHub.com",
                "https://github.com",
                "https://api.github.com",
                "https://api.github.com/graphql",
            ),
            (
                "octocorp.ghe.com",
                "https://octocorp.ghe.com",
                "https://api.octocorp.ghe.com",
                "https://api.octocorp.ghe.com/graphql",
            ),
            (
                "github.example.com",
                "https://github.example.com",
                "https://github.example.com/api/v3",
                "https://github.example.com/api/graphql",
            ),
        ] {
            let host = GitHubHost::of_name(name).unwrap();
            assert_eq!(host.server_url(), server);
            assert_eq!(host.api_url(), api);
            assert_eq!(host.graphql_url(), graphql);
            for url in [server, api, graphql] {
                assert_eq!(GitHubHost::of_url(url).as_ref(), Some(&host), "{url}");
            }
        }
    }

    #[test]
    fn only_names_of_hosts_are_hosts() {
        let long = "a".repeat(254);
        for name in [
            "", ".", "-a", "a.", "a b", "a/b", "a:1", "[::1]", "ä.com", &long,
        ] {
            assert_eq!(GitHubHost::of_name(name), None, "{name}");
        }
        assert!(!GitHubHost::of_name("ghe.com").unwrap().is_run_by_github());
        let similar = GitHubHost::of_name("github.com.example").unwrap();
        assert!(!similar.is_run_by_github());
    }
}
