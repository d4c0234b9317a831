//! How processes wait for each other; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::process::id;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use fixture_kit::ends::{LONG, MOMENT, at_once, join_all, kill, park, shows};
use fixture_kit::{Gate, pid, stat, until};
use mp_runtime::sync::{Barrier, Condvar, Mutex};
use mp_runtime::{SharedBox, SharedSlice, process};
use nix::sys::signal::{self, Signal};

mod fixture_kit;

#[process]
fn hold(mutex: &Mutex<u32>) {
    let _guard = mutex.lock().unwrap();
    park();
}

#[process]
fn come(barrier: &Barrier) -> Result<bool, String> {
    barrier.wait().map(|result| result.is_leader()).map_err(|error| error.to_string())
}

#[process]
fn come_and_stay(barrier: &Barrier, gate: &Gate) {
    barrier.wait().unwrap();
    gate.wait();
}

#[process]
fn come_often(barrier: &Barrier, sums: &SharedSlice<AtomicU32>, leaders: &SharedBox<AtomicU32>) {
    for sum in sums.iter() {
        sum.fetch_add(1, Ordering::Relaxed);
        if barrier.wait().unwrap().is_leader() {
            leaders.fetch_add(1, Ordering::Relaxed);
        }
        assert_eq!(sum.load(Ordering::Relaxed), barrier.parties());
    }
}

#[process]
fn consume(items: &Mutex<u32>, changed: &Condvar) {
    let mut items = changed.wait_while(items.lock().unwrap(), |items| *items == 0).unwrap();
    *items -= 1;
}

/// Whether it was told of a dead holder.
#[process]
fn consume_or_learn(items: &Mutex<u32>, changed: &Condvar) -> bool {
    changed.wait_while(items.lock().unwrap(), |items| *items == 0).is_err_and(|error| error.is_poisoned())
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "h1" => {
            // The other has waited, and was killed, before we come.
            let barrier = Barrier::new(2).unwrap();
            let child = come::spawn(&barrier).unwrap();
            shows(&barrier, &child);
            let killed = kill(child);
            let error = at_once(|| barrier.wait_timeout(LONG)).unwrap_err();
            assert_eq!((error.is_broken(), error.culprit().unwrap().id()), (true, killed));
            // It is killed while another waits.
            let barrier = Barrier::new(3).unwrap();
            let [first, second] = [(); 2].map(|()| come::spawn(&barrier).unwrap());
            shows(&barrier, &first);
            shows(&barrier, &second);
            let killed = kill(first);
            let told = at_once(|| second.join()).unwrap_err().exit().unwrap().to_string();
            let expected = format!("broken, for process `come` (pid {killed}) has ended; `reset` makes it new");
            assert!(told.ends_with(&expected), "{told}");
        }
        "h2" => {
            for notify in [Condvar::notify_one, Condvar::notify_all] {
                let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
                let child = consume::spawn(&items, &changed).unwrap();
                shows(&changed, &child);
                kill(child);
                at_once(|| (0..10).for_each(|_| notify(&changed)));
            }
        }
        "barrier-rounds" => {
            let (barrier, sums) = (Barrier::new(5).unwrap(), SharedSlice::zeroed(1000).unwrap());
            let leaders = SharedBox::new(AtomicU32::new(0)).unwrap();
            join_all([(); 5].map(|()| come_often::spawn(&barrier, &sums, &leaders).unwrap()));
            assert_eq!(leaders.load(Ordering::Relaxed), 1000);
        }
        "barrier-dead-member" => {
            // The other was here once, and dies elsewhere: who waits for it is told.
            let (barrier, gate) = (Barrier::new(2).unwrap(), Gate::new());
            let child = come_and_stay::spawn(&barrier, &gate).unwrap();
            barrier.wait().unwrap();
            let killed = thread::scope(|scope| {
                let us = scope.spawn(|| barrier.wait_timeout(LONG).unwrap_err().culprit().unwrap().id());
                until(|| format!("{barrier:?}").contains(&format!("(pid {})", id())));
                let killed = kill(child);
                assert_eq!(at_once(|| us.join()).unwrap(), killed);
                killed
            });
            // All that come are told, until it is reset.
            assert_eq!(barrier.wait().unwrap_err().culprit().unwrap().id(), killed);
            barrier.reset();
            let child = come::spawn(&barrier).unwrap();
            barrier.wait_timeout(LONG).unwrap();
            child.join().unwrap();
        }
        "barrier-newcomers" => {
            let barrier = Barrier::new(2).unwrap();
            for _ in 0..3 {
                let leaders = join_all([(); 2].map(|()| come::spawn(&barrier).unwrap()));
                assert_eq!(leaders.into_iter().filter(|leads| *leads).count(), 1);
            }
        }
        "barrier-abort-and-reset" => {
            let barrier = Barrier::new(3).unwrap();
            for end in [Barrier::abort, Barrier::reset] {
                let pair = [(); 2].map(|()| come::spawn(&barrier).unwrap());
                pair.iter().for_each(|child| shows(&barrier, child));
                end(&barrier);
                let told = "failed: the barrier is broken; `reset` makes it new";
                pair.into_iter().for_each(|child| assert!(child.join().unwrap_err().to_string().ends_with(told)));
                barrier.reset();
            }
            let pair = [(); 2].map(|()| come::spawn(&barrier).unwrap());
            barrier.wait_timeout(LONG).unwrap();
            join_all(pair);
            // One that is late breaks it for the others.
            let child = come::spawn(&barrier).unwrap();
            shows(&barrier, &child);
            assert!(barrier.wait_timeout(MOMENT).unwrap_err().is_timeout());
            child.join().unwrap_err();
        }
        "condvar-notify" => {
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let children = [(); 6].map(|()| consume::spawn(&items, &changed).unwrap());
            children.iter().for_each(|child| shows(&changed, child));
            let left = || children.iter().filter(|child| child.is_alive()).count();
            for (give, expected) in [(2, 4), (4, 0)] {
                *items.lock().unwrap() += give;
                (0..give).for_each(|_| changed.notify_one());
                until(|| left() == expected);
                assert_eq!(*items.lock().unwrap(), 0);
            }
            join_all(children);
            assert_eq!(format!("{changed:?}"), "Condvar { waiting: [], .. }");
            let start = Instant::now();
            let (guard, given) =
                changed.wait_timeout_while(items.lock().unwrap(), MOMENT, |items| *items == 0).unwrap();
            assert!(!given && start.elapsed() >= MOMENT && *guard == 0);
        }
        "condvar-dead-waiter" => {
            // Stopped, so that it is notified and cannot act; then killed. The other gets what there is.
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let first = consume::spawn(&items, &changed).unwrap();
            // Asleep: of those that sleep, the first is woken first.
            until(|| format!("{changed:?}").contains("consume") && stat(first.id()).unwrap().0 == 'S');
            let second = consume::spawn(&items, &changed).unwrap();
            shows(&changed, &second);
            signal::kill(pid(first.id()), Signal::SIGSTOP).unwrap();
            until(|| stat(first.id()).unwrap().0 == 'T');
            *items.lock().unwrap() += 1;
            changed.notify_one();
            kill(first);
            at_once(|| second.join()).unwrap();
            assert_eq!(*items.lock().unwrap(), 0);
        }
        "condvar-dead-holder" => {
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let waits = consume_or_learn::spawn(&items, &changed).unwrap();
            shows(&changed, &waits);
            let child = hold::spawn(&items).unwrap();
            until(|| items.holder().is_some_and(|holder| holder.id() == child.id()));
            kill(child);
            assert!(at_once(|| waits.join()).unwrap());
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
