//! Helpers of the registry tests: a fast clock, sample blobs, and docker-registry as a child process.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::domain::{Digest, ImageRepository};
use btp_release::protocol::{Blob, BlobSource, ByteStream, ServiceError};
use bytes::Bytes;
use futures_util::TryStreamExt as _;

pub(crate) use super::clock::FastClock;

pub(crate) fn registries(credentials: Credentials) -> Registries {
    timed(credentials, FastClock::start())
}

pub(crate) fn timed(credentials: Credentials, clock: Arc<FastClock>) -> Registries {
    let http = Http::new(&HttpSettings::default()).unwrap();
    Registries::new(&http, credentials, clock)
}

pub(crate) fn repository(host: &str, path: &str) -> ImageRepository {
    format!("{host}/{path}").parse().unwrap()
}

/// Bytes that do not repeat, so that a misplaced piece is detected.
pub(crate) fn sample(size: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

pub(crate) fn blob(bytes: Vec<u8>) -> Blob {
    Blob {
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        bytes: BlobSource::Memory(bytes.into()),
        mount_from: None,
    }
}

pub(crate) async fn collect(stream: ByteStream) -> Result<Vec<u8>, ServiceError> {
    let pieces: Vec<Bytes> = stream.try_collect().await?;
    Ok(pieces.concat())
}

/// Whether a program is installed. Where all programs are required, a missing one fails the test.
pub(crate) fn have(program: &str) -> bool {
    let there = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment says that this is the CI"
    )]
    let promised = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(there || !promised, "{program} is missing");
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

/// docker-registry, storing in memory, stopped when dropped.
pub(crate) struct DockerRegistry {
    child: Child,
    pub(crate) host: String,
    folder: tempfile::TempDir,
}

impl DockerRegistry {
    /// `None` where it is not installed.
    pub(crate) fn start(users: &[(&str, &str)]) -> Option<Self> {
        if !have("docker-registry") || (!users.is_empty() && !have("htpasswd")) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let host = free_address();
        let users_file = folder.path().join("htpasswd");
        let auth = if users.is_empty() {
            String::new()
        } else {
            write_users(&users_file, users);
            let path = users_file.display();
            format!("auth: {{htpasswd: {{realm: registry, path: '{path}'}}}}\n")
        };
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{inmemory: {{}}}}\nhttp: {{addr: '{host}'}}\n{auth}"
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdout(File::create(folder.path().join("requests")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self {
            child,
            host,
            folder,
        };
        until_it_listens(&registry.host);
        Some(registry)
    }

    /// The registry's log of the requests that it answered, one a line, such as `"PUT /v2/… HTTP/1.1" 201`.
    pub(crate) fn requests(&self) -> Vec<String> {
        let record = std::fs::read_to_string(self.folder.path().join("requests")).unwrap();
        record
            .replace("%3A", ":")
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

/// ferro-oci-server, storing in memory, stopped when dropped. It takes three minutes to build, and so it is optional.
pub(crate) struct Ferro {
    child: Child,
    pub(crate) host: String,
}

impl Ferro {
    /// `None` where it is not installed.
    pub(crate) fn start() -> Option<Self> {
        let host = free_address();
        let child = Command::new("ferro-oci-server")
            .env("FERRO_OCI_LISTEN", &host)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            eprintln!("left out: ferro-oci-server is not installed");
            return None;
        };
        until_it_listens(&host);
        Some(Self { child, host })
    }
}

impl Drop for Ferro {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().to_string()
}

fn until_it_listens(host: &str) {
    for _ in 0..500 {
        if TcpStream::connect(host).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the registry does not listen on {host}");
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_users(path: &Path, users: &[(&str, &str)]) {
    for (at, (user, password)) in users.iter().enumerate() {
        let flags = if at == 0 { "-cbB" } else { "-bB" };
        let done = Command::new("htpasswd")
            .arg(flags)
            .arg(path)
            .args([user, password])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success());
    }
}
