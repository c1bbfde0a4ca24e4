//! What stands between the adapter and a real registry, and spoils what passes.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(crate) enum Mishap {
    /// An answer that the registry never gave, with a `Retry-After` of so many seconds.
    Status(u16, Option<u32>),
    /// The connection is reset before anything is read.
    Reset,
    /// It ends after so many bytes of the body.
    Cut(usize),
    /// Nothing comes any more after so many bytes of the body.
    Hang(usize),
    /// This byte of the body is another one.
    Flip(usize),
}

/// Forwards one request on each connection. Only reading goes through it.
pub(crate) struct Proxy {
    pub(crate) host: String,
    state: Arc<State>,
}

struct State {
    upstream: String,
    /// For the next requests whose path has the text in it.
    mishaps: Mutex<VecDeque<(&'static str, Mishap)>>,
    /// Bytes of bodies that were let through.
    passed: Mutex<usize>,
}

impl Proxy {
    pub(crate) fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State {
            upstream: upstream.to_owned(),
            mishaps: Mutex::default(),
            passed: Mutex::default(),
        });
        let served = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&served);
                // A client that goes away in the middle is what some of the tests are about.
                std::thread::spawn(move || drop(state.serve(client)));
            }
        });
        Self { host, state }
    }

    pub(crate) fn next(&self, path: &'static str, mishaps: impl IntoIterator<Item = Mishap>) {
        let mishaps = mishaps.into_iter().map(|mishap| (path, mishap));
        self.state.mishaps.lock().unwrap().extend(mishaps);
    }

    pub(crate) fn pending(&self) -> usize {
        self.state.mishaps.lock().unwrap().len()
    }

    /// The bytes of bodies that passed since the last time that this was asked.
    pub(crate) fn passed(&self) -> usize {
        std::mem::take(&mut *self.state.passed.lock().unwrap())
    }
}

impl State {
    fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        // What is left unread makes the system reset the connection when it is dropped.
        let mut first = [0; 1];
        client.peek(&mut first)?;
        let mut line = [0; 512];
        let length = client.peek(&mut line)?;
        let line = String::from_utf8_lossy(line.get(..length).unwrap_or_default());
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mishap = {
            let mut mishaps = self.mishaps.lock().unwrap();
            let hit = mishaps.front().is_some_and(|(part, _)| path.contains(part));
            if hit { mishaps.pop_front() } else { None }
        };
        let mishap = mishap.map(|(_, mishap)| mishap);
        if let Some(Mishap::Reset) = mishap {
            return Ok(());
        }
        let request = head(&mut client)?;
        if let Some(Mishap::Status(status, after)) = mishap {
            let after = after.map_or(String::new(), |s| format!("Retry-After: {s}\r\n"));
            let answer = format!(
                "HTTP/1.1 {status} Spoilt\r\nContent-Length: 0\r\nConnection: close\r\n{after}\r\n"
            );
            return client.write_all(answer.as_bytes());
        }
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let lines = request.trim_end();
        upstream.write_all(format!("{lines}\r\nConnection: close\r\n\r\n").as_bytes())?;
        client.write_all(head(&mut upstream)?.as_bytes())?;
        let mut body = Vec::new();
        upstream.read_to_end(&mut body)?;
        match mishap {
            Some(Mishap::Cut(at) | Mishap::Hang(at)) => body.truncate(at),
            Some(Mishap::Flip(at)) => *body.get_mut(at).unwrap() ^= 1,
            _ => {}
        }
        *self.passed.lock().unwrap() += body.len();
        client.write_all(&body)?;
        if let Some(Mishap::Hang(_)) = mishap {
            client.read_to_end(&mut Vec::new())?;
        }
        Ok(())
    }
}

/// Everything up to the empty line, and the line itself.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
