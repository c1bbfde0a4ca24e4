//! What a terminal's checkout and logins are used for, where nothing was typed.

use super::input_parser::TokenChoice;
use super::{Context, settings_of};
use crate::cli::{Command, PhaseArgs, StepCommand};
use crate::domain::{GitHubHost, RepoSlug};

/// What a command needs and was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalNeeds {
    pub repository: bool,
    pub commit: bool,
    pub token: bool,
    /// The repository that was given.
    pub given: Option<String>,
}

/// What a command takes from a terminal's checkout and logins; `None` if nothing.
pub fn local_needs(command: &Command, context: &Context) -> Option<LocalNeeds> {
    let (typed, mut needs) = match command {
        Command::Phase(args) => {
            let (phase, common) = settings_of(args);
            let app_id = common.app_id.as_ref().or(context.app_id.as_ref());
            let needs = LocalNeeds {
                repository: names_repository(args),
                commit: names_commit(args) && context.sha.is_none(),
                token: match phase.token() {
                    TokenChoice::None => false,
                    TokenChoice::Publishing if context.publish_token.is_some() => false,
                    _ => app_id.is_none() || context.app_private_key.is_none(),
                },
                given: None,
            };
            (common.repository.as_ref(), needs)
        }
        Command::Step(command) => {
            let (typed, repository, token) = match command {
                StepCommand::DownloadAsset(args) => (args.repository.as_ref(), true, true),
                StepCommand::DownloadLogs(_) => (None, true, true),
                StepCommand::ReleaseSettings(args) => (args.repository.as_ref(), true, false),
                StepCommand::ImageSettings(args) => {
                    (args.repository.as_ref(), args.binary_image.is_none(), false)
                }
                _ => return None,
            };
            let commit = matches!(command, StepCommand::ImageSettings(args) if args.commit_build && args.commit.is_none());
            let needs = LocalNeeds {
                repository,
                commit: commit && context.sha.is_none(),
                token,
                given: None,
            };
            (typed, needs)
        }
        Command::InspectModule(_) | Command::VerifyBundle(_) => return None,
        Command::Report(args) if args.evidence.is_some() => return None,
        Command::Report(args) => {
            let needs = LocalNeeds {
                repository: true,
                commit: false,
                token: true,
                given: None,
            };
            (args.repository.as_ref(), needs)
        }
        #[cfg(feature = "rehearse")]
        Command::Init(_) | Command::Rehearse(_) => return None,
        #[cfg(feature = "rehearse")]
        Command::Completions(_) | Command::Man(_) => return None,
    };
    needs.given = typed.or(context.repository.as_ref()).cloned();
    needs.repository &= needs.given.is_none();
    Some(needs)
}

/// Whether a phase is told the repository otherwise than by a plan.
fn names_repository(args: &PhaseArgs) -> bool {
    match args {
        PhaseArgs::Draft(_)
        | PhaseArgs::Upload(_)
        | PhaseArgs::AttestBuild(_)
        | PhaseArgs::Await(_)
        | PhaseArgs::FetchModule(_)
        | PhaseArgs::RecordTests(_)
        | PhaseArgs::Publish(_) => false,
        PhaseArgs::BuildModule(args) => args.commit_build,
        PhaseArgs::Status(args) => args.plan.plan.is_none(),
        _ => true,
    }
}

/// Whether a phase releases or builds the commit that is checked out, where none was typed.
fn names_commit(args: &PhaseArgs) -> bool {
    match args {
        PhaseArgs::Plan(args) => args.commit.is_none(),
        PhaseArgs::BuildModule(args) => args.commit_build && args.commit.is_none(),
        _ => false,
    }
}

/// The GitHub of a release, and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenGitHub {
    /// Whose APIs are used.
    pub host: GitHubHost,
    /// The repository of the checkout, where it counts.
    pub repository: Option<RepoSlug>,
    /// Why the checkout does not count.
    pub ignored: Option<String>,
    pub token: ChosenToken,
}

/// Which token may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChosenToken {
    /// That of the variables, which was given for this host.
    Given,
    /// `GH_ENTERPRISE_TOKEN`.
    Enterprise,
    /// That of `gh` for this host, whose API is used.
    OfGh(GitHubHost),
    None,
}

/// Decides which GitHub is meant. `origin` is the checkout's, and `knows` says whether `gh` is logged in to a host: an address in a checkout
/// alone makes no host a GitHub that a token is sent to.
///
/// A token in `GITHUB_TOKEN` or `GH_TOKEN` is for the host that a variable names beside it, and otherwise for `github.com`.
pub fn choose_github(
    context: &Context,
    given: Option<&str>,
    origin: Option<(&GitHubHost, &RepoSlug)>,
    knows: &dyn Fn(&GitHubHost) -> bool,
) -> ChosenGitHub {
    let of_url = |url: &Option<String>| GitHubHost::of_url(url.as_deref()?);
    let by_address = of_url(&context.server_url).or_else(|| of_url(&context.api_url));
    let local = context.local.as_ref();
    let by_gh = local.and_then(|local| GitHubHost::of_name(local.gh_host.as_deref()?));
    let named = by_address.as_ref().or(by_gh.as_ref());
    let refused = |(host, repository): (&GitHubHost, &RepoSlug)| {
        let other = |given: &str| {
            let given = given.trim().parse::<RepoSlug>();
            given.is_ok_and(|given| !given.is_same(repository))
        };
        match named {
            // Whoever named another repository knows that it is not this one.
            _ if given.is_some_and(other) => Some(String::new()),
            Some(named) if named == host => None,
            Some(named) => Some(format!("origin is on {host}, and not on {named}")),
            None if host.is_dot_com() || knows(host) => None,
            None => Some(format!(
                "origin is on {host}, which is neither github.com nor a host that gh is logged in to or GH_HOST names"
            )),
        }
    };
    let ignored = origin.and_then(refused);
    let origin = origin.filter(|_| ignored.is_none());
    let host = named.or(origin.map(|(host, _)| host)).cloned();
    let host = host.unwrap_or_else(GitHubHost::dot_com);
    // Where the token would be sent.
    let target = of_url(&context.api_url).unwrap_or_else(|| host.clone());
    let is_split = of_url(&context.graphql_url).is_some_and(|graphql| graphql != target);
    let by_gh = by_gh.filter(|by_gh| by_address.is_none() && *by_gh == host);
    let has_enterprise = local.is_some_and(|local| local.enterprise_token.is_some());
    let is_given = by_address.is_some()
        || context.api_url.is_some()
        || context.graphql_url.is_some()
        || host.is_dot_com()
        || by_gh.is_some() && host.is_run_by_github();
    let token = if context.token.is_some() && is_given {
        ChosenToken::Given
    } else if has_enterprise && by_gh.is_some() && !host.is_run_by_github() {
        ChosenToken::Enterprise
    } else if knows(&target) && !is_split {
        ChosenToken::OfGh(target)
    } else {
        ChosenToken::None
    };
    ChosenGitHub {
        host,
        repository: origin.map(|(_, repository)| repository.clone()),
        ignored: ignored.filter(|why| !why.is_empty()),
        token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(variables: &[(&str, &str)]) -> Context {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Context::read(&variables.iter().map(own).collect())
    }

    fn host(name: &str) -> GitHubHost {
        GitHubHost::of_name(name).unwrap()
    }

    /// Host, whether the checkout counts, and the token; `gh` is logged in to the hosts in `logins`.
    fn chosen(
        variables: &[(&str, &str)],
        origin: Option<&str>,
        logins: &[&str],
    ) -> (String, bool, ChosenToken) {
        let repository = "a/b".parse().unwrap();
        let origin = origin.map(host);
        let origin = origin.as_ref().map(|host| (host, &repository));
        let knows = |host: &GitHubHost| logins.contains(&host.as_str());
        let chosen = choose_github(&context(variables), None, origin, &knows);
        let counts = chosen.repository.is_some();
        assert_eq!(chosen.ignored.is_some(), origin.is_some() && !counts);
        if let ChosenToken::OfGh(target) = &chosen.token {
            assert_eq!(*target, chosen.host);
        }
        (chosen.host.to_string(), counts, chosen.token)
    }

    #[test]
    fn token_goes_only_to_the_host_that_it_belongs_to() {
        use ChosenToken::{Enterprise, Given, None as Nothing};
        let of_gh = |name| ChosenToken::OfGh(host(name));
        let (dot_com, ghe) = ("github.com", "ghe.example");
        let token = ("GITHUB_TOKEN", "t");
        let gh_token = ("GH_TOKEN", "t");
        let enterprise = ("GH_ENTERPRISE_TOKEN", "t");
        let to_ghe = ("GH_HOST", ghe);
        let api = ("GITHUB_API_URL", "https://ghe.example/api/v3");
        let server = ("GITHUB_SERVER_URL", "https://ghe.example");
        let evil = ("GITHUB_API_URL", "https://evil.example");
        let evil_graphql = ("GITHUB_GRAPHQL_URL", "https://evil.example");
        for (variables, origin, logins, wanted) in [
            (&[token][..], None, &[][..], (dot_com, false, Given)),
            (&[], None, &[], (dot_com, false, Nothing)),
            (&[], None, &[dot_com], (dot_com, false, of_gh(dot_com))),
            (&[token], Some(dot_com), &[dot_com], (dot_com, true, Given)),
            (
                &[],
                Some(dot_com),
                &[dot_com],
                (dot_com, true, of_gh(dot_com)),
            ),
            (&[], Some(dot_com), &[ghe], (dot_com, true, Nothing)),
            // A host of the checkout alone.
            (&[token], Some(ghe), &[], (dot_com, false, Given)),
            (&[token], Some("t.ghe.com"), &[], (dot_com, false, Given)),
            (&[token], Some(ghe), &[ghe], (ghe, true, of_gh(ghe))),
            (
                &[gh_token, enterprise],
                Some(ghe),
                &[ghe],
                (ghe, true, of_gh(ghe)),
            ),
            (&[enterprise], Some(ghe), &[], (dot_com, false, Nothing)),
            // A host that a variable of gh names.
            (&[to_ghe, token], Some(ghe), &[], (ghe, true, Nothing)),
            (
                &[to_ghe, token, enterprise],
                Some(ghe),
                &[ghe],
                (ghe, true, Enterprise),
            ),
            (&[to_ghe], Some(dot_com), &[dot_com], (ghe, false, Nothing)),
            (
                &[("GH_HOST", "t.ghe.com"), gh_token],
                None,
                &[],
                ("t.ghe.com", false, Given),
            ),
            // A host that a variable of a runner names.
            (&[api, token], Some(ghe), &[], (ghe, true, Given)),
            (
                &[server, token],
                Some(dot_com),
                &[dot_com],
                (ghe, false, Given),
            ),
            (
                &[server, api],
                Some(ghe),
                &[ghe, dot_com],
                (ghe, true, of_gh(ghe)),
            ),
            (
                &[server, evil],
                Some(ghe),
                &[ghe, dot_com],
                (ghe, true, Nothing),
            ),
            (
                &[evil_graphql],
                Some(dot_com),
                &[dot_com],
                (dot_com, true, Nothing),
            ),
            (&[evil], None, &[dot_com], ("evil.example", false, Nothing)),
        ] {
            let (host, counts, token) = chosen(variables, origin, logins);
            assert_eq!(
                (host.as_str(), counts, token),
                wanted,
                "{variables:?} {origin:?}"
            );
        }
    }

    #[test]
    fn token_of_gh_is_that_of_the_host_whose_api_is_used() {
        let context = context(&[
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_API_URL", "https://ghe.example/api/v3"),
        ]);
        let chosen = choose_github(&context, None, None, &|_| true);
        assert_eq!(chosen.token, ChosenToken::OfGh(host("ghe.example")));
    }

    #[test]
    fn checkout_counts_for_its_own_repository_only() {
        let (here, repository) = (host("github.com"), "A/b".parse().unwrap());
        let choose = |given| {
            let origin = Some((&here, &repository));
            choose_github(&context(&[]), given, origin, &|_| false)
        };
        assert!(choose(Some("a/B")).repository.is_some());
        let other = choose(Some("c/d"));
        assert_eq!((other.repository, other.ignored), (None, None));
    }

    #[test]
    fn needs_are_what_was_not_typed() {
        use clap::Parser as _;
        let needs = |line: &str, variables: &[(&str, &str)]| {
            let words = ["btp-release"].into_iter().chain(line.split(' '));
            let command = crate::cli::Cli::try_parse_from(words).unwrap().command;
            let needs = local_needs(&command, &context(variables))?;
            Some((needs.repository, needs.commit, needs.token))
        };
        let commit = "--commit=4e4b9d47cb655ca23e5c706462485ff7605e8d71";
        for (line, wanted) in [
            ("plan 1.2.0", (true, true, true)),
            (&format!("plan 1.2.0 {commit}"), (true, false, true)),
            ("plan 1.2.0 --repository a/b", (false, true, true)),
            ("draft --plan {}", (false, false, true)),
            ("status 1.2.0", (true, false, true)),
            ("build-module --commit-build", (true, true, false)),
            ("download-logs", (true, false, true)),
            ("release-settings", (true, false, false)),
            ("image-settings --commit-build", (true, true, false)),
            ("image-settings --binary-image x", (false, false, false)),
        ] {
            assert_eq!(needs(line, &[]), Some(wanted), "{line}");
        }
        assert_eq!(needs("registry-login", &[]), None);
        let app = [
            ("APP_ID", "1"),
            ("APP_PRIVATE_KEY", "k"),
            ("GITHUB_SHA", "x"),
        ];
        assert_eq!(needs("plan 1.2.0", &app), Some((true, false, false)));
        let publishing = [("PUBLISH_TOKEN", "t")];
        assert_eq!(
            needs("publish --plan {}", &publishing),
            Some((false, false, false))
        );
    }
}
