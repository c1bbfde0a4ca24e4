//! The server binary: addresses on stdout, and state that is kept after a SIGKILL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use serde_json::json;
use stand_ins::github::GitHubWorld;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct StandInProcess {
    child: Child,
    api: String,
}

impl StandInProcess {
    fn start(world: &Path) -> StandInProcess {
        let mut child = Command::new(env!("CARGO_BIN_EXE_stand-in-github"))
            .args(["--token", "mine", "--world"])
            .arg(world)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let api = line.strip_prefix("GITHUB_API_URL=").unwrap().to_owned();
        // Read to the last address: a reader that leaves early ends the writer.
        assert_eq!(lines.take(3).count(), 3);
        StandInProcess { child, api }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let http = client().user_agent("tests").build().unwrap();
        let url = format!("{}/repos/kyma-project/btp-manager/{path}", self.api);
        http.request(method.parse().unwrap(), url)
            .bearer_auth("mine")
    }
}

impl Drop for StandInProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn world_folder_survives_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = StandInProcess::start(folder.path());
    let draft = json!({ "tag_name": "2.0.0", "draft": true });
    assert_eq!(
        first
            .request("POST", "releases")
            .json(&draft)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let kept = || {
        let world = GitHubWorld::load(folder.path()).unwrap();
        world
            .repositories
            .values()
            .any(|found| !found.releases_of("2.0.0").is_empty())
    };
    for _ in 0..100 {
        if kept() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(first);

    let second = StandInProcess::start(folder.path());
    let listed = second.request("GET", "releases").send().await.unwrap();
    assert!(
        listed
            .text()
            .await
            .unwrap()
            .contains("\"tag_name\":\"2.0.0\"")
    );
}

#[test]
fn unknown_flag_prints_usage() {
    let binary = env!("CARGO_BIN_EXE_stand-in-github");
    let output = Command::new(binary).arg("--help").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage: stand-in-github"));
}

/// In a build of the whole workspace reqwest has TLS, and requires a crypto provider before it builds a client.
fn client() -> reqwest::ClientBuilder {
    // An error only means that the provider is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}
