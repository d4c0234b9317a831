//! What is stepped through, and what others do meanwhile.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use mp_runtime::sync::{Barrier, Condvar, Event, LockError, Mutex, Once, RwLock, Semaphore};
use mp_runtime::{SharedBox, process};

use super::fixture_kit::ends::LONG;
use super::fixture_kit::stepper;

pub(crate) type Counts = SharedBox<[AtomicU32; 2]>;

#[process]
pub(crate) fn change(mutex: &Mutex<[u32; 2]>, stepped: bool) -> bool {
    step(stepped, || {
        let answer = mutex.lock();
        let warned = answer.is_err();
        let mut pair = answer.or_else(LockError::recover).unwrap();
        pair[0] += 1;
        pair[1] += 1;
        warned
    })
}

#[process]
pub(crate) fn write(lock: &RwLock<[u32; 2]>, stepped: bool) -> bool {
    step(stepped, || {
        let answer = lock.write_timeout(LONG);
        let warned = answer.is_err();
        let mut pair = answer.or_else(LockError::recover).unwrap();
        pair[0] += 1;
        pair[1] += 1;
        warned
    })
}

#[process]
pub(crate) fn read(lock: &RwLock<[u32; 2]>, stepped: bool) -> bool {
    step(stepped, || {
        let answer = lock.read_timeout(LONG);
        let warned = answer.is_err();
        let pair = answer.or_else(LockError::recover).unwrap();
        warned || pair[0] == pair[1]
    })
}

#[process]
pub(crate) fn acquire(semaphore: &Semaphore, stepped: bool) {
    step(stepped, || drop(semaphore.acquire_timeout(LONG).unwrap()));
}

/// Adds a permit, or takes one for ever.
#[process]
pub(crate) fn signal(semaphore: &Semaphore, adds: bool, stepped: bool) {
    step(stepped, || match adds {
        true => semaphore.add_permits(1),
        false => semaphore.acquire_timeout(LONG).unwrap().forget(),
    });
}

/// Comes twice: the first time not stepped, so that it is known and waited for.
#[process]
pub(crate) fn come(barrier: &Barrier, stepped: bool) -> bool {
    barrier.wait().unwrap();
    step(stepped, || match barrier.wait_timeout(LONG) {
        Ok(_) => true,
        Err(error) if error.is_broken() => false,
        Err(error) => panic!("{error}"),
    })
}

/// Takes one of what there is.
#[process]
pub(crate) fn consume(items: &Mutex<u32>, changed: &Condvar, taken: &SharedBox<AtomicU32>, stepped: bool) {
    step(stepped, || {
        let mut items = items.lock().or_else(LockError::recover).unwrap();
        while *items == 0 {
            items = changed.wait(items).or_else(LockError::recover).unwrap();
        }
        taken.fetch_add(1, Ordering::SeqCst);
        *items = 0;
    });
}

#[process]
pub(crate) fn produce(items: &Mutex<u32>, changed: &Condvar) {
    step(true, || {
        *items.lock().or_else(LockError::recover).unwrap() = 1;
        changed.notify_one();
    });
}

/// Sees that there always is one, and tells of each once.
#[process]
pub(crate) fn feed(items: &Mutex<u32>, changed: &Condvar, over: &SharedBox<AtomicU32>) {
    while over.load(Ordering::SeqCst) == 0 {
        let mut items = items.lock().or_else(LockError::recover).unwrap();
        if *items == 0 {
            *items = 1;
            changed.notify_one();
        }
        drop(items);
        thread::yield_now();
    }
}

#[process]
pub(crate) fn set(event: &Event, stepped: bool) {
    step(stepped, || event.set());
}

#[process]
pub(crate) fn wait(event: &Event, stepped: bool) {
    step(stepped, || assert!(event.wait_timeout(LONG)));
}

#[process]
pub(crate) fn begin(once: &Once, counts: &Counts, stepped: bool) {
    step(stepped, || {
        let work = || {
            counts[0].fetch_add(1, Ordering::SeqCst);
            counts[1].fetch_add(1, Ordering::SeqCst);
        };
        once.call_once_timeout(LONG, |_| work()).unwrap();
    });
}

fn step<T>(stepped: bool, act: impl FnOnce() -> T) -> T {
    if !stepped {
        return act();
    }
    // What a process does at its first lock only would be most of the steps.
    drop(Mutex::new(0).unwrap().lock().unwrap());
    drop(RwLock::new(0).unwrap().write_timeout(LONG).unwrap());
    stepper::stepped(act)
}
