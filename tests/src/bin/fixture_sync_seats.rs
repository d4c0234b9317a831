//! What locks do that count who is in; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::ends::{LONG, MOMENT, at_once, join_all, kill, park, shows};
use fixture_kit::stepper::{self, Step};
use fixture_kit::{Gate, asleep, until};
use mp_runtime::sync::{Condvar, LockError, Mutex, RwLock, Semaphore};
use mp_runtime::{SharedBox, process};

mod fixture_kit;

#[process]
fn hold_to_write(lock: &RwLock<u32>) {
    let _guard = lock.write().unwrap();
    park();
}

#[process]
fn hold_to_read(lock: &RwLock<u32>) {
    let _guard = lock.read().unwrap();
    park();
}

#[process]
fn hold_permits(semaphore: &Semaphore, count: usize) {
    let _permits: Vec<_> = (0..count).map(|_| semaphore.acquire().unwrap()).collect();
    park();
}

#[process]
fn read_and_write(lock: &RwLock<[u64; 2]>, times: u64) {
    for time in 0..times {
        if time % 4 == 0 {
            let mut pair = lock.write().unwrap();
            pair[0] += 1;
            pair[1] += 1;
        } else {
            let pair = lock.read().unwrap();
            assert_eq!(pair[0], pair[1]);
        }
    }
}

#[process]
fn share_permits(semaphore: &Semaphore, inside: &SharedBox<AtomicU32>, most: &SharedBox<AtomicU32>) {
    for _ in 0..200 {
        let _permit = semaphore.acquire().unwrap();
        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::yield_now();
        inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[process]
fn take_a_seat(semaphore: &Semaphore, ready: &Gate, go: &Gate) {
    let _permit = semaphore.acquire().unwrap();
    ready.open(1);
    go.wait();
}

/// What has seats, and a mutex to wait with.
struct Seated {
    semaphore: Semaphore,
    lock: RwLock<u32>,
    changed: Condvar,
    mutex: Mutex<u32>,
}

impl Seated {
    /// Takes part in each, and lets go again.
    fn visit(&self) {
        drop(self.semaphore.acquire().unwrap());
        assert_eq!(*self.lock.read().unwrap(), 0);
        *self.lock.write().unwrap() = 0;
        drop(self.changed.wait_timeout(self.mutex.lock().unwrap(), Duration::ZERO).unwrap());
    }
}

#[process]
fn visit_twice(seated: &Seated, ready: &Gate, go: &Gate) {
    seated.visit();
    ready.open(1);
    go.wait();
    seated.visit();
}

/// Gives a permit back step by step.
#[process]
fn give_back(semaphore: &Semaphore, ready: &Gate, go: &Gate) {
    let permit = semaphore.acquire().unwrap();
    ready.open(1);
    go.wait();
    stepper::stepped(|| drop(permit));
}

/// Stops one that gives a permit back at a step, and tries to get the permit; whether it is free and not to be had.
fn is_kept_out(count: usize) -> Result<bool, usize> {
    let (semaphore, ready, go) = (Semaphore::new(1).unwrap(), Gate::new(), Gate::new());
    let child = give_back::spawn(&semaphore, &ready, &go).unwrap();
    ready.wait();
    // After one that has slept, giving back is a system call.
    assert!(semaphore.acquire_timeout(MOMENT).unwrap_err().is_timeout());
    go.open(1);
    stepper::reach(&child);
    let walked = stepper::walk(&child, Step::Syscall, count);
    let is_free = semaphore.available_permits() == 1;
    let tried = at_once(|| semaphore.try_acquire().map(drop));
    match walked {
        Ok(()) => drop(kill(child)),
        Err(_) => {
            stepper::release(&child);
            child.join().unwrap();
        }
    }
    // Whether that one was killed inside or not.
    drop(at_once(|| semaphore.acquire_timeout(LONG)).unwrap());
    walked.map(|()| is_free && tried.is_err_and(|error| error.is_timeout()))
}

#[process]
fn hold_all(mutexes: &[Mutex<u32>], gate: &Gate) {
    let guards: Vec<_> = mutexes.iter().map_while(|mutex| mutex.lock().ok()).collect();
    assert_eq!(guards.len(), 2000);
    let text = "this thread holds 2000 locks already; that is the most";
    assert_eq!(mutexes[2000].lock().unwrap_err().to_string(), text);
    // Others are not concerned, nor what has its own count.
    thread::scope(|scope| scope.spawn(|| drop(mutexes[2000].lock().unwrap())).join().unwrap());
    drop(Semaphore::new(1).unwrap().acquire().unwrap());
    gate.open(1);
    park();
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "rwlock-excludes" => {
            let lock = RwLock::new([0, 0]).unwrap();
            join_all([(); 4].map(|()| read_and_write::spawn(&lock, 4000).unwrap()));
            assert_eq!(*lock.read().unwrap(), [4000, 4000]);
            assert_eq!(format!("{lock:?}"), "RwLock { writer: None, readers: [], poisoned_by: None, .. }");
        }
        "rwlock-readers" => {
            let lock = RwLock::new(1).unwrap();
            let child = hold_to_read::spawn(&lock).unwrap();
            shows(&lock, &child);
            assert_eq!(*lock.read().unwrap(), 1);
            assert!(lock.try_write().unwrap_err().is_timeout());
            let start = Instant::now();
            assert!(lock.write_timeout(MOMENT).unwrap_err().is_timeout());
            assert!(start.elapsed() >= MOMENT);
            // The writer that gave up holds no reader up.
            assert_eq!(*at_once(|| lock.read_timeout(LONG)).unwrap(), 1);
            kill(child);
            *at_once(|| lock.write_timeout(LONG)).unwrap() = 2;
            assert!(!lock.is_poisoned());
        }
        "rwlock-dead-writer" => {
            let lock = RwLock::new(1).unwrap();
            let child = hold_to_write::spawn(&lock).unwrap();
            until(|| lock.writer().is_some());
            assert!(lock.try_read().unwrap_err().is_timeout());
            let killed = kill(child);
            let error = at_once(|| lock.read_timeout(LONG)).unwrap_err();
            assert_eq!(error.culprit().unwrap().id(), killed);
            drop(error);
            let guard = lock.write().or_else(LockError::recover).unwrap();
            lock.clear_poison();
            drop(guard);
            assert_eq!(*lock.read().unwrap(), 1);
        }
        "rwlock-death-while-waiting" => {
            let lock = RwLock::new(1).unwrap();
            let writer = hold_to_write::spawn(&lock).unwrap();
            until(|| lock.writer().is_some());
            // Two that wait: one to read, which is killed as well, and we.
            let reader = hold_to_read::spawn(&lock).unwrap();
            asleep(reader.id());
            thread::scope(|scope| {
                let us = scope.spawn(|| lock.write_timeout(LONG).unwrap_err().is_poisoned());
                kill(reader);
                kill(writer);
                assert!(at_once(|| us.join()).unwrap());
            });
        }
        "semaphore-bounds" => {
            let semaphore = Semaphore::new(2).unwrap();
            let [inside, most] = [(); 2].map(|()| SharedBox::new(AtomicU32::new(0)).unwrap());
            join_all([(); 4].map(|()| share_permits::spawn(&semaphore, &inside, &most).unwrap()));
            assert_eq!(most.load(Ordering::SeqCst), 2);
            assert_eq!(semaphore.available_permits(), 2);
            // As Python's test: 2, 1, 0, no, and back; and further than it began.
            let pair = [(); 2].map(|()| semaphore.try_acquire().unwrap());
            assert_eq!(semaphore.available_permits(), 0);
            assert!(semaphore.try_acquire().unwrap_err().is_timeout());
            assert!(semaphore.acquire_timeout(MOMENT).unwrap_err().is_timeout());
            drop(pair);
            semaphore.add_permits(5002);
            assert_eq!(semaphore.available_permits(), 5004);
        }
        "semaphore-dead-holder" => {
            let semaphore = Semaphore::new(3).unwrap();
            let child = hold_permits::spawn(&semaphore, 3).unwrap();
            until(|| semaphore.available_permits() == 0);
            assert!(format!("{semaphore:?}").contains("[(`hold_permits` (pid"));
            thread::scope(|scope| {
                let waits = || semaphore.acquire_timeout(LONG).map(|permit| permit.forget());
                let waiting = [(); 2].map(|()| scope.spawn(waits));
                kill(child);
                at_once(|| waiting.into_iter().for_each(|thread| thread.join().unwrap().unwrap()));
            });
            assert_eq!(semaphore.available_permits(), 1);
            let child = hold_permits::spawn(&semaphore, 1).unwrap();
            until(|| semaphore.available_permits() == 0);
            let killed = kill(child);
            assert_eq!(semaphore.try_acquire().unwrap().recovered_from().unwrap().id(), killed);
            assert!(semaphore.try_acquire().unwrap().recovered_from().is_none());
        }
        "semaphore-full" => {
            let semaphore = Semaphore::new(1000).unwrap();
            let (ready, go) = (Gate::new(), Gate::new());
            let mut children: Vec<_> = (0..120).map(|_| take_a_seat::spawn(&semaphore, &ready, &go).unwrap()).collect();
            children.iter().for_each(|_| ready.wait());
            let error = semaphore.acquire().unwrap_err();
            assert!(error.is_full(), "{error}");
            // The seat of one that has ended is free.
            let killed = kill(children.pop().unwrap());
            assert_eq!(semaphore.available_permits(), 880);
            assert_eq!(semaphore.acquire().unwrap().recovered_from().unwrap().id(), killed);
            assert_eq!(semaphore.available_permits(), 881);
            go.open(children.len());
            join_all(children);
        }
        "semaphore-tried-beside-one-that-is-stopped" => {
            let kept_out: Vec<_> = (0..).map_while(|count| is_kept_out(count).ok()).collect();
            assert!(kept_out.contains(&true), "{kept_out:?}");
        }
        "many-mutexes" => {
            // A descriptor for each.
            fixture_kit::sys::limit_fds(4096);
            let mutexes: Vec<_> = (0..2100).map(|_| Mutex::new(0).unwrap()).collect();
            let gate = Gate::new();
            let child = hold_all::spawn(&mutexes, &gate).unwrap();
            gate.wait();
            kill(child);
            // The kernel has handed on each.
            assert!(mutexes[..2000].iter().all(|mutex| mutex.try_lock().unwrap_err().is_poisoned()));
            assert!(mutexes[2000..].iter().all(|mutex| mutex.try_lock().is_ok()));
        }
        "seats-of-the-idle" => {
            let (semaphore, lock) = (Semaphore::new(1).unwrap(), RwLock::new(0).unwrap());
            let (changed, mutex) = (Condvar::new().unwrap(), Mutex::new(0).unwrap());
            let seated = Seated { semaphore, lock, changed, mutex };
            let (ready, go) = (Gate::new(), Gate::new());
            let children: Vec<_> = (0..120).map(|_| visit_twice::spawn(&seated, &ready, &go).unwrap()).collect();
            children.iter().for_each(|_| ready.wait());
            // All live, and hold nothing.
            seated.visit();
            go.open(children.len());
            join_all(children);
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
