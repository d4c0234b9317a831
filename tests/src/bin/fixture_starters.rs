//! Starts so many processes by the fork server as the second argument says, from eight threads at once: of rayon or of std, as
//! the first one says. None may be stuck. Silent and code 0 if all is as it should be.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use mp_runtime::process;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

const THREADS: u64 = 8;

/// A process that has no value by then is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// Now and then with threads of its own, which have nothing of its parent's.
#[process(start = forkserver)]
fn square(number: u64) -> u64 {
    if number.is_multiple_of(16) {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        return pool.install(|| (0..number).into_par_iter().map(|_| number).sum());
    }
    number * number
}

/// Starts one, and sees that it ends.
fn start(number: u64) {
    let child = square::spawn(number).unwrap();
    let value = child.join_timeout(PATIENCE).unwrap_or_else(|| panic!("process {number}, {}, is stuck", child.id()));
    assert_eq!(value.unwrap(), number * number);
}

fn from_rayon(count: u64) {
    let pool = ThreadPoolBuilder::new().num_threads(THREADS as usize).build().unwrap();
    pool.install(|| (0..count).into_par_iter().for_each(start));
}

fn from_threads(count: u64) {
    let next = AtomicU64::new(0);
    let work = || {
        while let number = next.fetch_add(1, Ordering::Relaxed)
            && number < count
        {
            start(number);
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(work))));
}

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let count = words[1].parse().unwrap();
    match &*words[0] {
        "rayon" => from_rayon(count),
        "threads" => from_threads(count),
        other => panic!("no threads of {other}"),
    }
}
