//! Programs with a `main` of their own, that ask to be isolated.

use std::os::unix::process::parent_id;
use std::process::id;
use std::thread;

use mp_runtime::{Builder, isolate};

use crate::fixture_kit::{self, children, sys};
use crate::{looks_around, number, tells_its_place};

/// Runs the scene of this name.
pub(super) fn run(scene: &str) {
    match scene {
        "plain" => {
            isolate().unwrap();
            looks_around();
        }
        "plain-threaded" => {
            let (stop, wait) = std::sync::mpsc::channel::<()>();
            let other = thread::spawn(move || wait.recv());
            let error = isolate().unwrap_err();
            assert!(error.is_threaded() && error.to_string().contains("it has 2 threads"), "{error}");
            drop(stop);
            drop(other.join());
            isolate().unwrap();
            looks_around();
        }
        "plain-late" => {
            let child = tells_its_place::process("late".to_owned()).spawn().unwrap();
            assert!(isolate().unwrap_err().to_string().contains("it has processes"));
            child.join().unwrap();
            isolate().unwrap();
            // What was kept for the next start is that of another process.
            looks_around_late();
        }
        "plain-in-a-process" => {
            let told = Builder::closure(|| isolate().unwrap_err().to_string()).spawn().unwrap().join().unwrap();
            assert!(told.contains("it is a process of a program"), "{told}");
        }
        "refused" => {
            sys::refuse(&[libc::SYS_clone3], number());
            let before = (id(), fixture_kit::fds());
            let error = isolate().unwrap_err();
            assert_eq!((id(), fixture_kit::fds()), before);
            assert!(error.is_refused() && error.raw_os_error() == Some(number()), "{error}");
            println!("{error}");
            Builder::closure(|| ()).spawn().unwrap().join().unwrap();
        }
        "refused-mount" => {
            sys::refuse(&[libc::SYS_mount], number());
            let before = (id(), fixture_kit::fds(), fixture_kit::status("SigBlk"));
            let error = isolate().unwrap_err();
            assert_eq!((id(), fixture_kit::fds(), fixture_kit::status("SigBlk")), before);
            assert!(error.is_refused() && error.raw_os_error() == Some(number()), "{error}");
            println!("{error}");
            Builder::closure(|| ()).spawn().unwrap().join().unwrap();
        }
        other => panic!("no scene {other}"),
    }
}

/// What is true in the namespace, for a program that has had processes before.
fn looks_around_late() {
    assert_eq!((id(), parent_id()), (2, 0));
    assert_eq!(tells_its_place::process("again".to_owned()).spawn().unwrap().join().unwrap().2, 2);
    assert_eq!(children(), []);
}
