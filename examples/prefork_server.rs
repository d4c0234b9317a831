//! A pre-forking web server: four processes accept connections from one listener, and the kernel shares them out.
//!
//! ```text
//! cargo run --example prefork_server -- [PORT]
//! ```
//!
//! Without PORT it is 8080; with 0 the system chooses one. Prints "listening on http://127.0.0.1:8080". Every page
//! says which replica answered. If a replica dies, a line says how, and another takes its place. SIGINT (Ctrl-C) or
//! SIGTERM ends the program, with code 0, once all replicas are stopped.
//!
//! A replica serves one client at a time, so what protects it from bad clients is simple: a client has two seconds
//! and eight kilobytes for its request.
use std::env;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mp_runtime::{Child, SpawnError, current, process};
use nix::sys::signal::{SigSet, Signal};

const REPLICAS: usize = 4;
/// How long a client may take to send its request, and again to take the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a client may take to close the connection once it has its answer.
const FAREWELL: Duration = Duration::from_millis(500);
/// How long a request may be, in bytes.
const LIMIT: usize = 8 * 1024;

/// Serves one client after the other. What goes wrong with one must not end it.
#[process(daemon)]
fn serve(listener: &TcpListener) {
    loop {
        match listener.accept() {
            // A client that went away in the middle is no concern of ours.
            Ok((client, _)) => drop(attend(client)),
            // Out of memory or descriptors, perhaps: let others have a chance to give some back.
            Err(_) => sleep(Duration::from_millis(100)),
        }
    }
}

/// Reads a request, answers it, and closes the connection.
fn attend(mut client: TcpStream) -> io::Result<()> {
    client.set_write_timeout(Some(PATIENCE))?;
    let answer = match read_request(&mut client) {
        Ok(request) => answer(&request),
        Err(error) => match error.kind() {
            ErrorKind::TimedOut => page("408 Request Timeout", "this took too long"),
            ErrorKind::FileTooLarge => page("431 Request Header Fields Too Large", "this is too long"),
            _ => return Err(error),
        },
    };
    client.write_all(answer.as_bytes())?;
    // If we closed the connection while the client still sends, the kernel would take back the answer.
    client.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + FAREWELL;
    while read_before(deadline, &mut client, &mut [0; 4096])? > 0 {}
    Ok(())
}

/// Reads up to the empty line that ends a request.
fn read_request(client: &mut TcpStream) -> io::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if request.len() > LIMIT {
            return Err(ErrorKind::FileTooLarge.into());
        }
        match read_before(deadline, client, &mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => request.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

/// Reads some bytes, or fails with `TimedOut`. A limit for each read alone would let a client drip for ever.
fn read_before(deadline: Instant, client: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    client.set_read_timeout(Some(left))?;
    client.read(buffer).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(), // what a read that times out says on Unix
        _ => error,
    })
}

/// The answer to a request that came in whole.
fn answer(request: &str) -> String {
    let mut lines = request.split("\r\n").take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let has_host = lines.any(|line| line.to_ascii_lowercase().starts_with("host:"));
    match first.split(' ').collect::<Vec<_>>()[..] {
        [_, _, "HTTP/1.1"] if !has_host => page("400 Bad Request", "HTTP/1.1 wants a `Host`"),
        ["GET", path, "HTTP/1.0" | "HTTP/1.1"] => page("200 OK", &format!("you asked for {path}")),
        [_, _, "HTTP/1.0" | "HTTP/1.1"] => page("405 Method Not Allowed\r\nAllow: GET", "this server knows GET only"),
        _ => page("400 Bad Request", "this is not HTTP/1.1"),
    }
}

/// A whole answer: a page that says `text`, and who says it.
fn page(status: &str, text: &str) -> String {
    let body = format!("{} (pid {}): {text}\n", current().name(), current().id());
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

/// Starts one replica. It inherits the listener, as it inherits everything.
fn start(index: usize, listener: &TcpListener) -> Result<Child<()>, SpawnError> {
    serve::process(listener).name(format!("replica.{index}")).spawn()
}

fn main() -> Result<(), Box<dyn Error>> {
    let port = match env::args().nth(1) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a port: expected a number up to 65535"))?,
        None => 8080,
    };
    let listener = TcpListener::bind(("127.0.0.1", port))?;

    // A blocked signal waits until we ask for it. A child starts with none blocked, so it is ended by them as usual.
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD]);
    signals.thread_block()?;

    let mut replicas = Vec::new();
    for index in 0..REPLICAS {
        replicas.push(start(index, &listener)?);
    }
    println!("listening on http://{}", listener.local_addr()?);

    // SIGCHLD: something happened to a child.
    while signals.wait()? == Signal::SIGCHLD {
        for (index, replica) in replicas.iter_mut().enumerate() {
            if let Some(exit) = replica.exit() {
                println!("{exit}, and is replaced");
                sleep(Duration::from_millis(100)); // if it dies at once again and again, it shall not keep us busy
                *replica = start(index, &listener)?;
            }
        }
    }

    for replica in &replicas {
        replica.stop(Duration::from_secs(5))?;
    }
    println!("all replicas are stopped");
    Ok(())
}
