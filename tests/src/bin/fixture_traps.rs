//! Programs that walk into a trap of `fork`; the first argument names a scene. Each scene asserts by itself.

use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use std::{env, fs, panic, thread};

use fixture_kit::{Gate, sys};
use mp_runtime::{ExitKind, Parent, mp_main, parent, process};
use nix::sys::resource::{Resource, setrlimit};

mod fixture_kit;

fn gate() -> &'static Gate {
    static GATE: OnceLock<Gate> = OnceLock::new();
    GATE.get_or_init(Gate::new)
}

#[process(unsafe(threads))]
fn seven() -> u32 {
    7
}

#[process]
fn nothing() {}

#[process]
fn wait() -> u32 {
    gate().wait();
    7
}

#[process]
fn fail() {
    panic!("out of luck");
}

#[process]
fn long() -> Vec<u8> {
    vec![7; 100_000]
}

/// Fails when it has been written in part.
struct Half;

impl serde::Serialize for Half {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut tuple = to.serialize_tuple(2)?;
        tuple.serialize_element(&"x".repeat(1 << 20))?;
        panic!("half way");
    }
}

impl<'de> serde::Deserialize<'de> for Half {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Half, D::Error> {
        Ok(Half)
    }
}

#[process]
fn half() -> Half {
    Half
}

/// Sets the ids of all threads, which the C library does by a signal of its own.
#[process]
fn set_group() -> u32 {
    let running = Arc::new(Gate::new());
    let announced = Arc::clone(&running);
    thread::spawn(move || {
        announced.open(1);
        loop {
            thread::park();
        }
    });
    running.wait();
    nix::unistd::setgid(nix::unistd::getgid()).expect("its own group");
    7
}

#[process]
fn watch(parent: Parent) -> bool {
    parent.is_alive()
}

#[process]
fn let_watch() -> bool {
    let parent = parent().expect("a process has a parent");
    watch::spawn(parent).unwrap().join().unwrap()
}

fn location_of_a_panic() -> bool {
    let error = fail::spawn().unwrap().join().unwrap_err();
    error.exit().unwrap().panic().expect("it panics").location().is_some()
}

/// A program that is forked by its own `fn main`; the copy goes on to the end of the program.
mod copied {
    use super::{gate, mp_main, sys, wait};

    mp_main! {
        wait();

        fn main() {
            // The copy is at its end first: the process that it has inherited a handle of runs until then.
            if sys::fork_both() {
                gate().open(1);
            }
        }
    }

    pub(super) fn run() {
        assert_eq!(main(), std::process::ExitCode::SUCCESS);
    }
}

fn main() {
    gate(); // before any process that is to share it
    match env::args().nth(1).unwrap_or_default().as_str() {
        "joined-thread" => {
            for _ in 0..500 {
                thread::spawn(|| ()).join().unwrap();
                nothing::spawn().expect("a joined thread is no thread").join().unwrap();
            }
        }
        "first-thread-gone" => {
            let main = fixture_kit::pid(std::process::id());
            thread::spawn(move || {
                fixture_kit::until(|| fixture_kit::stat(main.as_raw() as u32).is_some_and(|(state, _)| state == 'Z'));
                let begin = Instant::now();
                nothing::spawn().expect("the one thread there is may fork").join().unwrap();
                assert!(begin.elapsed() < Duration::from_millis(900), "it has waited for the first thread to go");
                std::process::exit(0);
            });
            sys::end_thread();
        }
        "private-signals" => {
            // The first thread of a program makes the C library take its signals, once and for all.
            thread::spawn(|| ()).join().unwrap();
            assert_eq!(set_group::spawn().unwrap().join().unwrap(), 7);
        }
        "hook-replaced" => {
            assert!(location_of_a_panic());
            let (a, b) = (Arc::new(1), Arc::new(2));
            drop(panic::take_hook());
            // As large as the hook of the runtime, so likely to be where that was.
            panic::set_hook(Box::new(move |_| assert_eq!((*a, *b), (1, 2))));
            assert!(location_of_a_panic());
        }
        "file-size-limit" => {
            setrlimit(Resource::RLIMIT_FSIZE, 4096, 4096).unwrap();
            let error = long::spawn().unwrap().join().unwrap_err();
            assert!(
                matches!(error.exit().unwrap().kind(), ExitKind::Failed(why) if why.contains("File too large")),
                "{error}"
            );
        }
        "no-descriptors" => {
            let child = wait::spawn().unwrap();
            setrlimit(Resource::RLIMIT_NOFILE, 0, 0).unwrap();
            let begin = Instant::now();
            assert!(child.join_timeout(Duration::from_millis(50)).is_none());
            assert!(begin.elapsed() >= Duration::from_millis(50));
            gate().open(1);
            assert_eq!(child.join_timeout(Duration::from_secs(10)).unwrap().unwrap(), 7);
        }
        "half-written" => {
            assert!(half::spawn().unwrap().join().is_err());
            assert_eq!(seven::spawn().unwrap().join().unwrap(), 7);
            let files = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
            let kept = files.filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).max();
            assert!(kept.unwrap() < 1 << 20, "{kept:?} bytes are kept");
        }
        "parent-moved" => assert!(let_watch::spawn().unwrap().join().unwrap()),
        "printing-joiner" => {
            let child = wait::spawn().unwrap();
            let locked = Gate::new();
            thread::scope(|scope| {
                let joiner = scope.spawn(|| {
                    let mut out = std::io::stdout().lock();
                    locked.open(1);
                    assert_eq!(child.join().unwrap(), 7);
                    writeln!(out, "joined").unwrap();
                });
                locked.wait();
                let spawner = scope.spawn(|| assert_eq!(seven::spawn().unwrap().join().unwrap(), 7));
                gate().open(1);
                joiner.join().unwrap();
                spawner.join().unwrap();
            });
        }
        "copied-program" => copied::run(),
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
