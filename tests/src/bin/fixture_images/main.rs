//! Programs whose processes are not forked from them, in unusual surroundings; the first argument names one. Code 0 if all is
//! as it should be.

use std::hash::{BuildHasher, RandomState};
use std::{env, fs, thread};

use fixture_kit::{children, pid, sys as kit};
use mp_runtime::{Limit, StartMethod, fork_server, process};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod sys;

#[process(start = forkserver)]
fn give(value: u32) -> u32 {
    value
}

const METHODS: [StartMethod; 2] = [StartMethod::ForkServer, StartMethod::Exec];

fn gives(method: StartMethod) -> Result<u32, String> {
    let child = give::process(7).start(method).spawn().map_err(|error| error.to_string())?;
    child.join().map_err(|error| error.to_string())
}

/// What the constructor does, if the environment says so.
fn construct() {
    match env::var("MP_CONSTRUCTOR").as_deref() {
        Ok("hashes") => drop(RandomState::new()),
        Ok("threads") => drop(thread::spawn(thread::park)),
        Ok("starts") => {
            // In an image it is refused; were it not, that would go on for ever.
            let depth = sys::deepen();
            if depth > 2 {
                std::process::exit(9);
            }
            let exec = gives(StartMethod::Exec).is_err_and(|error| error.contains("could not be started"));
            let refused = exec && (depth == 0 || fork_server().parked(1).start().is_err());
            if depth > 0 && !refused {
                std::process::exit(9);
            }
        }
        _ => {}
    }
}

fn threads_of_a_constructor() {
    let refused = gives(StartMethod::ForkServer).unwrap_err();
    assert!(refused.contains("starts threads as soon as it is loaded"), "{refused}");
    assert_eq!(gives(StartMethod::Exec), Ok(7));
}

fn constructor_that_starts() {
    METHODS.into_iter().for_each(|method| assert_eq!(gives(method), Ok(7)));
    fork_server().parked(1).start().unwrap();
    METHODS.into_iter().for_each(|method| assert_eq!(gives(method), Ok(7)));
}

#[process(start = forkserver)]
fn hash() -> u64 {
    RandomState::new().hash_one(7)
}

/// The hash maps of processes differ, though the constructor has drawn the keys for all.
fn constructor_that_hashes() {
    for parked in [0, 2] {
        fork_server().parked(parked).start().unwrap();
        let mut hashes: Vec<u64> = (0..6).map(|_| hash::spawn().unwrap().join().unwrap()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 6);
    }
}

/// The server holds nothing that the program may want to close.
fn streams_of_the_server() {
    assert_eq!(gives(StartMethod::ForkServer), Ok(7));
    let [(server, _)] = children()[..] else { panic!("there is the server") };
    for number in 0..3 {
        assert_eq!(fs::read_link(format!("/proc/{server}/fd/{number}")).unwrap().to_str(), Some("/dev/null"));
    }
    assert_eq!(fs::read_link(format!("/proc/{server}/cwd")).unwrap().to_str(), Some("/"));
}

/// A variable of the environment, the mask for new files, and the limit on descriptors.
type Surroundings = (Option<String>, u32, u64);

#[process(start = forkserver)]
fn surroundings() -> Surroundings {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).unwrap().0;
    (env::var("MP_LATER").ok(), umask(Mode::empty()).bits(), limit)
}

/// What the server gives is of the moment at which it was started, and what `exec` gives is of now.
fn moment_of_the_server() {
    let found = |method| surroundings::process().start(method).spawn().unwrap().join().unwrap();
    let change = |value, mask, limit| {
        kit::limit_fds(limit);
        sys::set("MP_LATER", value);
        umask(Mode::from_bits_truncate(mask));
    };
    change("before", 0o022, 200);
    let before = found(StartMethod::ForkServer);
    assert_eq!(before, (Some("before".to_owned()), 0o022, 200));
    change("after", 0o027, 100);
    let after = (Some("after".to_owned()), 0o027, 100);
    assert_eq!((found(StartMethod::ForkServer), found(StartMethod::Exec)), (before, after.clone()));
    // What is set is the process's own.
    let own = surroundings::process().start(StartMethod::ForkServer).env("MP_LATER", "own").limit(Limit::OpenFiles, 50);
    assert_eq!(own.spawn().unwrap().join().unwrap(), (Some("own".to_owned()), 0o022, 50));
    // The next server is of its own moment.
    let [(server, _)] = children()[..] else { panic!("there is the server") };
    kill(pid(server), Signal::SIGKILL).unwrap();
    assert_eq!(found(StartMethod::ForkServer), after);
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("hashes") => constructor_that_hashes(),
        Some("threads") => threads_of_a_constructor(),
        Some("starts") => constructor_that_starts(),
        Some("server") => streams_of_the_server(),
        Some("moment") => moment_of_the_server(),
        scene => panic!("no such scene: {scene:?}"),
    }
}
