//! What a process inherits and what it does not; the first argument names a scene. Silent and code 0 if all is right.
#![allow(clippy::too_many_arguments, clippy::box_collection, reason = "as many types as there are")]
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::cell::RefCell;
use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use fixture_kit::sys::{self, Disposition, HANDLED};
use fixture_kit::{Gate, fds, status};
use mp_runtime::{Child, current, process};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Pid, getpgid, getpgrp};

mod fixture_kit;

#[process]
fn dispositions(signals: &[i32]) -> Vec<Disposition> {
    signals.iter().map(|signal| sys::disposition(*signal)).collect()
}

#[process]
fn raise(signal: i32) {
    mp_tests::raise(signal).unwrap();
}

#[process]
fn park() {
    loop {
        thread::park();
    }
}

#[process]
fn mask() -> String {
    status("SigBlk")
}

#[process]
fn group() -> (i32, i32) {
    (Pid::this().as_raw(), getpgrp().as_raw())
}

#[process]
fn comm() -> String {
    fs::read_to_string("/proc/self/comm").unwrap()
}

#[process]
fn descriptors() -> Vec<String> {
    fds()
}

/// The number of descriptors in each of a chain of processes, of this one first.
#[process]
fn nested(depth: usize) -> Vec<usize> {
    let mut counts = vec![fds().len()];
    if depth > 0 {
        counts.extend(nested::spawn(depth - 1).unwrap().join().unwrap());
    }
    counts
}

/// A chain of processes; the last one tells that all run.
#[process]
fn chain(depth: usize) {
    if depth > 0 {
        let _next = chain::spawn(depth - 1).unwrap();
        park();
    }
    println!("ready");
    park();
}

/// Counts its drops where all processes see them.
struct Noisy<'a>(&'a File);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        let mut file = self.0;
        writeln!(file, "{}", current().name()).unwrap();
    }
}

#[process]
fn hold(noisy: Noisy<'_>) {
    let _noisy = noisy;
}

#[process]
fn guarded(mut guard: MutexGuard<'_, u32>, gate: &Gate) -> u32 {
    *guard += 1;
    gate.wait();
    *guard
}

trait Speaks {
    fn speak(&self) -> String;
}

impl Speaks for &str {
    fn speak(&self) -> String {
        (*self).to_owned()
    }
}

#[process]
fn twenty(
    (unit, byte): ((), u8),
    wide: i128,
    float: f64,
    letter: char,
    yes: bool,
    text: &str,
    owned: String,
    slice: &[u16],
    array: [u8; 3],
    shared: Rc<RefCell<u32>>,
    changed: &mut Vec<u32>,
    option: Option<Box<String>>,
    function: fn(u32) -> u32,
    closure: Boxed<'_>,
    speaker: Box<dyn Speaks>,
    by_ref: &dyn Speaks,
    mut file: File,
    listener: TcpListener,
    pointer: &RefCell<u8>,
) -> String {
    let () = unit;
    *shared.borrow_mut() += 1;
    *pointer.borrow_mut() += 1;
    changed.push(9);
    file.rewind().unwrap();
    let mut read = String::new();
    file.read_to_string(&mut read).unwrap();
    let mut client = String::new();
    listener.accept().unwrap().0.read_to_string(&mut client).unwrap();
    let numbers = (byte, wide, float, letter, yes, slice, array, shared, &*changed, option);
    let spoken = (function(4), closure(5), speaker.speak(), by_ref.speak(), read, client, pointer);
    format!("{text} {owned} {numbers:?} {spoken:?}")
}

type Boxed<'a> = Box<dyn FnOnce(u32) -> u32 + 'a>;

/// Asserts that a child has default actions for `signals`, and is killed by each, and that the parent has kept its own.
fn assert_default_in_child(signals: &[i32]) {
    assert_eq!(dispositions::spawn(signals).unwrap().join().unwrap(), vec![Disposition::Default; signals.len()]);
    for signal in signals {
        let error = raise::spawn(*signal).unwrap().join().unwrap_err();
        assert_eq!(error.exit().unwrap().signal(), Some(*signal));
        assert_eq!(sys::disposition(*signal), Disposition::Handled);
    }
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "handlers" => {
            let signals = [libc::SIGTERM, libc::SIGUSR1, libc::SIGRTMIN() + 1, libc::SIGRTMAX()];
            for count in 1..=signals.len() {
                // The last one of these is new since the spawn before.
                sys::handle(signals[count - 1]);
                assert_default_in_child(&signals[..count]);
            }
            assert_eq!(HANDLED.load(Ordering::SeqCst), 0);
            mp_tests::raise(libc::SIGTERM).unwrap();
            assert_eq!(HANDLED.load(Ordering::SeqCst), 1);
        }
        "faults" => {
            let signals = [libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS];
            for count in 1..=signals.len() {
                sys::handle(signals[count - 1]);
                let found = dispositions::spawn(&signals[..count]).unwrap().join().unwrap();
                assert_eq!(found, vec![Disposition::Handled; count]);
            }
        }
        "signal-at-birth" => {
            sys::handle(libc::SIGTERM);
            for _ in 0..200 {
                let child = park::spawn().unwrap();
                child.terminate().unwrap();
                assert_eq!(child.join().unwrap_err().exit().unwrap().signal(), Some(libc::SIGTERM));
            }
        }
        "ignored" => {
            sys::ignore(libc::SIGUSR2);
            assert_eq!(dispositions::spawn(&[libc::SIGUSR2]).unwrap().join().unwrap(), [Disposition::Ignored]);
            raise::spawn(libc::SIGUSR2).unwrap().join().unwrap();
        }
        "mask" => {
            SigSet::from_iter([Signal::SIGTERM, Signal::SIGUSR1]).thread_block().unwrap();
            let before = status("SigBlk");
            assert_ne!(before, "0".repeat(16));
            assert_eq!(mask::spawn().unwrap().join().unwrap(), "0".repeat(16));
            assert_eq!(status("SigBlk"), before);
        }
        "group" => {
            let own = getpgrp();
            let child = park::spawn().unwrap();
            let (id, group) = group::spawn().unwrap().join().unwrap();
            assert_eq!(id, group);
            assert_eq!((getpgrp(), getpgid(None).unwrap()), (own, own));
            child.kill().unwrap();
        }
        "comm" => {
            assert_eq!(comm::spawn().unwrap().join().unwrap(), "comm\n");
            let names = [("0123456789abcdefg", "0123456789abcde\n"), ("0123456789abcd\u{e9}", "0123456789abcd\n")];
            for (name, expected) in names {
                assert_eq!(comm::process().name(name).spawn().unwrap().join().unwrap(), expected);
            }
        }
        "descriptors" => {
            let first = descriptors::spawn().unwrap().join().unwrap();
            let siblings: Vec<_> = (0..5).map(|_| park::spawn().unwrap()).collect();
            let running: Vec<_> = (0..5).map(|_| descriptors::spawn().unwrap()).collect();
            let found: Vec<_> = running.into_iter().map(|child| child.join().unwrap()).collect();
            assert!(found.iter().all(|fds| *fds == first), "{first:?} {found:?}");
            siblings.iter().for_each(|child| child.kill().unwrap());
            drop(siblings);
            (0..20).for_each(|_| drop(comm::spawn().unwrap().join().unwrap()));
            assert_eq!(descriptors::spawn().unwrap().join().unwrap(), first);
        }
        "nested" => {
            let counts = nested::spawn(3).unwrap().join().unwrap();
            assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        }
        "orphans" => {
            let _chains: Vec<Child<()>> = (0..2).map(|_| chain::spawn(2).unwrap()).collect();
            park();
        }
        "dropped" => {
            let path = env::temp_dir().join("drops");
            let file = File::create(&path).unwrap();
            for expected in ["hold\nmain\n", "hold\nmain\nhold\nmain\n"] {
                let child = hold::spawn(Noisy(&file)).unwrap();
                child.join().unwrap();
                let mut drops: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
                let mut expected: Vec<_> = expected.lines().collect();
                drops.sort_unstable();
                expected.sort_unstable();
                assert_eq!(drops, expected);
            }
            fs::remove_file(path).unwrap();
        }
        "guard" => {
            let (number, gate) = (Mutex::new(4), Gate::new());
            let child = guarded::spawn(number.lock().unwrap(), &gate).unwrap();
            assert_eq!(*number.try_lock().expect("the guard is dropped here"), 4);
            gate.open(1);
            assert_eq!(child.join().unwrap(), 5);
        }
        "twenty" => arguments(),
        scene => panic!("expected a scene, found `{scene}`"),
    }
}

fn arguments() {
    let path = env::temp_dir().join("argument");
    fs::write(&path, "in a file").unwrap();
    let file = File::open(&path).unwrap();
    fs::remove_file(path).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (shared, mut changed, pointer, base) = (Rc::new(RefCell::new(1)), vec![8], RefCell::new(2), 10);
    let child = twenty::spawn(
        ((), 255),
        -1,
        0.5,
        '\u{df}',
        true,
        "text",
        "owned".to_owned(),
        &[1, 2],
        [3; 3],
        Rc::clone(&shared),
        &mut changed,
        Some(Box::new("boxed".to_owned())),
        |n| n * 2,
        Box::new(|n| n + base),
        Box::new("a"),
        &"b",
        file,
        listener,
        &pointer,
    );
    TcpStream::connect(address).unwrap().write_all(b"hello").unwrap();
    let expected = "text owned (255, -1, 0.5, 'ß', true, [1, 2], [3, 3, 3], RefCell { value: 2 }, [8, 9], \
                    Some(\"boxed\")) (8, 15, \"a\", \"b\", \"in a file\", \"hello\", RefCell { value: 3 })";
    assert_eq!(child.unwrap().join().unwrap(), expected);
    assert_eq!((Rc::strong_count(&shared), *shared.borrow(), changed, *pointer.borrow()), (1, 1, vec![8], 2));
}
