//! The process functions.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "that is what `speak` is for")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use mp_runtime::sync::{Barrier, Event, Mutex, Semaphore};
use mp_runtime::{Fd, Receiver, Sender, SharedBytes, SharedSlice, StartMethod, current, parent, process};
use serde::{Deserialize, Serialize};

use crate::fixture_kit::{fds, stat, status};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    Nothing,
    Pair(u8, String),
    Named { map: BTreeMap<String, Vec<i64>> },
}

#[process(start = forkserver)]
pub(crate) fn echo(number: u64, text: String, shapes: Vec<Shape>, nothing: ()) -> (u64, String, Vec<Shape>) {
    let () = nothing;
    (number, text, shapes)
}

#[process(start = forkserver)]
pub(crate) fn largest<T: Ord + Copy + Serialize + for<'de> Deserialize<'de>, const N: usize>(
    values: Vec<T>,
) -> Option<T> {
    assert_eq!(values.len(), N);
    values.into_iter().max()
}

#[process(start = forkserver)]
pub(crate) fn fail(text: String) -> Result<u32, String> {
    Err(format!("no {text}"))
}

#[process(start = forkserver)]
pub(crate) fn panic_with(text: String) {
    panic!("{text}");
}

#[process(start = forkserver)]
pub(crate) fn leave(code: i32) -> ! {
    exit(code)
}

#[process(start = forkserver)]
pub(crate) fn die(signal: i32) {
    nix::sys::signal::raise(nix::sys::signal::Signal::try_from(signal).unwrap()).unwrap();
}

#[process(start = forkserver)]
pub(crate) fn abort() {
    std::process::abort();
}

#[process(start = forkserver)]
#[allow(unconditional_recursion, clippy::only_used_in_recursion, reason = "that is what it is for")]
pub(crate) fn overflow(depth: u64) -> u64 {
    std::hint::black_box(overflow(depth + 1)) + 1
}

#[process(start = forkserver)]
pub(crate) fn park() {
    loop {
        thread::park();
    }
}

#[process(name = "a name of its own", start = forkserver)]
pub(crate) fn identity() -> (String, String, u32, u32, String, Option<usize>) {
    let parent = parent().unwrap();
    assert!(parent.is_alive());
    let comm = fs::read_to_string("/proc/self/comm").unwrap();
    let (_, above) = stat(current().id()).unwrap();
    assert_eq!(parent.name(), "main");
    (current().name().to_owned(), comm.trim().to_owned(), parent.id(), above, status("NSpid"), current().replica())
}

#[process(start = forkserver)]
pub(crate) fn environment() -> (Vec<String>, Option<String>, PathBuf, Vec<String>) {
    let names = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    let names = names.filter(|name| name.starts_with("MP_RUNTIME")).collect();
    (env::args().collect(), env::var("MP_METHODS").ok(), env::current_dir().unwrap(), names)
}

#[process(start = forkserver)]
pub(crate) fn open_fds(_padding: String) -> Vec<String> {
    fds()
}

#[process(start = forkserver)]
pub(crate) fn masks() -> [String; 2] {
    [status("SigBlk"), status("SigCgt")]
}

#[process(start = forkserver)]
pub(crate) fn speak() {
    println!("out");
    eprintln!("err");
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    print!("{text}");
}

#[process(start = forkserver, env(MP_SET = "yes"), current_dir = "/", nice = 5, limit(open_files = 60), seed = 7)]
pub(crate) fn changed() -> (Option<String>, PathBuf, u64) {
    (env::var("MP_SET").ok(), env::current_dir().unwrap(), current().seed())
}

#[process(start = forkserver)]
pub(crate) fn add(numbers: Receiver<u64>, sums: Sender<u64>) {
    let mut sum = 0;
    for number in numbers {
        sum += number;
    }
    sums.send(sum).unwrap();
}

#[process(start = forkserver)]
pub(crate) fn hold(_files: Vec<Fd>) {}

#[process(start = forkserver)]
pub(crate) fn write_to(file: Fd, text: String) {
    let mut file = fs::File::from(file.into_inner());
    file.write_all(text.as_bytes()).unwrap();
}

#[process(start = forkserver)]
pub(crate) fn nest(methods: Vec<u8>) -> u32 {
    let Some((first, rest)) = methods.split_first() else { return current().id() };
    let child = nest::process(rest.to_vec()).start(method_of(*first)).spawn().unwrap();
    let id = child.id();
    let given = child.join().unwrap();
    assert!(!rest.is_empty() || given == id);
    given
}

#[process(start = forkserver)]
pub(crate) fn with_threads(count: u32) -> u32 {
    (0..count).map(|number| thread::spawn(move || number)).map(|thread| thread.join().unwrap()).sum()
}

#[process(start = forkserver)]
pub(crate) fn leaves_children(method: u8, daemon: bool) -> u32 {
    let child = park::process().daemon(daemon).start(method_of(method)).spawn().unwrap();
    let id = child.id();
    if !daemon {
        child.kill().unwrap();
    }
    id
}

pub(crate) fn method_of(number: u8) -> StartMethod {
    [StartMethod::Fork, StartMethod::ForkServer, StartMethod::Exec][usize::from(number)]
}

/// What processes hold in common, as arguments.
pub(crate) type Common = (Mutex<u64>, Semaphore, Barrier, Event, SharedSlice<AtomicU64>, SharedBytes);

/// Uses all of it, and ends where it holds the lock: killed by its program.
#[process(start = forkserver)]
pub(crate) fn use_common(common: Common) {
    let (mutex, semaphore, barrier, event, slice, bytes) = common;
    let mut number = mutex.lock().unwrap();
    *number += 1;
    drop(number);
    let permit = semaphore.acquire().unwrap();
    slice[2].fetch_add(1, Ordering::SeqCst);
    bytes.write_at(0, b"here").unwrap();
    barrier.wait().unwrap();
    let _guard = mutex.lock().unwrap();
    event.set();
    drop(barrier);
    loop {
        thread::park();
        assert_eq!(semaphore.available_permits(), 0);
        let _ = &permit;
    }
}
