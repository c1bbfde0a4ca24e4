//! Another repository, another GitHub, and as whom it is used.

use btp_release::cli::{Cli, Command, arguments_of_step};
use btp_release::domain::Code;
use btp_release::engine::Stop;
use btp_release::settings::{self, Context, Environment};
use clap::Parser as _;
use stand_ins::github::{GitHubWorld, Level, Rights, StoredApp, Token};
use stand_ins::{GitHubServer, Options, RateLimits};

use super::support::scene::{REPOSITORY, Scene};
use super::{RUN, SET, VERSION, propose, pulls, scene, seed};

const MANIFESTS: &str = "kyma/module-manifests";
const OTHER_TOKEN: &str = "other-token";
const KEY: &str = include_str!("../support/app/private-key.pem");
const PUBLIC_KEY: &str = include_str!("../support/app/public-key.pem");

async fn other_host(scene: &Scene, choose: impl FnOnce(&mut GitHubWorld)) -> GitHubServer {
    let mut world = GitHubWorld::new();
    seed(world.repository(MANIFESTS));
    choose(&mut world);
    let options = Options {
        clock: scene.clock.clone(),
        limits: RateLimits::none(),
        ..Options::default()
    };
    GitHubServer::start(world, options).await.unwrap()
}

/// Each GitHub knows its own tokens only, and refuses any other with 401.
fn assert_own_tokens_only(github: &GitHubServer) {
    let refused = github.log().filter(|entry| entry.status == Some(401));
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test]
async fn change_may_be_proposed_in_another_repository_of_the_same_github() {
    let scene = scene().await;
    seed(scene.github.world().repository(MANIFESTS));
    scene.seen_by_all().await;
    propose(&scene, &[("target-repository", MANIFESTS)])
        .await
        .unwrap();
    assert_eq!(pulls(&scene).len(), 0);
    assert_eq!(scene.github.world().repository(MANIFESTS).pulls.len(), 1);
}

#[tokio::test]
async fn tokens_are_sent_to_their_own_github_only() {
    let scene = scene().await;
    let other = other_host(&scene, |world| {
        world.token(OTHER_TOKEN, Token::pat("release-bot"));
    })
    .await;
    let url = format!("{}/api/v3", other.api_url());
    let inputs = [
        ("target-repository", MANIFESTS),
        ("target-api-url", url.as_str()),
        ("target-token", OTHER_TOKEN),
        ("merge", "squash"),
    ];
    let outputs = propose(&scene, &inputs).await.unwrap();
    assert_eq!(outputs["state"], "merged");
    assert!(other.log().entries().len() > 10);
    assert_own_tokens_only(&other);
    assert_own_tokens_only(&scene.github);
    // Without a token of its own, nothing is sent.
    let findings = refused_inputs(&scene, &inputs[..2]);
    assert_eq!(findings, [Code::InputMissing]);
}

#[tokio::test]
async fn app_needs_two_rights_on_one_repository() {
    let scene = scene().await;
    let rights = Rights {
        contents: Level::Write,
        pull_requests: Level::Write,
        ..Rights::default()
    };
    let app = |rights| StoredApp::new("gopher", PUBLIC_KEY).installed_on(MANIFESTS, rights);
    let other = other_host(&scene, |world| {
        world.apps.insert("777".into(), app(rights));
    })
    .await;
    let url = other.api_url();
    let inputs = [
        ("target-repository", MANIFESTS),
        ("target-api-url", url.as_str()),
        ("target-app-id", "777"),
        ("target-app-private-key", KEY),
    ];
    let outputs = propose(&scene, &inputs).await.unwrap();
    assert_eq!(outputs["state"], "open");
    let login = other.world().repository(MANIFESTS).pulls[&1].login.clone();
    assert_eq!(login, "gopher[bot]");
    let revoked = other
        .log()
        .filter(|entry| entry.method == "DELETE" && entry.path.ends_with("/installation/token"));
    assert_eq!(revoked.len(), 1);
    let narrow = Rights {
        pull_requests: Level::Read,
        ..rights
    };
    other.world().apps.insert("777".into(), app(narrow));
    let ended = propose(&scene, &inputs).await;
    assert!(matches!(ended, Err(Stop::Service(_))), "{ended:?}");
}

/// The codes of what is wrong with the inputs.
fn refused_inputs(scene: &Scene, more: &[(&str, &str)]) -> Vec<Code> {
    let mut inputs = vec![VERSION];
    if !more.iter().any(|(name, _)| *name == "set") {
        inputs.push(SET);
    }
    inputs.extend(more);
    let env = scene.env(RUN, "propose", &inputs);
    let cli = Cli::try_parse_from(arguments_of_step(&env).unwrap()).unwrap();
    let Command::Phase(args) = cli.command else {
        unreachable!()
    };
    let read = |path: &std::path::Path| std::fs::read_to_string(path);
    let environment = Environment {
        context: &Context::read(&env),
        read_file: &read,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    match settings::phase(&args, environment) {
        Ok(_) => vec![],
        Err(not_begun) => not_begun
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect(),
    }
}

#[tokio::test]
async fn wrong_inputs_are_refused_before_any_request() {
    let scene = scene().await;
    let commit = ("commit", "4e4b9d47cb655ca23e5c706462485ff7605e8d71");
    for (inputs, codes) in [
        (&[("set", "no colon = 1")][..], &[Code::EditInvalid][..]),
        (&[("set", "a.yaml: b")], &[Code::EditInvalid]),
        (
            &[("set", "../a.yaml: b = 1")],
            &[Code::RepositoryPathInvalid],
        ),
        (&[("set", "a.yaml: b = {commit}")], &[Code::InputMissing]),
        (
            &[("set", "a.yaml: b = 1\na.yaml: b = 2")],
            &[Code::InputsExclusive],
        ),
        (&[("set", "a.yaml: b = v{verison}")], &[Code::EditInvalid]),
        (
            &[(
                "set",
                "a.yaml: b = {version}\nb.yaml: b = {}\na.yaml: c = {\"a\": 1}",
            )],
            &[],
        ),
        (
            &[("files", "/etc/passwd=.git/config")],
            &[Code::RepositoryPathInvalid],
        ),
        (&[("files", "a=x\nb=x")], &[Code::InputsExclusive]),
        (&[("head-branch", "a..b")], &[Code::BranchInvalid]),
        (&[("title", "a\nb")], &[Code::TextInvalid]),
        (&[("body", "@../notes.md")], &[Code::PathOutside]),
        (&[("body", "@/etc/hostname")], &[Code::PathOutside]),
        (&[("merge", "now")], &[Code::ChoiceInvalid]),
        (&[("guard", "only-ours")], &[Code::InputMissing]),
        (
            &[
                ("guard", "only-ours"),
                commit,
                ("target-repository", MANIFESTS),
            ],
            &[Code::InputsExclusive],
        ),
        (&[("target-app-id", "1")], &[Code::InputMissing]),
        (
            &[("target-api-url", "http://git.example/api/v3")],
            &[Code::UrlInvalid],
        ),
        (&[commit, ("target-repository", REPOSITORY)], &[]),
    ] {
        assert_eq!(refused_inputs(&scene, inputs), codes, "{inputs:?}");
    }
    assert!(scene.github.log().entries().is_empty());
}
