//! Servers on this machine: one with canned answers, one that is silent, one with TLS, and a proxy.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener as AsyncListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Answers each request with what a function makes of its first line and its `Authorization`.
pub(crate) struct Canned {
    /// `127.0.0.1:port`
    pub(crate) host: String,
}

/// Header lines and a body.
pub(crate) struct Reply(pub(crate) u16, pub(crate) String, pub(crate) String);

impl Canned {
    pub(crate) fn start(answer: impl Fn(&str, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<_> = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .take_while(|line| !line.is_empty())
                    .collect();
                let line = head
                    .first()
                    .map_or("", |line| line.trim_end_matches(" HTTP/1.1"));
                let sent = |line: &&String| line.to_lowercase().starts_with("authorization: ");
                let sent = head.iter().find(sent).map_or("", |line| &line[15..]);
                let Reply(status, headers, body) = answer(line, sent);
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                // The client may have hung up.
                let _ = stream.write_all(reply.as_bytes());
                let _ = stream.shutdown(Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Self { host }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }
}

/// Accepts connections, and says nothing.
pub(crate) fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let kept: Vec<_> = listener.incoming().collect();
        drop(kept);
    });
    url
}

/// A certificate that is its own authority, for the names and addresses of the tests.
pub(crate) const CERTIFICATE: &str = include_str!("tls/certificate.pem");
/// The same for a name that no test uses.
pub(crate) const OTHER_NAME: &str = include_str!("tls/other-name.pem");
/// The same with `basicConstraints=CA:TRUE`, as `openssl req -x509` makes it.
pub(crate) const AUTHORITY: &str = include_str!("tls/authority.pem");

/// TLS in front of a server without.
pub(crate) struct TlsServer {
    /// `127.0.0.1:port`
    pub(crate) host: String,
    /// How many connections were made.
    pub(crate) connections: Arc<Mutex<usize>>,
}

impl TlsServer {
    /// `certificate` is PEM, and `to` is `host:port`.
    pub(crate) async fn start(certificate: &str, to: &str) -> Self {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = AsyncListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            host: listener.local_addr().unwrap().to_string(),
            connections: Arc::default(),
        };
        let (connections, to) = (Arc::clone(&server.connections), to.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock().unwrap() += 1;
                let (acceptor, to) = (acceptor.clone(), to.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate hangs up.
                    let mut stream = acceptor.accept(stream).await.ok()?;
                    let mut upstream = TcpStream::connect(to).await.ok()?;
                    copy_bidirectional(&mut stream, &mut upstream).await.ok()
                });
            }
        });
        server
    }
}

/// A proxy for `CONNECT` that takes every name for one server.
pub(crate) struct Proxy {
    /// `127.0.0.1:port`
    pub(crate) host: String,
    /// The heads of the requests.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// `status` is its answer; a connection to `to`, a `host:port`, follows 200.
    pub(crate) async fn start(status: u16, to: &str) -> Self {
        let listener = AsyncListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            host: listener.local_addr().unwrap().to_string(),
            asked: Arc::default(),
        };
        let (asked, to) = (Arc::clone(&proxy.asked), to.to_owned());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (asked, to) = (Arc::clone(&asked), to.clone());
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.ok()?);
                    }
                    asked.lock().unwrap().push(String::from_utf8(head).unwrap());
                    let answer = format!("HTTP/1.1 {status} X\r\n\r\n");
                    stream.write_all(answer.as_bytes()).await.ok()?;
                    if status == 200 {
                        let mut upstream = TcpStream::connect(to).await.ok()?;
                        copy_bidirectional(&mut stream, &mut upstream).await.ok()?;
                    }
                    Some(())
                });
            }
        });
        proxy
    }
}
