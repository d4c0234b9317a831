//! What locks do when a process is killed at one moment of them; the first argument names a scene. Silent and code 0 if all
//! is as it should be.

use std::{env, thread};

use fixture_kit::ends::{LONG, MOMENT, at_once, kill, park, shows};
use fixture_kit::sys::limit_fds;
use fixture_kit::{Gate, ended, limit_for, until};
use fixture_kit::{asleep, stepper};
use mp_runtime::sync::{Condvar, Mutex, Semaphore};
use mp_runtime::{Child, process};

mod fixture_kit;

/// Has the lock, and releases it step by step.
#[process]
fn release(mutex: &Mutex<u32>, ready: &Gate, go: &Gate) {
    let guard = mutex.lock().unwrap();
    ready.open(1);
    go.wait();
    stepper::stepped(|| drop(guard));
}

#[process]
fn take(mutex: &Mutex<u32>, for_ever: bool) -> bool {
    if for_ever { mutex.lock().is_ok() } else { mutex.lock_timeout(LONG).is_ok() }
}

#[process]
fn hold_permit(semaphore: &Semaphore) {
    let _permit = semaphore.acquire().unwrap();
    park();
}

/// Makes an item, and tells of it, step by step.
#[process]
fn produce(items: &Mutex<u32>, changed: &Condvar) {
    stepper::stepped(|| {
        *items.lock().unwrap() += 1;
        changed.notify_one();
    });
}

#[process]
fn consume(items: &Mutex<u32>, changed: &Condvar) {
    let mut items = changed.wait_while(items.lock().unwrap(), |items| *items == 0).unwrap();
    *items -= 1;
}

/// Waits for nothing, step by step.
#[process]
fn wait_in_steps(mutex: &Mutex<u32>, changed: &Condvar) {
    // It finds out who it is before it is stepped.
    drop(mutex.lock().unwrap());
    stepper::stepped(|| drop(changed.wait_timeout(mutex.lock().unwrap(), LONG).unwrap()));
}

/// Lets the child run up to where it wakes some that sleep on a word, by this operation.
fn walk_to_wake<T>(child: &Child<T>, wake: i32) {
    let wakes = |number, [_, operation, ..]: [u64; 6]| {
        number == libc::SYS_futex && operation as i32 & libc::FUTEX_CMD_MASK == wake
    };
    stepper::reach(child);
    stepper::walk_to(child, wakes);
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "death-of-one-that-wakes" => {
            for for_ever in [true, false] {
                let (mutex, ready, go) = (Mutex::new(0).unwrap(), Gate::new(), Gate::new());
                let victim = release::spawn(&mutex, &ready, &go).unwrap();
                ready.wait();
                let waits = take::spawn(&mutex, for_ever).unwrap();
                asleep(waits.id());
                go.open(1);
                walk_to_wake(&victim, libc::FUTEX_WAKE);
                // The lock is free, and nobody woken. We take it, and do not know that somebody sleeps.
                let guard = mutex.try_lock().unwrap();
                kill(victim);
                drop(guard);
                assert!(at_once(|| waits.join()).unwrap());
            }
        }
        "death-of-one-that-was-to-notify" => {
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let waits = consume::spawn(&items, &changed).unwrap();
            shows(&changed, &waits);
            let victim = produce::spawn(&items, &changed).unwrap();
            walk_to_wake(&victim, libc::FUTEX_WAKE_OP);
            kill(victim);
            // The last that has had the lock is one that lives.
            drop(items.lock().unwrap());
            at_once(|| waits.join()).unwrap();
        }
        "death-that-does-not-come" => {
            let [ours, theirs, third] = [(); 3].map(|()| Mutex::new(0).unwrap());
            let changed = Condvar::new().unwrap();
            let victim = wait_in_steps::spawn(&theirs, &changed).unwrap();
            thread::scope(|scope| {
                let us = scope.spawn(|| changed.wait_timeout(ours.lock().unwrap(), LONG / 5).unwrap().1);
                until(|| !format!("{changed:?}").contains("[]"));
                stepper::reach(&victim);
                // It looks whether we are alive: nobody else comes in.
                stepper::walk_to(&victim, |number, _| number == libc::SYS_pidfd_open);
                // One that has just come, and one that has waited since before.
                assert!(!at_once(|| changed.wait_timeout(third.lock().unwrap(), MOMENT)).unwrap().1);
                assert!(!at_once(|| us.join()).unwrap());
                kill(victim);
            });
            // What they have left behind does no harm.
            at_once(|| changed.notify_all());
            drop(at_once(|| changed.wait_timeout(ours.lock().unwrap(), MOMENT)).unwrap());
        }
        "death-unseen-by-descriptor" => {
            let semaphore = Semaphore::new(1).unwrap();
            let child = hold_permit::spawn(&semaphore).unwrap();
            until(|| semaphore.available_permits() == 0);
            child.kill().unwrap();
            // Dead and not reaped: its id is not free.
            ended(child.id());
            let before = limit_fds(limit_for(0));
            let permit = semaphore.acquire_timeout(LONG);
            limit_fds(before);
            assert_eq!(permit.unwrap().recovered_from().unwrap().id(), child.id());
            drop(child);
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
