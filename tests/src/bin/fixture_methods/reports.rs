//! What goes in, and what comes out.

use std::time::Duration;

use mp_runtime::{Child, ExitKind, StartMethod};

use crate::functions::{Shape, abort, die, echo, fail, largest, leave, overflow, panic_with, park};

pub(crate) fn kind<T>(child: Child<T>) -> ExitKind {
    child.join().map(drop).unwrap_err().into_exit().unwrap().kind().clone()
}

pub(crate) fn arguments(method: StartMethod) {
    let shapes =
        vec![Shape::Nothing, Shape::Pair(7, "a\0b".into()), Shape::Named { map: [("k".into(), vec![-1])].into() }];
    let child = echo::process(u64::MAX, "\u{e9}".into(), shapes.clone(), ()).start(method).spawn().unwrap();
    assert_eq!(child.join().unwrap(), (u64::MAX, "\u{e9}".into(), shapes));
    assert_eq!(largest::process::<i16, 3>(vec![1, 3, 2]).start(method).spawn().unwrap().join().unwrap(), Some(3));
    // Too long for the page, for a message, and for a pipe.
    for length in [5_000, 40_000, 200_000, 10_000_000] {
        let text = "x".repeat(length);
        let child = echo::process(1, text.clone(), vec![], ()).start(method).spawn().unwrap();
        assert!(child.join().unwrap().1 == text, "{length} bytes");
    }
}

pub(crate) fn failures(method: StartMethod) {
    let failed = fail::process("luck".into()).start(method).spawn().unwrap();
    assert_eq!(kind(failed), ExitKind::Failed("no luck".into()));
    let ExitKind::Panicked(panic) = kind(panic_with::process("ouch".into()).start(method).spawn().unwrap()) else {
        panic!("no panic")
    };
    assert_eq!((panic.message(), panic.thread()), ("ouch", Some("main")));
    assert!(panic.location().unwrap().file().ends_with("functions.rs"));
    for code in [0, 1, 101, 255] {
        assert_eq!(kind(leave::process(code).start(method).spawn().unwrap()), ExitKind::Exited(code));
    }
}

pub(crate) fn signals(method: StartMethod) {
    for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGUSR1] {
        let child = die::process(signal).start(method).spawn().unwrap();
        let exit = child.join().unwrap_err().into_exit().unwrap();
        assert_eq!((exit.signal(), exit.began()), (Some(signal), true));
        assert!(exit.usage().unwrap().peak_memory > 0);
    }
    let exit = abort::process().start(method).spawn().unwrap().join().unwrap_err().into_exit().unwrap();
    assert_eq!(exit.signal(), Some(libc::SIGABRT));
    let ExitKind::Signaled { stack_overflow, .. } = kind(overflow::process(0).start(method).spawn().unwrap()) else {
        panic!("no signal")
    };
    assert!(stack_overflow);
    let parked = park::process().start(method).spawn().unwrap();
    assert_eq!(parked.stop(Duration::from_secs(5)).unwrap().signal(), Some(libc::SIGTERM));
    let parked = park::process().start(method).spawn().unwrap();
    parked.interrupt().unwrap();
    assert_eq!(parked.join().unwrap_err().exit().unwrap().signal(), Some(libc::SIGINT));
}
