//! Races of a pool that are lost on purpose: a tracer holds its program just before it stops a worker for the sake of an item,
//! until the worker is at another. The first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::process::id;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, stepper};
use mp_runtime::{Pool, spawn};

mod fixture_kit;

/// Of each of two items: the gate by which it tells that it has begun, and the one at which it waits then.
type Gates = [[Gate; 2]; 2];

/// Runs `scene` in a process that is held before it stops the worker. Meanwhile the first item is finished, and the second begun.
fn held(scene: fn(&Gates)) {
    let gates: Gates = [(); 2].map(|()| [Gate::new(), Gate::new()]);
    let owner = spawn(|| {
        stepper::begin();
        scene(&gates);
    });
    let owner = owner.unwrap();
    stepper::reach(&owner);
    let stops = |number, given: [u64; 6]| number == libc::SYS_pidfd_send_signal && given[1] == libc::SIGSTOP as u64;
    stepper::walk_to(&owner, stops);
    let [[_, first], [begun, _]] = &gates;
    first.open(1);
    begun.wait();
    stepper::release(&owner);
    owner.join().unwrap();
}

fn pool(gates: &Gates) -> Pool<'_, usize, (usize, u32)> {
    let work = |n: usize| {
        let [begun, go] = &gates[n];
        begun.open(1);
        go.wait();
        (n, id())
    };
    Pool::builder().workers(1).start(work).unwrap()
}

/// The task is done before its worker can be stopped; who cancels it learns that, and the one that has begun meanwhile is done.
fn cancel(gates: &Gates) {
    let pool = pool(gates);
    let (first, second) = (pool.submit(0), pool.submit(1));
    gates[0][0].wait();
    assert!(!first.cancel());
    gates[1][1].open(1);
    let ((one, worker), two) = (first.join().unwrap(), second.join().unwrap());
    assert_eq!((one, two, pool.stats().restarts), (0, (1, worker), 0));
}

/// The same of a task that has taken too long, as its pool believes.
fn limit(gates: &Gates) {
    let begin = Instant::now();
    let pool = pool(gates);
    let limit = Duration::from_millis(50);
    let (first, second) = (pool.task(0).timeout(limit).submit(), pool.submit(1));
    let (one, worker) = first.join().unwrap();
    assert!(begin.elapsed() >= limit);
    gates[1][1].open(1);
    assert_eq!((one, second.join().unwrap(), pool.stats().restarts), (0, (1, worker), 0));
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "cancel" => held(cancel),
        "limit" => held(limit),
        scene => panic!("no scene `{scene}`"),
    }
}
