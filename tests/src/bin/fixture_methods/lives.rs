//! Many of them, and the ends of those who started them.
#![allow(clippy::print_stdout, reason = "the test reads it")]

use std::collections::HashSet;
use std::fs;
use std::thread;

use mp_runtime::{Child, StartMethod, active_children, channel};

use crate::fixture_kit::{self, children, stat};
use crate::functions::{add, echo, leave, leaves_children, nest, park, with_threads};

pub(crate) fn crowd(method: StartMethod) {
    let children: Vec<_> = (0..100)
        .map(|number| echo::process(number, String::new(), vec![], ()).start(method).spawn().unwrap())
        .collect();
    let ids: HashSet<_> = children.iter().map(Child::id).collect();
    assert_eq!(ids.len(), 100);
    for (number, child) in children.into_iter().enumerate() {
        assert_eq!(child.join().unwrap().0, number as u64);
    }
    assert!(active_children().is_empty());
}

pub(crate) fn nested(method: StartMethod) {
    for inner in 0..3 {
        for innermost in 0..3 {
            nest::process(vec![inner, innermost]).start(method).spawn().unwrap().join().unwrap();
        }
    }
    for inner in 0..3 {
        // A daemon is stopped by its parent's end, another is waited for.
        for daemon in [false, true] {
            let id = leaves_children::process(inner, daemon).start(method).spawn().unwrap().join().unwrap();
            assert!(stat(id).is_none(), "it is gone with its parent");
        }
    }
    assert_eq!(with_threads::process(5).start(method).spawn().unwrap().join().unwrap(), 10);
}

/// Starts from ten threads at once, beside one that allocates and prints.
pub(crate) fn threads(method: StartMethod) {
    if method == StartMethod::Fork {
        let error = thread::spawn(|| park::process().start(StartMethod::Fork).spawn().unwrap_err()).join().unwrap();
        assert!(error.is_threaded());
        let text = error.to_string();
        assert!(text.contains("2 threads") && text.contains("`forkserver`") && text.contains("`exec`"), "{text}");
        return;
    }
    let start = move |thread: u64| {
        for number in 0..20 {
            let child = echo::process(number * thread, String::new(), vec![], ()).start(method).spawn().unwrap();
            assert_eq!(child.join().unwrap().0, number * thread);
        }
    };
    let threads: Vec<_> = (0..10).map(|number| thread::spawn(move || start(number))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Ends with a daemon, and a process that nobody has joined.
pub(crate) fn left_over(method: StartMethod) {
    drop(park::process().daemon(true).start(method).spawn().unwrap());
    drop(leave::process(0).start(method).name("left").spawn().unwrap());
}

/// Is killed, with children about: the test sees that none survives.
pub(crate) fn killed(method: StartMethod) {
    let children = [(); 3].map(|()| park::process().start(method).spawn().unwrap());
    // From another thread, too: where that can be.
    if method != StartMethod::Fork {
        thread::spawn(move || drop(park::process().start(method).spawn().unwrap())).join().unwrap();
    }
    println!("{}", children.iter().map(|child| child.id().to_string()).collect::<Vec<_>>().join(" "));
    park();
}

/// The fork server is killed: what runs goes on, what comes starts.
pub(crate) fn server_killed(method: StartMethod) {
    // A process that the server has just made has its name for a moment; one that waits leads no group before it has another.
    let is_server = |id: &u32| {
        let leads = nix::unistd::getpgid(Some(fixture_kit::pid(*id))).is_ok_and(|group| group == fixture_kit::pid(*id));
        let named = fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|comm| comm.trim() == "mp-fork-server");
        leads && named && active_children().iter().all(|child| child.id() != *id)
    };
    let server = || children().into_iter().filter(|(_, state)| *state != 'Z').map(|(id, _)| id).find(is_server);
    let (go, gone) = channel::<u64>(1).unwrap();
    let (sender, sums) = channel::<u64>(1).unwrap();
    let child = add::process(gone, sender).start(method).spawn().unwrap();
    for _ in 0..10 {
        if let Some(server) = server() {
            nix::sys::signal::kill(fixture_kit::pid(server), nix::sys::signal::Signal::SIGKILL).unwrap();
        }
        assert_eq!(echo::process(3, String::new(), vec![], ()).start(method).spawn().unwrap().join().unwrap().0, 3);
    }
    go.send(5).unwrap();
    drop(go);
    assert_eq!(sums.recv().unwrap(), 5);
    child.join().unwrap();
}
