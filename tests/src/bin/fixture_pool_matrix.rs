//! A task whose worker comes to grief: how, and at what stage, is told by the arguments. Prints what became of each item.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::process::{abort, exit, id};
use std::sync::OnceLock;

use fixture_kit::sys;
use mp_runtime::{ExitKind, Pool, TaskErrorKind};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

mod fixture_kit;

static MAIN: OnceLock<u32> = OnceLock::new();

/// Comes to grief as the first argument says, if this is a worker at the stage that the second says.
fn misfortune(stage: &str, marked: bool) -> bool {
    let mut words = env::args().skip(1);
    let (how, when) = (words.next().unwrap(), words.next().unwrap());
    if !marked || when != stage || *MAIN.get().unwrap() == id() {
        return false;
    }
    match &*how {
        "panic" => panic!("out of luck"),
        "exit" => exit(7),
        "abort" => abort(),
        "segv" => sys::crash(),
        "error" => {}
        how => unreachable!("{how}"),
    }
    true
}

#[derive(Debug)]
struct Argument(bool);

#[derive(Debug)]
struct Value(bool);

impl Serialize for Argument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let marked = bool::deserialize(deserializer)?;
        if misfortune("decode", marked) { Err(D::Error::custom("out of luck")) } else { Ok(Argument(marked)) }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if misfortune("encode", self.0) {
            return Err(serde::ser::Error::custom("out of luck"));
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        bool::deserialize(deserializer).map(Value)
    }
}

fn main() {
    MAIN.set(id()).unwrap();
    let chunk = env::args().nth(3).unwrap().parse().unwrap();
    let pool = Pool::builder().workers(2).start(|argument: Argument| {
        misfortune("body", argument.0);
        Value(argument.0)
    });
    let pool = pool.unwrap();
    for value in pool.imap((0..6).map(|n| Argument(n == 3))).chunk(chunk) {
        let Err(error) = value else {
            println!("ok");
            continue;
        };
        let index = error.index();
        match error.kind() {
            TaskErrorKind::Panicked(panic, stage) => println!("{index} panicked {stage:?} {}", panic.message()),
            TaskErrorKind::Died(exit, stage) => match exit.kind() {
                ExitKind::Exited(code) => println!("{index} exited {code} {stage:?}"),
                ExitKind::Signaled { signal, .. } => println!("{index} signal {signal} {stage:?}"),
                kind => println!("{index} {kind} {stage:?}"),
            },
            kind => println!("{index} {kind:?}"),
        }
    }
    // And it goes on.
    assert!(pool.map((0..100).map(|_| Argument(false))).is_ok_and(|values| values.len() == 100));
}
