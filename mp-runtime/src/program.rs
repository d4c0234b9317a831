//! What `mp_main!` runs on: entries are started in order, `fn main` runs, everything is brought to its end.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use crate::error::SpawnError;
use crate::process::body::Body;
use crate::process::builder::Builder;
use crate::process::ending::{self, Order};
use crate::process::guarantees::{Rung, guarantees};
use crate::process::handle::Child;
use crate::process::isolation::isolate;
use crate::process::{registry, stopping};

/// A program while its entries are started.
#[derive(Debug)]
pub struct Program(());

/// Something that `mp_main!` can start.
#[diagnostic::on_unimplemented(
    message = "this is not a process function",
    label = "no `#[process]` on this function",
    note = "`mp_main!` starts functions marked `#[process]`: mark it, or call it in `fn main`"
)]
pub trait Start {
    /// What its function gives.
    type Value;

    /// Starts it under the label `label`, or under its own name.
    fn start_entry(self, label: Option<&str>, replica: Option<usize>) -> Result<Child<Self::Value>, SpawnError>;
}

#[diagnostic::do_not_recommend]
impl<B: Body> Start for Builder<B> {
    type Value = B::Value;

    fn start_entry(mut self, label: Option<&str>, replica: Option<usize>) -> Result<Child<B::Value>, SpawnError> {
        if let Some(label) = label {
            self = match replica {
                Some(index) => self.name(format!("{label}.{index}")).replica(index),
                None => self.name(label),
            };
        }
        self.spawn()
    }
}

/// What the call of a function gives that is not marked `#[process]`: see `__private::unmarked`.
#[derive(Debug)]
pub struct PlainFunction(pub(crate) ());

impl Program {
    /// Starts an entry that has no label of its own.
    pub fn start<S: Start>(&mut self, entry: S) -> Result<Child<S::Value>, SpawnError> {
        entry.start_entry(None, None)
    }

    /// Starts an entry that has one: it is the name of the process.
    pub fn start_as<S: Start>(&mut self, label: &str, entry: S) -> Result<Child<S::Value>, SpawnError> {
        entry.start_entry(Some(label), None)
    }

    /// Starts `count` replicas of an entry, `label.0` to `label.{count - 1}`.
    pub fn replicas<S: Start>(
        &mut self,
        label: &str,
        count: usize,
        mut entry: impl FnMut() -> S,
    ) -> Result<Vec<Child<S::Value>>, SpawnError> {
        (0..count).map(|index| entry().start_entry(Some(label), Some(index))).collect()
    }
}

/// Runs a program: `run` starts its entries and then is its `fn main`.
///
/// The exit code is that of the first failure: an entry that could not be started (1), a panic of `fn main` (101),
/// a code other than 0 that it returned, or the end of a process that nobody joined. 0 if there was none.
///
/// Meanwhile the signals that are meant for the whole program are attended to, see `stopping`.
///
/// After an entry that could not be started, and after a panic, the processes are stopped and not waited for.
pub fn program(run: impl FnOnce(&mut Program) -> Result<ExitCode, SpawnError>) -> ExitCode {
    program_that_requires(&[], run)
}

/// As [`program`]; where one of `rungs` is not in force, nothing is started, a line says why, and the code is 1.
pub fn program_that_requires(
    rungs: &[Rung],
    run: impl FnOnce(&mut Program) -> Result<ExitCode, SpawnError>,
) -> ExitCode {
    let _attention = stopping::attend();
    if let Err(error) = guarantees().require(rungs) {
        ending::say(&format_args!("this program was not started: {error}"));
        return ExitCode::FAILURE;
    }
    let ended = panic::catch_unwind(AssertUnwindSafe(|| run(&mut Program(()))));
    let main = match ended {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            ending::say(&error);
            ending::conclude_ended(); // those came first
            registry::lock().fail(1);
            ending::stop_all();
            ExitCode::SUCCESS
        }
        Err(payload) => {
            forget(payload);
            ending::conclude_ended();
            registry::lock().fail(101);
            ending::stop_all();
            ExitCode::SUCCESS
        }
    };
    ending::finish(Order::DaemonsLast);
    match registry::lock().first_failure() {
        Some(code) if main == ExitCode::SUCCESS => ExitCode::from(code),
        _ => main,
    }
}

/// As [`program_that_requires`], in a PID namespace of its own.
pub fn isolated_program(rungs: &[Rung], run: impl FnOnce(&mut Program) -> Result<ExitCode, SpawnError>) -> ExitCode {
    match isolate() {
        Ok(()) => program_that_requires(rungs, run),
        Err(error) => {
            ending::say(&format_args!("this program was not started: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Drops no payload: its destructor might panic. The hook has printed its message.
fn forget(payload: Box<dyn Any + Send>) {
    std::mem::forget(payload);
}
