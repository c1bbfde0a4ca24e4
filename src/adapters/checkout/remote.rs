//! The address of a remote, in the forms that git takes
//! (<https://git-scm.com/docs/git-clone#_git_urls>).

use crate::domain::{GitHubHost, RepoSlug};

/// Longer addresses are no repository's.
const LONGEST: usize = 2048;
const SCHEMES: [&str; 6] = ["https", "http", "ssh", "git", "git+ssh", "ssh+git"];

/// A repository on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitRemote {
    pub host: GitHubHost,
    pub repository: RepoSlug,
}

impl GitRemote {
    /// `None` for an address that cannot be of a GitHub, such as a path. Users, passwords and ports are left out.
    pub fn parse(address: &str) -> Option<Self> {
        let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if address.len() > LONGEST || address.contains(odd) || address.contains("::") {
            return None;
        }
        let (authority, path) = match address.split_once("://") {
            Some((scheme, rest)) => {
                let mut known = SCHEMES.iter();
                known.find(|known| known.eq_ignore_ascii_case(scheme))?;
                let (authority, path) = rest.split_once('/')?;
                (without_port(authority)?, path)
            }
            // What has a slash before the colon is a path.
            None => address
                .split_once(':')
                .filter(|(before, _)| !before.contains('/'))?,
        };
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        let path = path.trim_start_matches('/').trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        Some(Self {
            host: GitHubHost::of_name(host)?,
            repository: path.parse().ok()?,
        })
    }
}

/// `None` where what follows the colon is no port.
fn without_port(authority: &str) -> Option<&str> {
    let host_at = authority.rfind('@').map_or(0, |at| at + 1);
    let host = authority.get(host_at..)?;
    match host.split_once(':') {
        None => Some(host),
        Some((host, port)) => port.bytes().all(|b| b.is_ascii_digit()).then_some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_github_are_read_in_every_form() {
        for (address, host, repository) in [
            (
                "https://github.com/kyma-project/btp-manager",
                "github.com",
                "kyma-project/btp-manager",
            ),
            (
                "https://github.com/kyma-project/btp-manager.git",
                "github.com",
                "kyma-project/btp-manager",
            ),
            (
                "https://github.com/kyma-project/btp-manager.git/",
                "github.com",
                "kyma-project/btp-manager",
            ),
            (
                "HTTPS://GitHub.com/Kyma-Project/BTP-Manager",
                "github.com",
                "Kyma-Project/BTP-Manager",
            ),
            ("https://www.github.com/a/b", "github.com", "a/b"),
            (
                "https://me:gho_s3cret@github.com/a/b.git",
                "github.com",
                "a/b",
            ),
            ("https://me@corp@github.com/a/b.git", "github.com", "a/b"),
            ("http://github.example:8080/a/b", "github.example", "a/b"),
            ("git://github.com/a/b.git", "github.com", "a/b"),
            ("ssh://git@github.com/a/b.git", "github.com", "a/b"),
            ("ssh://git@github.com:22/a/b.git", "github.com", "a/b"),
            ("ssh://git@ssh.github.com:443/a/b.git", "github.com", "a/b"),
            ("git+ssh://git@github.com/a/b", "github.com", "a/b"),
            ("git@github.com:a/b.git", "github.com", "a/b"),
            ("git@github.com:/a/b.git", "github.com", "a/b"),
            ("github.com:a/b", "github.com", "a/b"),
            ("org-1234@github.com:a/b.git", "github.com", "a/b"),
            ("git@octocorp.ghe.com:a/b.git", "octocorp.ghe.com", "a/b"),
            (
                "git@github.example.com:a/b.c.git",
                "github.example.com",
                "a/b.c",
            ),
            ("https://github.com/a/.github", "github.com", "a/.github"),
            ("https://github.com/a/b.git.git", "github.com", "a/b.git"),
            // An alias of the SSH configuration, which is no host of GitHub until something else says so.
            ("git@work:a/b.git", "work", "a/b"),
        ] {
            let remote = GitRemote::parse(address).unwrap_or_else(|| panic!("{address}"));
            assert_eq!(remote.host.as_str(), host, "{address}");
            assert_eq!(remote.repository.to_string(), repository, "{address}");
        }
    }

    #[test]
    fn other_addresses_are_no_repository_of_github() {
        let long = format!("https://github.com/a/{}", "b".repeat(3000));
        for address in [
            "",
            "btp-manager",
            "/srv/git/a/b.git",
            "./a:b/c",
            "../a/b",
            "~/a/b",
            "C:\\git\\a",
            "file:///srv/a/b",
            "file://github.com/a/b",
            "ext::sh -c true",
            "ext::sh",
            "https://github.com",
            "https://github.com/",
            "https://github.com/a",
            "https://github.com/a/b/c",
            "https://github.com/a/..",
            "https://github.com/../a/b",
            "https://github.com/a//b",
            "https://github.com/a/b?x=1",
            "https://github.com/a/b#c",
            "https://github.com/a%2Fb/c",
            "https://github.com:x/a/b",
            "https://[::1]/a/b",
            "https://evil.example\\@github.com/a/b",
            "https://github.com/a/b\nhttps://evil.example/c/d",
            "git@:a/b",
            "gist.github.com:0123456789abcdef.git",
            &long,
        ] {
            assert_eq!(GitRemote::parse(address), None, "{address}");
        }
    }
}
