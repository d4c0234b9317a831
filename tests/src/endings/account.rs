//! Everything a parent is told about the end of a process, as text.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use mp_runtime::{Body, Builder, Child, Exit, ExitKind, active_children};

/// Starts a process, joins it, and says how that went: on one line, which is the same for each run.
///
/// What differs from run to run is checked here; the line ends with the list of what is wrong.
pub fn tell<B: Body<Value: Debug>>(builder: Builder<B>) -> String {
    let start = Instant::now();
    let child = match builder.spawn() {
        Ok(child) => child,
        Err(error) => {
            let (threaded, children) = (error.is_threaded(), active_children().len());
            return format!("refused | threaded {threaded}, children {children} | {error}");
        }
    };
    let id = child.id();
    let Some(result) = child.join_timeout(Duration::MAX) else { return "a join without a deadline gave up".to_owned() };
    let result = show(id, &result);
    let exit = child.exit().cloned();
    let doubts = doubts(child, &result, exit.as_ref(), start);
    let Some(exit) = exit else { return format!("no exit | {result} | wrong: {doubts:?}") };
    let (began, code, signal) = (exit.began(), exit.code(), exit.signal());
    let kind = kind(exit.kind());
    format!("{kind} | began {began}, code {code:?}, signal {signal:?} | {result} | wrong: {doubts:?}")
}

/// A result without the process id.
fn show(id: u32, result: &impl Debug) -> String {
    format!("{result:?}").replace(&format!("(pid {id})"), "(pid ID)")
}

/// What is not as it has to be, whatever the end. Joins the child once more.
fn doubts<T: Debug>(child: Child<T>, first: &str, exit: Option<&Exit>, start: Instant) -> Vec<&'static str> {
    let (name, id) = (child.name().to_owned(), child.id());
    let mut doubts = Vec::new();
    let mut wrong = |is: bool, what| {
        if is {
            doubts.push(what);
        }
    };
    wrong(child.is_alive(), "is alive");
    wrong(show(id, &child.join()) != first, "the second join");
    wrong(!active_children().is_empty(), "active children");
    if let Some(exit) = exit {
        wrong(exit.name() != name, "name");
        wrong(exit.id() != id || id == std::process::id(), "id");
        wrong(exit.run_time().is_zero() || exit.run_time() > start.elapsed(), "run time");
        wrong(exit.usage().is_none_or(|usage| usage.peak_memory == 0), "usage");
        wrong(exit.is_success() != (exit.kind() == &ExitKind::Returned), "success");
    }
    doubts
}

/// The kind, and whether there is a backtrace instead of that itself.
fn kind(kind: &ExitKind) -> String {
    let ExitKind::Panicked(panic) = kind else { return format!("{kind:?}") };
    let at = panic.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
    let backtrace = match panic.backtrace() {
        // Frames of std have names in every build.
        Some(text) if text.contains("panicking") => "whole",
        Some(_) => "odd",
        None => "none",
    };
    let (message, thread) = (panic.message(), panic.thread());
    format!("Panicked {message:?} at {at:?}, thread {thread:?}, backtrace {backtrace}")
}
