//! The addresses of GitHub's APIs: what the environment says, and what follows from it.

use url::Url;

use super::input_parser::InputParser;
use crate::domain::urls::{is_secure, shown_text};
use crate::domain::{Code, Diagnostic};

const GITHUB_API: &str = "https://api.github.com";

impl InputParser<'_> {
    /// The addresses of GitHub's REST and GraphQL APIs.
    pub(super) fn urls(&mut self) -> Option<(Url, Url)> {
        let context = self.environment.context;
        // A runner always says which GitHub it belongs to; only a terminal may leave it out.
        let default = match context.runner {
            Some(_) => "",
            None => GITHUB_API,
        };
        let api = context.api_url.as_deref().unwrap_or(default);
        let api = self.take("GITHUB_API_URL", address(api, &OWN))?;
        let graphql = match context.graphql_url.as_deref() {
            Some(text) => self.take("GITHUB_GRAPHQL_URL", address(text, &OWN))?,
            None => graphql_of(&api),
        };
        Some((api, graphql))
    }
}

impl InputParser<'_> {
    /// The addresses of the APIs of another GitHub, by the one of its REST API.
    pub(super) fn urls_of(&mut self, input: &str, api: &str) -> Option<(Url, Url)> {
        let api = self.take(input, address(api, &OTHER))?;
        let graphql = graphql_of(&api);
        Some((api, graphql))
    }
}

/// What a message says of an address, by where that comes from.
struct AddressSource {
    /// The input that a token belongs into.
    token: &'static str,
    help: &'static str,
}

/// The environment.
const OWN: AddressSource = AddressSource {
    token: "github-token",
    help: "the runner sets it; on a terminal, leave it out for github.com, or write https://HOST/api/v3 for a server",
};
/// An input, for another GitHub.
const OTHER: AddressSource = AddressSource {
    token: "target-token",
    help: "write https://HOST/api/v3 for a GitHub Enterprise Server, or https://api.github.com; leave it out for the GitHub that the workflow runs on",
};

/// An address that a token may be sent to. Messages show it without what may be a secret.
fn address(text: &str, source: &AddressSource) -> Result<Url, Diagnostic> {
    let AddressSource { token, help } = *source;
    let why = match Url::parse(text) {
        _ if text.is_empty() => "is missing".to_owned(),
        Ok(url) if !is_secure(&url) => {
            "is not an https URL: the token is not sent there".to_owned()
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            format!("has a user name or a password: a token belongs into `{token}`")
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "has a query or a fragment, which an API has not".to_owned()
        }
        Ok(url) => return Ok(url),
        Err(error) => format!("cannot be used: {error}"),
    };
    let shown = shown_text(text);
    Err(Diagnostic::value(Code::UrlInvalid, "URL", shown, why, help))
}

/// `/graphql` beside the API, and `/api/graphql` beside `/api/v3` of GitHub Enterprise Server
/// ([GraphQL endpoint](https://docs.github.com/en/enterprise-server@latest/graphql/guides/managing-enterprise-accounts)).
fn graphql_of(api: &Url) -> Url {
    let base = api.path().trim_end_matches('/');
    let base = base.strip_suffix("/v3").unwrap_or(base);
    let mut url = api.clone();
    url.set_path(&format!("{base}/graphql"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_address_follows_from_the_api() {
        for (api, graphql) in [
            (GITHUB_API, "https://api.github.com/graphql"),
            (
                "https://api.acme.ghe.com/",
                "https://api.acme.ghe.com/graphql",
            ),
            (
                "https://git.acme.example/api/v3",
                "https://git.acme.example/api/graphql",
            ),
            (
                "https://git.acme.example:8443/api/v3/",
                "https://git.acme.example:8443/api/graphql",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/graphql"),
        ] {
            assert_eq!(
                graphql_of(&address(api, &OWN).unwrap()).as_str(),
                graphql,
                "{api}"
            );
        }
    }

    #[test]
    fn refused_addresses_are_shown_without_secrets() {
        for text in [
            "https://u:s3cret@api.github.com",
            "https://s3cret@api.github.com",
            "https://api.github.com?token=s3cret",
            "https://api.github.com#s3cret",
            "http://u:s3cret@git.acme.example",
            "https://u:s3cret@git.acme.example:99999",
            "u:s3cret@git.acme.example",
        ] {
            for source in [&OWN, &OTHER] {
                let refused = address(text, source).unwrap_err();
                assert_eq!(refused.code, Code::UrlInvalid, "{text}");
                assert!(!format!("{refused:?}").contains("s3cret"), "{refused:?}");
            }
        }
    }

    #[test]
    fn message_names_the_inputs_of_the_address() {
        let with_user = "https://u@git.acme.example/api/v3";
        let own = format!("{:?}", address(with_user, &OWN).unwrap_err());
        assert!(own.contains("`github-token`") && own.contains("the runner sets it"));
        let other = format!("{:?}", address(with_user, &OTHER).unwrap_err());
        assert!(other.contains("`target-token`"), "{other}");
        assert!(
            !other.contains("runner") && !other.contains("github-token"),
            "{other}"
        );
    }
}
