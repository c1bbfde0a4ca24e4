//! HTTP on loopback, each server on a thread of its own: requests in, log and faults applied, replies out.

use crate::clock::ServerClock;
use crate::faults::{Fault, Faults};
use crate::log::Service;
use crate::log::{Category, EventLog, LogEntry};
use crate::text;
use crate::transport::{HttpRequest, Reply, ReplyBody};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, DATE};
use http_body_util::Full;
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::sync::oneshot;

pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, io::Error>;
pub(crate) type Response = http::Response<ResponseBody>;

/// Ends the connection without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("connection dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// The state that all stand-ins share for each request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(crate) clock: ServerClock,
    pub(crate) log: EventLog,
    pub(crate) faults: Faults,
    /// The round trip to clients: a new connection takes one, and so does each request.
    pub(crate) delay: Duration,
}

impl Shared {
    async fn round_trip(&self) {
        if !self.delay.is_zero() {
            self.clock.sleep(self.delay).await;
        }
    }
}

/// A service behind listeners.
pub(crate) trait Backend: Send + Sync + 'static {
    fn shared(&self) -> &Shared;
    /// Which host a path belongs to, where one listener serves two.
    fn service(&self, _path: &str, listener: Service) -> Service {
        listener
    }
    /// The path that handlers know, where a service is reached by other ones too.
    fn canonical_path(&self, path: &str) -> String {
        path.to_owned()
    }
    /// Whether a request is for the control API, which is not part of the simulated service, and not logged.
    fn is_control(&self, _request: &HttpRequest) -> bool {
        false
    }
    fn control(&self, _request: &HttpRequest, _body: &[u8]) -> Reply {
        Reply::status(404)
    }
    /// Answers one request; the effect happens in here.
    fn serve(
        &self,
        request: &HttpRequest,
        body: Incoming,
        faults: &[Fault],
    ) -> impl Future<Output = Result<Reply, Dropped>> + Send;
    /// The service's error message for a fault with this `status`.
    fn fault_reply(&self, request: &HttpRequest, fault: &Fault) -> Option<Reply>;
}

/// A running server; stops when dropped.
#[derive(Debug)]
pub(crate) struct ServerThread {
    _stop: oneshot::Sender<Infallible>,
}

/// Binds a port on loopback; 0 takes a free one.
pub(crate) fn bind(port: u16) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves on a thread and runtime of its own: a caller that blocks, or that pauses its runtime's time,
/// still gets answers.
pub(crate) fn run<S: Backend>(
    server: Arc<S>,
    listeners: Vec<(std::net::TcpListener, Service)>,
) -> io::Result<ServerThread> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel();
    std::thread::Builder::new()
        .name("stand-in".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                for (listener, service) in listeners {
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        tokio::spawn(accept(Arc::clone(&server), listener, service));
                    }
                }
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        })?;
    Ok(ServerThread { _stop: stop })
}

async fn accept<S: Backend>(server: Arc<S>, listener: tokio::net::TcpListener, service: Service) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        let _ = socket.set_nodelay(true);
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            server.shared().round_trip().await;
            let answer = hyper::service::service_fn(move |request| {
                let server = Arc::clone(&server);
                async move { answer(&*server, service, request).await }
            });
            // An error here means that the client disconnected, or that a fault closed the connection.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), answer)
                .await;
        });
    }
}

async fn answer<S: Backend>(
    server: &S,
    listener: Service,
    incoming: http::Request<Incoming>,
) -> Result<Response, Dropped> {
    let shared = server.shared();
    let (parts, body) = incoming.into_parts();
    let mut request = HttpRequest {
        number: 0,
        service: server.service(parts.uri.path(), listener),
        method: parts.method,
        path: server.canonical_path(parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
    };
    if server.is_control(&request) {
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        return Ok(send(server.control(&request, &body), &[], &shared.clock));
    }
    shared.round_trip().await;
    request.number = shared
        .log
        .arrive(|number| arrival(number, &request, &shared.clock));
    let faults = shared.faults.take(&request);
    for fault in &faults {
        match fault {
            Fault::Call(hook) => hook.run(&request),
            Fault::ConnectionCutBefore => return Err(Dropped),
            Fault::Hang => std::future::pending().await,
            _ => {}
        }
    }
    let refusal = faults
        .iter()
        .find(|fault| !lands(fault))
        .and_then(|fault| server.fault_reply(&request, fault));
    let mut reply = match refusal {
        Some(reply) => {
            drain(body).await?;
            reply
        }
        None => server.serve(&request, body, &faults).await?,
    };
    for fault in &faults {
        reply = after_effect(server, &request, fault, reply).await?;
    }
    let status = reply.status.as_u16();
    shared
        .log
        .update(request.number, |entry| entry.status = Some(status));
    Ok(send(reply, &faults, &shared.clock))
}

/// Applies a fault to the response of a request that has taken effect.
async fn after_effect<S: Backend>(
    server: &S,
    request: &HttpRequest,
    fault: &Fault,
    reply: Reply,
) -> Result<Reply, Dropped> {
    match fault {
        Fault::CallAfter(hook) => hook.run(request),
        Fault::AnswerLost => return Err(Dropped),
        Fault::HangAfter => std::future::pending().await,
        Fault::StatusAfter(_) => return Ok(server.fault_reply(request, fault).unwrap_or(reply)),
        Fault::WrongDigest => {
            let other = format!("sha256:{}", "0".repeat(64));
            return Ok(reply.set("docker-content-digest", other));
        }
        Fault::Body(body) => return Ok(reply.bytes(body.clone())),
        _ => {}
    }
    Ok(reply)
}

fn arrival(number: u64, request: &HttpRequest, clock: &ServerClock) -> LogEntry {
    let category = match () {
        () if request.is_write() => Category::Write,
        () if request.headers.contains_key(http::header::IF_NONE_MATCH) => Category::Conditional,
        () => Category::Read,
    };
    LogEntry {
        number,
        at: clock.now(),
        service: request.service,
        category,
        method: request.method.to_string(),
        path: request.path.clone(),
        query: request.query.clone(),
        agent: request
            .header(http::header::USER_AGENT)
            .unwrap_or_default()
            .to_owned(),
        status: None,
        cost: 0,
        landed: false,
        request_id: request_id(number),
    }
}

/// Has the format of GitHub's, and contains the number of the request in the log.
pub(crate) fn request_id(number: u64) -> String {
    let name = text::stable_hex(&number.to_string(), 20).to_uppercase();
    let (head, tail) = name.split_at(4);
    format!("{head}:{number:X}:{tail}")
}

/// Whether a request with this fault takes effect.
fn lands(fault: &Fault) -> bool {
    !matches!(
        fault,
        Fault::Status(_)
            | Fault::PrimaryLimit { .. }
            | Fault::SecondaryLimit { .. }
            | Fault::TooManyRequests { .. }
            | Fault::ManifestUnknown
    )
}

/// Discards the rest of a body, as front ends do: a client that is still sending would miss the response.
pub(crate) async fn drain(mut body: Incoming) -> Result<(), Dropped> {
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| Dropped)?;
    }
    Ok(())
}

/// Bytes of a body between two faults.
const CHUNK: usize = 64 * 1024;

fn send(reply: Reply, faults: &[Fault], clock: &ServerClock) -> Response {
    let length = reply.length();
    let plain = !faults.iter().any(|fault| {
        matches!(
            fault,
            Fault::SlowBody { .. } | Fault::CutAt(_) | Fault::FlipByte(_) | Fault::Stall(_)
        )
    });
    let body = match reply.payload {
        ReplyBody::Bytes(bytes) if plain => {
            Full::new(bytes).map_err(io::Error::other).boxed_unsync()
        }
        payload => {
            let (sender, channel) = Channel::<Bytes, io::Error>::new(2);
            tokio::spawn(pump(payload, sender, faults.to_vec(), clock.clone()));
            channel.boxed_unsync()
        }
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    let headers = response.headers_mut();
    if !headers.contains_key(CONTENT_LENGTH) && reply.status != http::StatusCode::NO_CONTENT {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    if let Ok(date) = text::http_date(clock.unix()).parse() {
        headers.insert(DATE, date);
    }
    response
}

/// Sends a body piece by piece, so that memory stays constant and faults can strike in the middle.
async fn pump(
    payload: ReplyBody,
    mut sender: Sender<Bytes, io::Error>,
    faults: Vec<Fault>,
    clock: ServerClock,
) {
    let size = faults.iter().find_map(|fault| match fault {
        Fault::SlowBody { bytes, .. } => Some(*bytes),
        _ => None,
    });
    let Ok(mut source) = ChunkReader::open(payload, size.unwrap_or(CHUNK).max(1)).await else {
        return sender.abort(io::Error::other("the body's file is gone"));
    };
    let mut sent: u64 = 0;
    while let Ok(Some(mut piece)) = source.next().await {
        for fault in &faults {
            match fault {
                Fault::SlowBody { pause, .. } if sent > 0 => clock.sleep(*pause).await,
                Fault::FlipByte(at) => {
                    if let Some(byte) = offset(*at, sent).and_then(|at| piece.get_mut(at)) {
                        *byte = !*byte;
                    }
                }
                Fault::CutAt(at) | Fault::Stall(at) if sent + piece.len() as u64 > *at => {
                    piece.truncate(offset(*at, sent).unwrap_or_default());
                    let _ = sender.send_data(Bytes::from(piece)).await;
                    if matches!(fault, Fault::Stall(_)) {
                        std::future::pending::<()>().await;
                    }
                    // What was sent must have left before the connection goes.
                    while sender.capacity() < sender.max_capacity() {
                        tokio::task::yield_now().await;
                    }
                    return sender.abort(io::Error::other("cut on purpose"));
                }
                _ => {}
            }
        }
        sent += piece.len() as u64;
        if sender.send_data(Bytes::from(piece)).await.is_err() {
            return;
        }
    }
}

/// The index of byte `at` of the whole in a piece that begins at `from`.
fn offset(at: u64, from: u64) -> Option<usize> {
    at.checked_sub(from).and_then(|at| usize::try_from(at).ok())
}

enum ChunkReader {
    Bytes {
        rest: Bytes,
        size: usize,
    },
    File {
        rest: tokio::io::Take<tokio::fs::File>,
        size: usize,
    },
}

impl ChunkReader {
    async fn open(payload: ReplyBody, size: usize) -> io::Result<ChunkReader> {
        Ok(match payload {
            ReplyBody::Bytes(rest) => ChunkReader::Bytes { rest, size },
            ReplyBody::File { path, from, length } => {
                let mut file = tokio::fs::File::open(path).await?;
                file.seek(io::SeekFrom::Start(from)).await?;
                ChunkReader::File {
                    rest: file.take(length),
                    size,
                }
            }
        })
    }

    async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let piece = match self {
            ChunkReader::Bytes { rest, size } => rest.split_to(rest.len().min(*size)).to_vec(),
            ChunkReader::File { rest, size } => {
                let mut piece = Vec::with_capacity(*size);
                // A read may return less than requested, so read until the piece is full or the file ends.
                while piece.len() < *size && rest.read_buf(&mut piece).await? > 0 {}
                piece
            }
        };
        Ok((!piece.is_empty()).then_some(piece))
    }
}
