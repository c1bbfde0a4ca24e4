//! A proxy between the adapter and a real registry that injects faults.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A fault of one request.
#[derive(Clone, Debug)]
pub(crate) enum InjectedFault {
    /// An answer of the proxy itself, with a `Retry-After` in seconds.
    Status(u16, Option<u32>),
    /// The connection is reset before anything is read.
    Reset,
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// The connection stalls after so many bytes of the body.
    Hang(usize),
    /// One bit of this byte of the body is flipped.
    Flip(usize),
}

/// Forwards one read on each connection.
pub(crate) struct Proxy {
    pub(crate) host: String,
    state: Arc<State>,
}

struct State {
    upstream: String,
    /// For the next requests whose path contains the text.
    faults: Mutex<VecDeque<(&'static str, InjectedFault)>>,
    /// Bytes of bodies that were forwarded.
    passed: Mutex<usize>,
}

impl Proxy {
    pub(crate) fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            faults: Mutex::default(),
            passed: Mutex::default(),
        });
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&served);
                // Some tests have clients that hang up; their errors do not matter here.
                std::thread::spawn(move || drop(state.serve(client)));
            }
        });
        Self { host, state }
    }

    pub(crate) fn next(&self, path: &'static str, faults: impl IntoIterator<Item = InjectedFault>) {
        let faults = faults.into_iter().map(|fault| (path, fault));
        self.state.faults.lock().unwrap().extend(faults);
    }

    pub(crate) fn pending(&self) -> usize {
        self.state.faults.lock().unwrap().len()
    }

    /// The bytes of bodies that were forwarded since the last call.
    pub(crate) fn passed(&self) -> usize {
        std::mem::take(&mut *self.state.passed.lock().unwrap())
    }
}

impl State {
    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        // The system resets a connection that is dropped with unread bytes.
        let mut first = [0; 1];
        client.peek(&mut first)?;
        let mut line = [0; 512];
        let length = client.peek(&mut line)?;
        let line = String::from_utf8_lossy(line.get(..length).unwrap_or_default());
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let fault = {
            let mut faults = self.faults.lock().unwrap();
            let hit = faults.front().is_some_and(|(part, _)| path.contains(part));
            if hit { faults.pop_front() } else { None }
        };
        let fault = fault.map(|(_, fault)| fault);
        if let Some(InjectedFault::Reset) = fault {
            return Ok(());
        }
        let request = head(&mut client)?;
        if let Some(InjectedFault::Status(status, after)) = fault {
            let after = after.map_or(String::new(), |s| format!("Retry-After: {s}\r\n"));
            let answer = format!(
                "HTTP/1.1 {status} Injected\r\nContent-Length: 0\r\nConnection: close\r\n{after}\r\n"
            );
            return client.write_all(answer.as_bytes());
        }
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let lines = request.trim_end();
        upstream.write_all(format!("{lines}\r\nConnection: close\r\n\r\n").as_bytes())?;
        client.write_all(head(&mut upstream)?.as_bytes())?;
        let mut body = Vec::new();
        upstream.read_to_end(&mut body)?;
        match fault {
            Some(InjectedFault::Cut(at) | InjectedFault::Hang(at)) => body.truncate(at),
            Some(InjectedFault::Flip(at)) => *body.get_mut(at).unwrap() ^= 1,
            _ => {}
        }
        *self.passed.lock().unwrap() += body.len();
        client.write_all(&body)?;
        if let Some(InjectedFault::Hang(_)) = fault {
            client.read_to_end(&mut Vec::new())?;
        }
        Ok(())
    }
}

/// Everything up to the empty line, including it.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
