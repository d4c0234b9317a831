//! Does the example `prefork_server` serve, whatever its clients do, and leave nothing behind?

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use mp_tests::{Outcome, Running, example};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A request in two halves.
const REQUEST: [&str; 2] = ["GET /index HTTP/1.1\r\nHo", "st: localhost\r\n\r\n"];
const REPLICAS: [&str; 4] = ["replica.0", "replica.1", "replica.2", "replica.3"];

struct Server {
    running: Running,
    address: SocketAddr,
}

/// What a client got.
#[derive(Debug)]
struct Answer {
    status: String,
    head: String,
    replica: String,
    pid: i32,
    text: String,
}

impl Server {
    fn start() -> Self {
        let mut running = example("prefork_server").arg("0").start();
        let line = running.read_line().unwrap_or_default();
        let address = line.strip_prefix("listening on http://").unwrap_or_default();
        let address = address.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
        Self { running, address }
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        client
    }

    /// A client that is served, but has only sent half of its request.
    fn hold(&self) -> TcpStream {
        let mut client = self.connect();
        client.write_all(REQUEST[0].as_bytes()).unwrap();
        client
    }

    fn ask(&self, request: &str) -> Answer {
        let mut client = self.connect();
        client.write_all(request.as_bytes()).unwrap();
        answer(client)
    }

    fn get(&self) -> Answer {
        let answer = self.ask(&REQUEST.concat());
        assert_eq!((&*answer.status, &*answer.text), ("HTTP/1.1 200 OK", "you asked for /index"));
        answer
    }

    /// The pids of all replicas.
    ///
    /// Connections are accepted in the order they were made, and a replica serves one at a time. So once the last of
    /// four clients has its answer, the three before it are held by the three other replicas.
    fn replicas(&self) -> BTreeMap<String, i32> {
        let held = [(); 3].map(|()| self.hold());
        let mut answers = vec![self.get()];
        for mut client in held {
            client.write_all(REQUEST[1].as_bytes()).unwrap();
            answers.push(answer(client));
        }
        assert!(answers.iter().all(|answer| answer.status == "HTTP/1.1 200 OK"), "{answers:?}");
        answers.into_iter().map(|answer| (answer.replica, answer.pid)).collect()
    }

    fn stop(self, signal: i32) -> Outcome {
        assert!(self.running.signal(signal));
        self.running.finish()
    }

    /// Stops it, and asserts that it has said this besides its first and last line.
    #[track_caller]
    fn assert_stops(self, signal: i32, said: &str) {
        let address = self.address;
        let outcome = self.stop(signal);
        outcome.assert_code(0);
        let expected = format!("listening on http://{address}\n{said}all replicas are stopped\n");
        assert_eq!((&*outcome.stdout, &*outcome.stderr), (&*expected, ""));
    }
}

/// Reads to the end what must be a whole answer.
#[track_caller]
fn answer(mut client: TcpStream) -> Answer {
    let mut all = String::new();
    client.read_to_string(&mut all).unwrap_or_else(|error| panic!("{error} after `{all}`"));
    let parse = || {
        let (head, body) = all.split_once("\r\n\r\n")?;
        let (status, head) = head.split_once("\r\n")?;
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{all}");
        assert!(head.ends_with("\r\nConnection: close"), "{all}");
        let (who, text) = body.strip_suffix('\n')?.split_once(": ")?;
        let (replica, pid) = who.strip_suffix(')')?.split_once(" (pid ")?;
        let [status, head, replica, text] = [status, head, replica, text].map(str::to_owned);
        Some(Answer { status, head, replica, pid: pid.parse().ok()?, text })
    };
    parse().unwrap_or_else(|| panic!("expected an answer, found `{all}`"))
}

#[test]
fn answer_is_exact() {
    let server = Server::start();
    let mut client = server.connect();
    client.write_all(REQUEST.concat().as_bytes()).unwrap();
    let mut all = String::new();
    client.read_to_string(&mut all).unwrap();
    let body = all.rsplit("\r\n").next().unwrap_or_default();
    assert!(body.starts_with("replica.") && body.ends_with("): you asked for /index\n"), "{body}");
    let length = body.len();
    let expected = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    assert_eq!(all, expected);
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn every_replica_answers() {
    let server = Server::start();
    let replicas = server.replicas();
    assert!(replicas.keys().eq(&REPLICAS), "{replicas:?}");
    assert!(!replicas.values().any(|pid| *pid == server.running.pid()), "{replicas:?}");
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn many_clients_are_all_answered() {
    let server = Server::start();
    for _ in 0..100 {
        server.get();
    }
    let clients: Vec<_> = (0..100).map(|_| server.hold()).collect();
    for mut client in clients {
        client.write_all(REQUEST[1].as_bytes()).unwrap();
        assert_eq!(answer(client).status, "HTTP/1.1 200 OK");
    }
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn bad_requests_are_refused() {
    let server = Server::start();
    let ask = |request: &str| server.ask(request).status;
    assert_eq!(ask("\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(ask("hello\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(ask("GET / HTTP/1.1 or so\r\nHost: x\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(ask("PRI * HTTP/2.0\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(ask("GET / HTTP/1.1\r\n\r\nHost: too late"), "HTTP/1.1 400 Bad Request");
    assert_eq!(ask("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK");
    let post = server.ask("POST / HTTP/1.1\r\nhost: x\r\nContent-Length: 4\r\n\r\nbody");
    assert_eq!(post.status, "HTTP/1.1 405 Method Not Allowed");
    assert!(post.head.starts_with("Allow: GET\r\n"), "{post:?}");
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn huge_request_is_refused_while_it_comes() {
    let server = Server::start();
    let header = format!("X: {}\r\n", "x".repeat(1000));
    // Eight megabytes are more than the sockets hold: the answer is made while we still send.
    let refused = server.ask(&format!("GET / HTTP/1.1\r\nHost: x\r\n{}", header.repeat(8000)));
    assert_eq!(refused.status, "HTTP/1.1 431 Request Header Fields Too Large");
    server.get();
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn silent_clients_are_given_up_and_the_next_is_served() {
    let server = Server::start();
    // Each of the four replicas has one of them, so that the fifth client has to wait.
    let silent = [server.connect(), server.hold(), server.connect(), server.hold()];
    server.get();
    for client in silent {
        assert_eq!(answer(client).status, "HTTP/1.1 408 Request Timeout");
    }
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn clients_that_go_away_do_no_harm() {
    let server = Server::start();
    for _ in 0..20 {
        drop(server.connect());
        drop(server.hold());
        // Half a request, and then its end: there is nothing to answer.
        let mut half = server.hold();
        half.shutdown(Shutdown::Write).unwrap();
        assert_eq!(half.read(&mut [0]).unwrap(), 0);
        // A whole one, but nobody waits for the answer.
        server.connect().write_all(REQUEST.concat().as_bytes()).unwrap();
    }
    assert!(server.replicas().keys().eq(&REPLICAS));
    server.assert_stops(libc::SIGTERM, "");
}

#[test]
fn killed_replica_is_told_and_replaced_and_the_others_go_on() {
    let mut server = Server::start();
    let before = server.replicas();
    let killed = server.get();
    kill(Pid::from_raw(killed.pid), Signal::SIGKILL).unwrap();
    let told = server.running.read_line().unwrap_or_default();
    let Answer { replica, pid, .. } = killed;
    assert_eq!(told, format!("process `{replica}` (pid {pid}) was killed by signal 9 (SIGKILL), and is replaced"));
    for _ in 0..20 {
        assert_ne!(server.get().pid, pid);
    }
    let after = server.replicas();
    assert!(after.keys().eq(&REPLICAS), "{after:?}");
    let changed: Vec<_> = REPLICAS.into_iter().filter(|name| before[*name] != after[*name]).collect();
    assert_eq!(changed, [replica]);
    server.assert_stops(libc::SIGTERM, &format!("{told}\n"));
}

#[test]
fn ctrl_c_ends_it_with_code_0_even_while_clients_are_served() {
    let server = Server::start();
    let held = [(); 6].map(|()| server.hold());
    server.assert_stops(libc::SIGINT, "");
    drop(held);
}

#[test]
fn server_that_is_killed_leaves_no_replica() {
    let server = Server::start();
    let replicas = server.replicas();
    let outcome = server.stop(libc::SIGKILL);
    outcome.assert_signal(libc::SIGKILL);
    let mut ended = outcome.report.adopted.clone();
    ended.sort_unstable();
    let mut replicas: Vec<_> = replicas.into_values().collect();
    replicas.sort_unstable();
    assert_eq!(ended, replicas, "{outcome}");
}

#[test]
fn port_that_is_none_or_taken_is_an_error() {
    let outcome = example("prefork_server").arg("eighty").run();
    outcome.assert_code(1);
    assert_eq!(outcome.stderr, "Error: \"`eighty` is not a port: expected a number up to 65535\"\n");
    let server = Server::start();
    let outcome = example("prefork_server").arg(server.address.port().to_string()).run();
    outcome.assert_code(1);
    assert!(outcome.stderr.contains("AddrInUse"), "{outcome}");
    assert_eq!(outcome.stdout, "");
    server.assert_stops(libc::SIGTERM, "");
}
