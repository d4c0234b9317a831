//! What closures and scopes do; the first argument names a scene. Code 0 if all is as it should be.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{env, fs, thread};

use fixture_kit::{Gate, children, ended};
use mp_runtime::{Builder, ExitKind, active_children, current, process, scope, spawn};

mod fixture_kit;

#[process]
fn double(value: u32) -> u32 {
    value * 2
}

fn park() {
    loop {
        thread::park();
    }
}

fn leave() {
    std::process::exit(7);
}

fn closures() {
    let text = String::from("lucky is a good man");
    let counted = Cell::new(0);
    let child = spawn(|| {
        counted.set(text.split(' ').count());
        (current().name().to_owned(), counted.get())
    });
    assert_eq!(child.unwrap().join().unwrap(), ("closure".to_owned(), 5));
    assert_eq!(counted.get(), 0);

    let named = Builder::closure(|| current().name().to_owned()).name("named").spawn().unwrap();
    assert_eq!(named.join().unwrap(), "named");

    let failed = Builder::fallible(|| "x".parse::<u32>()).spawn().unwrap().join().unwrap_err();
    assert_eq!(failed.exit().unwrap().kind(), &ExitKind::Failed("invalid digit found in string".to_owned()));
    let text = "7".to_owned();
    assert_eq!(Builder::fallible(move || text.parse::<u32>()).spawn().unwrap().join().unwrap(), 7);

    let panicked = spawn(|| -> u32 { panic!("out of luck") }).unwrap().join().unwrap_err();
    assert_eq!(panicked.exit().unwrap().panic().unwrap().message(), "out of luck");
}

/// Nobody joins two of the processes, one handle outlives the scope: it waits for all.
fn waits() {
    let gate = Gate::new();
    let outliving = scope(|scope| {
        drop(scope.spawn(|| gate.wait()).unwrap());
        let outliving = scope.spawn(|| gate.wait()).unwrap();
        let kept = scope.start(double::process(21)).unwrap();
        assert_eq!(kept.join().unwrap(), 42);
        gate.open(2);
        outliving
    });
    assert!(outliving.exit().unwrap().is_success());
    assert!(active_children().is_empty());
    assert_eq!(children(), []);
}

fn stops_daemons() {
    let child = scope(|scope| scope.start(Builder::closure(park).daemon(true)).unwrap());
    assert_eq!(child.exit().unwrap().signal(), Some(libc::SIGTERM));
    assert_eq!(children(), []);
}

fn panics_with_a_failure() {
    let payload = catch_unwind(|| {
        scope(|scope| {
            drop(scope.start(Builder::closure(leave).name("leaver")).unwrap());
        });
    });
    let message = payload.unwrap_err().downcast::<String>().unwrap();
    println!("{message}");
    // A failure that was looked at is none of the scope's.
    scope(|scope| {
        let child = scope.spawn(leave).unwrap();
        assert_eq!(child.join().unwrap_err().exit().unwrap().code(), Some(7));
    });
    assert_eq!(children(), []);
}

fn panics_with_its_block() {
    let payload = catch_unwind(AssertUnwindSafe(|| {
        scope(|scope| {
            drop(scope.spawn(park).unwrap());
            panic!("the block");
        });
    }));
    assert_eq!(payload.unwrap_err().downcast_ref::<&str>(), Some(&"the block"));
    assert_eq!(children(), []);
}

/// A scope in a process of a scope.
fn nested() {
    let outer = 20;
    let sum = scope(|scope| {
        let child = scope.spawn(|| {
            let inner = 1;
            mp_runtime::scope(|scope| scope.spawn(|| outer + inner).unwrap().join().unwrap())
        });
        child.unwrap().join().unwrap()
    });
    assert_eq!(sum, 21);
}

/// Nothing is held of a process that was joined, nor of one whose handle is gone and which has returned.
fn keeps_nothing() {
    let held = || fs::read_dir("/proc/self/fd").unwrap().count();
    scope(|scope| {
        let round = |_| {
            scope.start(double::process(4)).unwrap().join().unwrap();
            scope.spawn(leave).unwrap().join().unwrap_err();
            let dropped = scope.start(double::process(4)).unwrap();
            ended(dropped.id());
        };
        (0..3).for_each(round);
        let before = held();
        (0..30).for_each(round);
        assert_eq!(held(), before);
    });
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("closures") => closures(),
        Some("waits") => waits(),
        Some("stops-daemons") => stops_daemons(),
        Some("failure") => panics_with_a_failure(),
        Some("block") => panics_with_its_block(),
        Some("nested") => nested(),
        Some("keeps-nothing") => keeps_nothing(),
        other => panic!("no scene {other:?}"),
    }
}
