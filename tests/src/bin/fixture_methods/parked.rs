//! Processes that the server has made ahead.

use std::fs::{self, File};
use std::thread;
use std::time::{Duration, Instant};

use mp_runtime::{Fd, StartMethod, active_children, fork_server};
use nix::sys::signal::{Signal, kill};

use crate::fixture_kit::{children, cores, pid, sys};
use crate::functions::{echo, hold, identity, park};

/// The ids of those that wait, once there are `count`.
fn waiting(count: usize) -> Vec<u32> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let is_parked = |id: &u32| {
            let named = fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.trim() == "mp-parked");
            named && active_children().iter().all(|child| child.id() != *id)
        };
        // It sleeps over its socket.
        let found: Vec<_> =
            children().into_iter().filter(|(id, state)| *state == 'S' && is_parked(id)).map(|(id, _)| id).collect();
        if found.len() == count {
            return found;
        }
        assert!(Instant::now() < deadline, "{found:?}");
        thread::yield_now();
    }
}

pub(crate) fn parked(method: StartMethod) {
    for _ in 0..20 {
        let ready = waiting(3);
        let child = identity::process().start(method).spawn().unwrap();
        assert!(ready.contains(&child.id()), "{} is none of {ready:?}", child.id());
        let (name, comm, ..) = child.join().unwrap();
        assert_eq!((&*name, &*comm), ("a name of its own", "a name of its o"));
    }
    waiting(3);
}

/// Whoever is dead does not count, and is replaced; an order goes to one that lives, or to the server.
pub(crate) fn parked_killed(method: StartMethod) {
    for (signal, count) in [(Signal::SIGKILL, 1), (Signal::SIGKILL, 3), (Signal::SIGTERM, 2), (Signal::SIGUSR1, 1)] {
        let ready = waiting(3);
        for id in &ready[..count] {
            kill(pid(*id), signal).unwrap();
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        let dead = |id: &u32| children().iter().all(|(child, state)| child != id || *state == 'Z');
        while !ready[..count].iter().all(dead) {
            assert!(Instant::now() < deadline);
        }
        let child = echo::process(7, String::new(), vec![], ()).start(method).spawn().unwrap();
        assert!(!ready[..count].contains(&child.id()));
        assert_eq!(child.join().unwrap().0, 7);
        waiting(3);
        assert!(children().iter().all(|(_, state)| *state != 'Z'), "those that were killed are reaped");
    }
}

/// Where no start comes, those that are dead are replaced when somebody asks; and the server, if it is.
pub(crate) fn replaced(_method: StartMethod) {
    for round in 0..4 {
        let ready = waiting(3);
        let server = children().into_iter().find(|(id, _)| !ready.contains(id)).unwrap().0;
        let doomed = if round % 2 == 0 { &ready[..2] } else { &[server] };
        for id in doomed {
            kill(pid(*id), Signal::SIGKILL).unwrap();
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while !doomed.iter().all(|id| children().iter().all(|(child, state)| child != id || *state == 'Z')) {
            assert!(Instant::now() < deadline);
        }
        fork_server().parked(3).start().unwrap();
        waiting(3);
        assert_eq!(children().len(), 4);
    }
}

/// The server is dead, and what it has made lives: that is used up first, then there is a new one.
pub(crate) fn outlive_their_server(method: StartMethod) {
    for _ in 0..5 {
        let ready = waiting(3);
        let server = children().into_iter().find(|(id, _)| !ready.contains(id)).unwrap().0;
        kill(pid(server), Signal::SIGKILL).unwrap();
        let started: Vec<_> = (0..5)
            .map(|number| echo::process(number, String::new(), vec![], ()).start(method).spawn().unwrap())
            .collect();
        assert!(ready.iter().all(|id| started.iter().any(|child| child.id() == *id)));
        for (number, child) in (0..).zip(started) {
            assert_eq!(child.join().unwrap().0, number);
        }
    }
}

/// The server has no room for the descriptors that come with what is asked for.
pub(crate) fn no_room(method: StartMethod) {
    fork_server().start().unwrap();
    let server = children()[0].0;
    let before = sys::limit_fds_of(server, 6);
    fork_server().parked(1).start().unwrap();
    let start = || echo::process(1, String::new(), vec![], ()).start(method).spawn();
    assert!(start().unwrap_err().to_string().contains("os error 24"));
    assert_eq!(children().len(), 1, "nothing was made");
    assert_eq!(fs::read_dir(format!("/proc/{server}/fd")).unwrap().count(), 5, "what has come is gone again");
    sys::limit_fds_of(server, before);
    assert_eq!(start().unwrap().join().unwrap().0, 1);
    assert!(children().iter().any(|(id, _)| *id == server), "it is the same server");
}

/// What was to take an order that cannot be sent is neither left behind nor used for another.
pub(crate) fn unsent(method: StartMethod) {
    let ready = waiting(3);
    let many: Vec<_> = (0..300).map(|_| Fd(File::open("/dev/null").unwrap().into())).collect();
    hold::process(many).start(method).spawn().unwrap_err();
    assert!(children().iter().all(|(_, state)| *state != 'Z'));
    let child = echo::process(7, String::new(), vec![], ()).start(method).spawn().unwrap();
    assert!(ready[1..].contains(&child.id()));
    assert_eq!(child.join().unwrap().0, 7);
    waiting(3);
}

/// The server has all that it makes in its own memory first.
pub(crate) fn keeps_nothing(method: StartMethod) {
    let start =
        |number| echo::process(number, "x".repeat(1000), vec![], ()).start(method).spawn().unwrap().join().unwrap();
    start(0);
    let server = children()[0].0;
    // Its memory is compared at rest: once it has answered, it may not have come to wait for the next order.
    let deadline = Instant::now() + Duration::from_secs(10);
    let at_rest = || {
        while !children().contains(&(server, 'S')) {
            assert!(Instant::now() < deadline);
            thread::yield_now();
        }
        let mappings = fs::read_to_string(format!("/proc/{server}/maps")).unwrap();
        let status = fs::read_to_string(format!("/proc/{server}/status")).unwrap();
        let memory = status.lines().find(|line| line.starts_with("RssAnon")).unwrap().to_owned();
        (fs::read_dir(format!("/proc/{server}/fd")).unwrap().count(), mappings, memory)
    };
    (1..100).for_each(|number| drop(start(number)));
    let before = at_rest();
    (1..1000).for_each(|number| drop(start(number)));
    assert_eq!(at_rest(), before);
    // And not even for a moment once a start has returned. That is when the server says so, and not when the program looks by itself, which it
    // does every 10 ms. On one core the server is done before the program comes to sleep.
    let (apart, mut woken) = (cores::keep_apart_from(server), 0);
    for _ in 0..200 {
        let begin = Instant::now();
        let child = echo::process(1, String::new(), vec![], ()).start(method).spawn().unwrap();
        woken += usize::from(begin.elapsed() < Duration::from_millis(5));
        assert_eq!(fs::read_dir(format!("/proc/{server}/fd")).unwrap().count(), before.0);
        child.join().unwrap();
    }
    assert!(!apart || woken > 100, "{woken} of 200 starts were told that their order was done");
}

pub(crate) fn dismissed(method: StartMethod) {
    waiting(3);
    assert!(active_children().is_empty());
    fork_server().parked(1).start().unwrap();
    waiting(1);
    let child = park::process().start(method).spawn().unwrap();
    fork_server().start().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    // The server is left, and who had an order before. One that was about to be made goes with the next start.
    while children().len() > 2 {
        fork_server().start().unwrap();
        assert!(Instant::now() < deadline);
    }
    assert!(child.is_alive());
    child.kill().unwrap();
    child.join().unwrap_err();
}
