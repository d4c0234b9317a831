//! Programs with unusual surroundings; the first argument names one. Code 0 if all is as it should be.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what is printed is a part of the scenes")]

use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write, pipe, stdin};
use std::mem;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, ExitCode, exit};

use fixture_kit::{children, fork_handlers, sys};
use mp_runtime::{Builder, StartMethod, Stdio, current, mp_main, parent, process, scope, spawn};
use nix::unistd::getegid;

mod fixture_kit;

#[process]
fn speak() {
    eprintln!("nobody hears this");
    println!("nor this");
}

#[process]
fn its_parent_lives() -> bool {
    parent().unwrap().is_alive()
}

/// Streams that are closed: what the runtime opens must not take their places.
fn without_streams() {
    (0..3).for_each(sys::close);
    let child = speak::spawn().unwrap();
    eprintln!("into what has taken the place of stderr");
    child.join().unwrap();
    speak::spawn().unwrap().join().unwrap();
    // What becomes the child's stream must not come over a descriptor that it needs.
    let asked = its_parent_lives::process().stdin(Stdio::Null).stdout(Stdio::Null).stderr(Stdio::Null);
    assert!(asked.spawn().unwrap().join().unwrap());
}

fn reads_all() {
    stdin().read_to_string(&mut String::new()).unwrap();
}

fn writes_much() {
    println!("{}", "x".repeat(1 << 20));
}

/// Handles are dropped, and with them the pipes: nobody may wait for what will never come.
fn pipes_that_nobody_took(in_a_scope: bool) {
    let read = || Builder::closure(reads_all).stdin(Stdio::Piped);
    let write = || Builder::closure(writes_much).stdout(Stdio::Piped).stderr(Stdio::Piped);
    if in_a_scope {
        scope(|scope| {
            drop((scope.start(read()).unwrap(), scope.start(write()).unwrap()));
        });
        assert!(children().is_empty());
    } else {
        drop((read().spawn().unwrap(), write().spawn().unwrap()));
    }
}

/// A process closes what it does not know, and opens files of its own in these places.
fn file_in_the_place_of_the_report() {
    let folder = env::temp_dir();
    let names: Vec<_> = (0..8).map(|number| folder.join(format!("mp-data-{number}"))).collect();
    let child = spawn(|| {
        sys::close_from(3);
        for name in &names {
            let mut file = File::options().create_new(true).read(true).write(true).open(name).unwrap();
            file.write_all(b"precious").unwrap();
            mem::forget(file); // open for as long as the process, as a log is
        }
        vec![b'!'; 100_000]
    });
    let end = child.unwrap().join();
    let kept = names.iter().all(|name| fs::read(name).unwrap() == b"precious");
    names.iter().for_each(|name| fs::remove_file(name).unwrap());
    assert!(kept, "the result was written over a file of the user's");
    assert!(end.unwrap_err().to_string().contains("could not be stored"));
}

fn seed_in_a_fork_handler() {
    fork_handlers::ask_for_the_seed_in_fork_handlers();
    let child = spawn(|| current().seed()).unwrap();
    assert_ne!(child.join().unwrap(), current().seed());
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Handles of processes that have ended: their descriptors are nothing to a process that starts later.
fn handles_that_are_kept() {
    let before = spawn(descriptors).unwrap().join().unwrap();
    let kept: Vec<_> = scope(|scope| (0..5).map(|value| scope.spawn(move || value).unwrap()).collect());
    assert_eq!(spawn(descriptors).unwrap().join().unwrap(), before);
    let values: Vec<i32> = kept.into_iter().map(|child| child.join().unwrap()).collect();
    assert_eq!(values, [0, 1, 2, 3, 4]);
}

#[process]
fn idle() {}

mod awaited {
    use super::*;

    mp_main! {
        fn main() {
            let mut own = Command::new("true").process_group(0).spawn().unwrap();
            super::until_dead(own.id());
            idle::spawn().unwrap().join().unwrap();
            assert!(own.wait().unwrap().success(), "it was reaped as a stray");
        }
    }

    pub(super) fn run() -> ExitCode {
        main()
    }
}

#[process(start = exec)]
fn seven() -> u32 {
    7
}

/// The socket of an image must not take the place of a closed stream, and `main` is for no image.
fn executed_without_streams(method: StartMethod) {
    let above = fs::read_to_string(format!("/proc/{}/comm", parent_id())).unwrap();
    if fs::read_to_string("/proc/self/comm").unwrap() == above {
        exit(3); // or it would go on for ever
    }
    (0..3).for_each(sys::close);
    assert_eq!(seven::process().start(method).spawn().unwrap().join().unwrap(), 7);
}

/// A copy that is not of the framework's making has all descriptors, those of the fork server too.
fn copy_beside_the_fork_server() {
    assert_eq!(seven::process().start(StartMethod::ForkServer).spawn().unwrap().join().unwrap(), 7);
    let (mut reader, writer) = pipe().unwrap();
    sys::fork(|| {
        sys::close(writer.as_raw_fd());
        // Until the program has ended.
        let _ = reader.read(&mut [0]);
    });
    mem::forget(writer);
}

fn refused(word: &str) {
    for method in [StartMethod::Exec, StartMethod::ForkServer] {
        let error = seven::process().start(method).spawn().unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::Unsupported);
    }
    assert_eq!(seven::process().start(StartMethod::Fork).spawn().unwrap().join().unwrap(), 7);
}

fn run_by_a_loader() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut names = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let loader = names.find(|name| name.contains("/ld-")).expect("the loader is mapped");
    let status = Command::new(loader).arg(env::current_exe().unwrap()).arg("refused-loader").status().unwrap();
    assert!(status.success(), "{status}");
}

/// Who may give a file away makes a program that has another group than who runs it; it is told to be an image.
fn privileged() {
    let copy = env::temp_dir().join("mp-privileged");
    fs::copy(env::current_exe().unwrap(), &copy).unwrap();
    chown(&copy, None, Some(getegid().as_raw() + 1)).unwrap();
    fs::set_permissions(&copy, Permissions::from_mode(0o2755)).unwrap();
    let status = Command::new(&copy).arg("refused-privileges").env("MP_RUNTIME_IMAGE", "p9").status().unwrap();
    fs::remove_file(copy).unwrap();
    assert!(status.success(), "{status}");
}

/// It is told to be an image, and has no socket.
fn image_without_socket() {
    let told = Command::new(env::current_exe().unwrap()).arg("none").env("MP_RUNTIME_IMAGE", "p2").status();
    assert_eq!(told.unwrap().code(), Some(1), "`main` was reached, or it hung");
}

fn until_dead(id: u32) {
    fixture_kit::until(|| fixture_kit::stat(id).is_some_and(|(state, _)| state == 'Z'));
}

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("without-streams") => without_streams(),
        Some("pipes") => pipes_that_nobody_took(false),
        Some("pipes-in-a-scope") => pipes_that_nobody_took(true),
        Some("file") => file_in_the_place_of_the_report(),
        Some("seed") => seed_in_a_fork_handler(),
        Some("handles") => handles_that_are_kept(),
        Some("executed-without-streams") => executed_without_streams(StartMethod::Exec),
        Some("served-without-streams") => executed_without_streams(StartMethod::ForkServer),
        Some("copy") => copy_beside_the_fork_server(),
        Some("loader") => run_by_a_loader(),
        Some("refused-loader") => refused("loader"),
        Some("privileged") => privileged(),
        Some("refused-privileges") => refused("privileges"),
        Some("image-without-socket") => image_without_socket(),
        Some("none") => {}
        Some("awaited") => return awaited::run(),
        scene => panic!("no such scene: {scene:?}"),
    }
    ExitCode::SUCCESS
}
