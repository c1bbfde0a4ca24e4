//! A small HTTP server with scripted answers.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use btp_release::domain::{ImageRef, ImageRepository};

use crate::support::registry::repository;

/// A received request.
pub(crate) struct Received {
    /// Method and path.
    pub(crate) line: String,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A server that answers each request by a function of it and of the number of requests before it.
pub(crate) struct ScriptedServer {
    pub(crate) host: String,
    pub(crate) received: Arc<Mutex<Vec<Received>>>,
}

impl ScriptedServer {
    pub(crate) fn start(answer: impl Fn(usize, &str) -> Vec<u8> + Send + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answer)
    }

    pub(crate) fn start_at(
        address: &str,
        answer: impl Fn(usize, &str) -> Vec<u8> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let mut head = String::new();
                while reader.read_line(&mut head).unwrap() > 2 {}
                let head = head.to_lowercase();
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let line = line.trim_end().replace(" HTTP/1.1", "");
                let reply = answer(count, &format!("{line}\n{head}"));
                kept.lock().unwrap().push(Received {
                    line,
                    head,
                    body: String::from_utf8_lossy(&body).into(),
                });
                // The client may have hung up already.
                let _ = stream.write_all(&reply);
            }
        });
        Self { host, received }
    }

    pub(crate) fn at(&self) -> ImageRepository {
        repository(&self.host, "a/b")
    }

    pub(crate) fn tag(&self) -> ImageRef {
        self.at().tagged("1".parse().unwrap())
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received
            .iter()
            .map(|request| request.line.clone())
            .collect()
    }
}

/// A status, header lines and a body, which without a length ends with the connection.
pub(crate) fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The `Host` of a request.
pub(crate) fn host_of(asked: &str) -> &str {
    let rest = asked.split("host: ").nth(1).unwrap();
    rest.lines().next().unwrap()
}
