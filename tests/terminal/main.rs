//! The binary on a terminal: what it takes from a checkout and from the logins of other programs, and how it behaves there.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::registry::Auth;
use stand_ins::{GitHubServer, Options, RegistryOptions, RegistryServer, ServerClock};

mod bad_inputs;
mod json;
mod plan;
mod schema;
mod screen;
#[path = "../support/mod.rs"]
mod support;

use support::module_images::Workspace;

const REPOSITORY: &str = "kyma-project/btp-manager";
const TOKEN: &str = "ghs_s3cret";

/// A person's home and checkout, with a GitHub on this machine.
struct Desk {
    github: GitHubServer,
    folder: tempfile::TempDir,
    commit: String,
}

struct Ended {
    code: i32,
    out: String,
    log: String,
}

impl Ended {
    fn assert_logged(&self, text: &str) {
        assert!(self.log.contains(text), "no {text:?} in\n{}", self.log);
    }

    fn assert_silent_about(&self, secret: &str) {
        assert!(!self.log.contains(secret), "{}", self.log);
        assert!(!self.out.contains(secret), "{}", self.out);
    }

    /// What came from where.
    fn using(&self) -> &str {
        let lines: Vec<_> = self
            .log
            .lines()
            .filter_map(|line| line.strip_prefix("using "))
            .collect();
        let [line] = lines.as_slice() else {
            panic!("not in one line:\n{}", self.log);
        };
        line
    }
}

impl Desk {
    async fn new() -> Self {
        let mut world = GitHubWorld::new();
        world.token(TOKEN, Token::github_token());
        let repository = world.repository(REPOSITORY);
        repository.commit("Initial commit").commit("Second");
        let commit = repository.tip();
        let options = Options {
            clock: ServerClock::real(),
            ..Options::default()
        };
        let github = GitHubServer::start(world, options).await.unwrap();
        let desk = Self {
            github,
            folder: tempfile::tempdir().unwrap(),
            commit,
        };
        fs::create_dir_all(desk.path("home")).unwrap();
        fs::create_dir_all(desk.path("bin")).unwrap();
        let origin = format!("{}/{REPOSITORY}.git", desk.github.server_url());
        let config = format!("[remote \"origin\"]\n\turl = {origin}\n");
        desk.write("work/.git/config", &config);
        desk.write("work/.git/HEAD", "ref: refs/heads/main\n");
        desk.write("work/.git/refs/heads/main", &desk.commit);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn logged_in(&self, host: &str, token: &str) {
        let text = format!("{host}:\n    oauth_token: {token}\n    user: me\n");
        self.write("home/.config/gh/hosts.yml", &text);
    }

    fn install(&self, program: &str, script: &str) {
        install(&self.path("bin"), program, script);
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            )
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .envs(variables.iter().copied())
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    async fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let mut command = self.command(arguments, variables);
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        Ended {
            code: ended.status.code().unwrap(),
            out: String::from_utf8(ended.stdout).unwrap(),
            log: String::from_utf8(ended.stderr).unwrap(),
        }
    }
}

fn install(folder: &Path, program: &str, script: &str) {
    let path = folder.join(program);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn repository_commit_and_token_need_not_be_typed() {
    let desk = Desk::new().await;
    desk.logged_in("127.0.0.1", TOKEN);
    desk.install("git", "echo ' M a'; echo '?? b'");
    let planned = desk.run(&["plan", "v1.2.0", "--verbose"], &[]).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    let short = desk.commit.get(..7).unwrap();
    let root = desk.path("work");
    assert_eq!(
        planned.using(),
        format!(
            "{REPOSITORY} from origin of {}, commit {short} from HEAD (branch main; 2 changed files are not in it), the token of gh for 127.0.0.1",
            root.display()
        )
    );
    assert!(
        planned.out.contains(&format!("commit={}\n", desk.commit)),
        "{}",
        planned.out
    );
    planned.assert_silent_about("s3cret");
    let status = desk.run(&["status", "v1.2.0"], &[]).await;
    assert_eq!(status.code, 0, "{}", status.log);
    assert!(status.out.contains("state=absent\n"), "{}", status.out);
    assert!(!status.using().contains("commit"), "{}", status.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_or_in_a_variable_comes_first() {
    let desk = Desk::new().await;
    desk.logged_in("127.0.0.1", "ghs_other_s3cret");
    let elsewhere = "1".repeat(40);
    desk.write("work/.git/HEAD", &elsewhere);
    let typed = [
        "plan",
        "v1.2.0",
        "--repository",
        REPOSITORY,
        "--commit",
        &desk.commit,
    ];
    let planned = desk.run(&typed, &[("GH_TOKEN", TOKEN)]).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    assert_eq!(planned.using(), "the token in GH_TOKEN");
    let variables = [
        ("GITHUB_REPOSITORY", REPOSITORY),
        ("GITHUB_SHA", &desk.commit),
        ("GITHUB_TOKEN", TOKEN),
    ];
    let planned = desk.run(&["plan", "v1.2.0"], &variables).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    assert_eq!(planned.using(), "the token in GITHUB_TOKEN");
    // The checkout of another repository says nothing of this one's commit.
    let other = [
        "plan",
        "v1.2.0",
        "--repository",
        "kyma-project/keda-manager",
    ];
    let refused = desk.run(&other, &[("GH_TOKEN", TOKEN)]).await;
    assert_eq!(refused.code, 2, "{}", refused.log);
    refused.assert_logged("commit is missing");
    // The commit that is checked out is not on GitHub.
    let unpushed = desk.run(&["plan", "v1.2.0"], &[("GH_TOKEN", TOKEN)]).await;
    assert_eq!(unpushed.code, 10, "{}", unpushed.log);
    unpushed.assert_logged("error[commit-missing]");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_in_the_keyring_is_asked_of_gh() {
    let desk = Desk::new().await;
    desk.write(
        "home/.config/gh/hosts.yml",
        "127.0.0.1:\n    users:\n        me:\n    user: me\n",
    );
    desk.install(
        "gh",
        &format!(r#"[ "$*" = "auth token --hostname 127.0.0.1" ] && [ -z "$GH_ENTERPRISE_TOKEN" ] && echo {TOKEN}"#),
    );
    let variables = [("GH_ENTERPRISE_TOKEN", "ghs_other_s3cret")];
    let status = desk
        .run(&["status", "v1.2.0", "--verbose"], &variables)
        .await;
    assert_eq!(status.code, 0, "{}", status.log);
    assert!(status.using().ends_with("the token of gh for 127.0.0.1"));
    status.assert_silent_about("s3cret");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_of_another_host_is_not_sent() {
    let desk = Desk::new().await;
    desk.logged_in("github.com", TOKEN);
    let refused = desk.run(&["status", "v1.2.0"], &[]).await;
    assert_eq!(refused.code, 2, "{}", refused.log);
    refused.assert_logged("github-token is missing");
    // A host that only the checkout names, with a token that is github.com's.
    let mut command = desk.command(&["plan", "v1.2.0"], &[("GITHUB_TOKEN", TOKEN)]);
    command
        .env_remove("GITHUB_API_URL")
        .env_remove("GITHUB_GRAPHQL_URL");
    let ended = command.output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{log}");
    assert!(
        log.contains("nothing of the checkout, since origin is on 127.0.0.1"),
        "{log}"
    );
    assert!(log.contains("repository is missing"), "{log}");
    assert!(
        desk.github.log().entries().is_empty(),
        "nothing was even asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workflow_run_reads_no_checkout_and_starts_no_program() {
    let desk = Desk::new().await;
    desk.logged_in("127.0.0.1", TOKEN);
    let ran = desk.path("ran");
    for program in ["git", "gh", "docker-credential-test"] {
        desk.install(program, &format!("touch {}; echo {TOKEN}", ran.display()));
    }
    desk.write("home/.docker/config.json", r#"{"credsStore": "test"}"#);
    for step in [("GITHUB_ACTIONS", "true"), ("INPUT_PHASE", "plan")] {
        let arguments: &[&str] = if step.0 == "INPUT_PHASE" {
            &[]
        } else {
            &["plan", "v1.2.0"]
        };
        let variables = [step, ("INPUT_VERSION", "v1.2.0")];
        let refused = desk.run(arguments, &variables).await;
        assert_eq!(refused.code, 2, "{}", refused.log);
        for missing in ["repository", "commit", "github-token"] {
            refused.assert_logged(&format!("{missing} is missing"));
        }
        assert!(!refused.log.contains("using "), "{}", refused.log);
    }
    assert!(!ran.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_checkouts_end_as_no_checkout() {
    let desk = Desk::new().await;
    let git = desk.path("work/.git");
    let fifo = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let refused = async |missing: &str| {
        let refused = desk
            .run(&["plan", "v1.2.0"], &[("GITHUB_TOKEN", TOKEN)])
            .await;
        assert_eq!(refused.code, 2, "{}", refused.log);
        refused.assert_logged(&format!("{missing} is missing"));
        refused.assert_silent_about("s3cret");
    };
    let secret = desk.path("secret");
    fs::write(&secret, format!("{}\ns3cret", "1".repeat(40))).unwrap();
    fs::remove_file(git.join("refs/heads/main")).unwrap();
    std::os::unix::fs::symlink(&secret, git.join("refs/heads/main")).unwrap();
    refused("commit").await;
    fs::remove_file(git.join("HEAD")).unwrap();
    fifo(&git.join("HEAD"));
    refused("commit").await;
    fs::remove_file(git.join("config")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", git.join("config")).unwrap();
    refused("repository").await;
    fs::remove_dir_all(&git).unwrap();
    fs::write(&git, "gitdir: .git").unwrap();
    refused("repository").await;
    fs::remove_file(&git).unwrap();
    fifo(&git);
    refused("repository").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_credentials_are_asked_of_docker_helpers() {
    let registry = RegistryServer::start(RegistryOptions {
        auth: Auth::basic("me", "s3cret"),
        ..RegistryOptions::default()
    });
    let workspace = Workspace::with(registry.await.unwrap());
    let host = workspace.registry.host();
    let home = workspace.folder.path();
    let bin = home.join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(home.join(".docker")).unwrap();
    fs::write(
        home.join(".docker/config.json"),
        r#"{"credsStore": "test"}"#,
    )
    .unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let variables = [
        ("HOME", home.to_str().unwrap()),
        ("PATH", &path),
        ("GITHUB_TOKEN", TOKEN),
    ];
    let arguments = [
        "build-module",
        "--plan=@plan.json",
        "--manifest=manifest.yaml",
        "--verbose",
    ];
    let refused = workspace.run_with(&arguments, &variables).await;
    assert_eq!(refused.code, 13, "{}", refused.stderr);
    let missing = "without credentials; docker-credential-test is not installed";
    assert!(refused.stderr.contains(missing), "{}", refused.stderr);
    install(
        &bin,
        "docker-credential-test",
        &format!(
            r#"read -r server; [ "$1 $server" = "get {host}" ] && echo '{{"Username": "me", "Secret": "s3cret"}}'"#
        ),
    );
    let built = workspace.run_with(&arguments, &variables).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let using = format!(
        "using the token in GITHUB_TOKEN, the credentials for {host} of docker-credential-test, "
    );
    assert!(built.stderr.contains(&using), "{}", built.stderr);
    for text in [&built.stderr, &built.out, &refused.stderr] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    // On a runner the image holds no other program.
    let step = [
        &variables[..],
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", "https://api.github.com"),
            ("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
        ],
    ]
    .concat();
    let refused = workspace.run_with(&arguments, &step).await;
    let cannot = "docker-credential-test, which cannot be run here";
    assert!(refused.stderr.contains(cannot), "{}", refused.stderr);
}
