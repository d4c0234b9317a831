//! Starts that fail; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;

use fixture_kit::{children, fds, limit_for, status, sys};
use mp_runtime::{SpawnError, Stage, active_children, process};

mod fixture_kit;

#[process]
fn give(value: Vec<u8>) -> Vec<u8> {
    value
}

/// What a start must leave as it was.
fn state() -> (Vec<String>, Vec<(u32, char)>, usize, String) {
    (fds(), children(), active_children().len(), status("SigBlk"))
}

fn start() -> Result<(), SpawnError> {
    let value = vec![1; 100_000];
    give::spawn(value.clone()).map(|child| assert_eq!(child.join().unwrap(), value))
}

/// Lets the limit grow until a start succeeds; the stages at which it did not.
fn grow() -> Vec<Stage> {
    let mut stages = Vec::new();
    // What a process keeps for its next start counts as open: then the limit grows by itself.
    let mut more = 0;
    loop {
        let before = state();
        let limit = sys::limit_fds(limit_for(more));
        let started = start();
        sys::limit_fds(limit);
        let Err(error) = started else { return stages };
        assert_eq!(error.raw_os_error(), Some(libc::EMFILE), "{error}");
        assert_eq!(error.name(), "give");
        // After the fork it would be too late: the function may have begun.
        assert!(matches!(error.stage(), Some(Stage::ReportMemory | Stage::Descriptors | Stage::Lifeline)), "{error}");
        let said = format!("process `give` could not be started: {}: ", error.stage().unwrap());
        assert!(error.to_string().starts_with(&said), "{error}");
        let after = state();
        let kept = |fd: &&String| ["mp-report", "pidfd", "pipe:"].iter().any(|kind| fd.contains(kind));
        let (old, new): (Vec<_>, Vec<_>) =
            (before.0.iter().filter(|fd| !kept(fd)).collect(), after.0.iter().filter(|fd| !kept(fd)).collect());
        // What a process keeps for its next start, it may have made: a report, a name of its own, a reserve, a lifeline.
        assert!(old == new && after.0.len() <= before.0.len() + 4, "{before:?} {after:?}");
        assert_eq!((before.1, before.2, before.3), (after.1, after.2, after.3));
        more = if after.0.len() > before.0.len() { 0 } else { more + 1 };
        stages.push(error.stage().unwrap());
        assert!(stages.len() < 20, "{stages:?}");
    }
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "first" => {
            let stages = grow();
            let all = [Stage::Descriptors, Stage::ReportMemory, Stage::Lifeline];
            assert!(all.iter().all(|stage| stages.contains(stage)), "{stages:?}");
            start().unwrap();
        }
        "later" => {
            start().unwrap();
            let stages = grow();
            assert!(!stages.is_empty(), "a start needs no descriptor");
            start().unwrap();
        }
        "retried" => {
            let before = fds().len();
            for _ in 0..50 {
                let limit = sys::limit_fds(limit_for(0));
                let error = start().unwrap_err();
                sys::limit_fds(limit);
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            }
            assert!(fds().len() <= before + 3, "{:?}", fds());
            start().unwrap();
        }
        "processes" => {
            sys::give_up_rights();
            start().unwrap();
            for _ in 0..50 {
                let before = state();
                let limit = sys::limit_processes(0);
                let error = start().unwrap_err();
                sys::limit_processes(limit);
                assert_eq!((error.stage(), error.raw_os_error()), (Some(Stage::Fork), Some(libc::EAGAIN)), "{error}");
                let after = state();
                assert!(after.0.len() <= before.0.len() + 1, "{before:?} {after:?}");
                assert_eq!((before.1, before.2, before.3), (after.1, after.2, after.3));
            }
            assert!(fds().len() < 12, "{:?}", fds());
            start().unwrap();
        }
        "names" => {
            let before = state();
            let control = "has a control character in it";
            for (name, why) in [("", "is empty"), ("a\0b", control), ("a\nb", control)] {
                let error = give::process(vec![]).name(name).spawn().unwrap_err();
                let shown = name.escape_debug();
                assert_eq!(error.to_string(), format!("process `{shown}` could not be started: its name {why}"));
                assert_eq!((error.stage(), error.raw_os_error(), error.name()), (None, None, name));
            }
            assert_eq!(state(), before);
        }
        "threads" => {
            let before = state();
            std::thread::scope(|scope| {
                let (stop, wait) = std::sync::mpsc::channel::<()>();
                scope.spawn(move || wait.recv());
                assert!(start().unwrap_err().is_threaded());
                drop(stop);
            });
            assert_eq!(state(), before);
            // A thread that was joined may be there for another instant.
            fixture_kit::until(|| std::fs::read_dir("/proc/self/task").unwrap().count() == 1);
            start().unwrap();
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
