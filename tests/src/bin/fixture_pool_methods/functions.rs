//! What the functions of the pools need.

use std::process::{abort, exit};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use mp_runtime::SharedSlice;
use nix::sys::signal::{Signal, raise};

use crate::fixture_kit::pass;

pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) type Counters = SharedSlice<AtomicU32>;

pub(crate) fn counters(count: usize) -> (Counters, Counters) {
    let counters = Counters::zeroed(count).unwrap();
    (counters.try_clone().unwrap(), counters)
}

/// In the place of its initialiser, where a state is what is given.
pub(crate) fn again(counters: &Counters) -> Counters {
    counters.try_clone().unwrap()
}

pub(crate) fn nap(millis: u64) -> u64 {
    pass(Duration::from_millis(millis));
    millis
}

pub(crate) fn ends(n: u64) -> u64 {
    match n % 20 {
        3 => abort(),
        7 => exit(7),
        11 => raise(Signal::SIGKILL).unwrap(),
        15 => panic!("no {n}"),
        _ => {}
    }
    n
}
