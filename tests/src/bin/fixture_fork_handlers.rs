//! A program with fork handlers, which ask who they run in. Silent and code 0 if all is right.

use std::sync::atomic::Ordering;

use fixture_kit::{fork_handlers, sys};
use mp_runtime::process;

mod fixture_kit;

#[process]
fn handled() -> usize {
    sys::HANDLED.load(Ordering::Relaxed)
}

fn main() {
    fork_handlers::name_processes_in_fork_handlers();
    // Before the fork, and after it in the child; the handler in the parent has no part in what the child counts.
    assert_eq!(handled::spawn().unwrap().join().unwrap(), 2);
}
