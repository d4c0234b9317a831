//! Kills one process at each step of what it does with a lock, and sees that the others get what they wait for.
//!
//! Arguments: the scene; `syscalls`, for all of them, or `instructions`, drawn at random; for how many seconds these.
//! Prints how many points there were. A hang is for the runner's deadline to find.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use fixture_kit::ends::{self, LONG};
use fixture_kit::stepper::{self, Step};
use mp_runtime::sync::{Barrier, Condvar, Event, LockError, Mutex, Once, RwLock, Semaphore};
use mp_runtime::{Child, SharedBox};
use victims::{Counts, acquire, begin, change, come, consume, feed, produce, read, set, signal, wait, write};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod victims;

/// Where a process is killed.
#[derive(Clone, Copy)]
struct Point {
    step: Step,
    count: usize,
}

impl Point {
    /// Walks the victim to the point, and kills it; the number of steps there were, if it was through before.
    fn kill<T>(self, victim: Child<T>) -> Result<(), usize> {
        let walked = stepper::walk(&victim, self.step, self.count);
        match walked {
            Ok(()) => drop(ends::kill(victim)),
            Err(_) => {
                stepper::release(&victim);
                drop(victim.join().unwrap());
            }
        }
        walked
    }
}

/// Walks a victim, beside others, and asserts that these get what they wait for.
fn scene(name: &str, point: Point) -> Result<(), usize> {
    match name {
        "mutex" => {
            let mutex = Mutex::new([0; 2]).unwrap();
            let victim = reached(change::spawn(&mutex, true).unwrap());
            let survivor = change::spawn(&mutex, false).unwrap();
            let walked = point.kill(victim);
            let warned = ends::at_once(|| survivor.join()).unwrap();
            let answer = mutex.lock_timeout(LONG);
            let warned = warned | answer.is_err();
            let pair = answer.or_else(LockError::recover).unwrap();
            assert!(walked.is_ok() || !warned);
            assert!(warned && pair[1] >= 1 || pair[0] == pair[1], "{pair:?}");
            walked
        }
        "rwlock-write" => {
            let lock = RwLock::new([0; 2]).unwrap();
            let victim = reached(write::spawn(&lock, true).unwrap());
            let survivors = [write::spawn(&lock, false).unwrap(), read::spawn(&lock, false).unwrap()];
            let walked = point.kill(victim);
            let [writer, reader] = survivors.map(|survivor| survivor.join().unwrap());
            assert!(reader, "half a change, and no warning");
            let answer = lock.read_timeout(LONG);
            let warned = writer | answer.is_err();
            let pair = answer.or_else(LockError::recover).unwrap();
            assert!(walked.is_ok() || !warned);
            assert!(warned && pair[1] >= 1 || pair[0] == pair[1], "{pair:?}");
            walked
        }
        "rwlock-read" => {
            let lock = RwLock::new([0; 2]).unwrap();
            let victim = reached(read::spawn(&lock, true).unwrap());
            let survivor = write::spawn(&lock, false).unwrap();
            let walked = point.kill(victim);
            assert!(!ends::at_once(|| survivor.join()).unwrap() && !lock.is_poisoned());
            assert_eq!(*lock.write_timeout(LONG).unwrap(), [1, 1]);
            walked
        }
        "semaphore" => {
            let semaphore = Semaphore::new(1).unwrap();
            let victim = reached(acquire::spawn(&semaphore, true).unwrap());
            let survivor = acquire::spawn(&semaphore, false).unwrap();
            let walked = point.kill(victim);
            ends::at_once(|| survivor.join()).unwrap();
            drop(semaphore.acquire_timeout(LONG).unwrap());
            assert_eq!(semaphore.available_permits(), 1);
            walked
        }
        "semaphore-add" => {
            let semaphore = Semaphore::new(0).unwrap();
            let survivor = signal::spawn(&semaphore, false, false).unwrap();
            let walked = point.kill(reached(signal::spawn(&semaphore, true, true).unwrap()));
            // What was added before it was killed needs no help.
            if walked.is_ok() && semaphore.available_permits() == 0 {
                semaphore.add_permits(1);
            }
            ends::at_once(|| survivor.join()).unwrap();
            assert!(semaphore.available_permits() <= u32::from(walked.is_ok()));
            walked
        }
        "semaphore-forget" => {
            let semaphore = Semaphore::new(2).unwrap();
            let victim = reached(signal::spawn(&semaphore, false, true).unwrap());
            let survivor = acquire::spawn(&semaphore, false).unwrap();
            let walked = point.kill(victim);
            ends::at_once(|| survivor.join()).unwrap();
            // What a process has begun to forget is gone or free, and nothing else is.
            let permits: Vec<_> = std::iter::from_fn(|| semaphore.try_acquire().ok()).collect();
            assert!(permits.len() == 1 || permits.len() == 2 && walked.is_ok(), "{permits:?}");
            walked
        }
        "barrier" => {
            let barrier = Barrier::new(2).unwrap();
            let survivor = come::spawn(&barrier, false).unwrap();
            let walked = point.kill(reached(come::spawn(&barrier, true).unwrap()));
            let passed = ends::at_once(|| survivor.join()).unwrap();
            assert!(passed || walked.is_ok());
            walked
        }
        "condvar-waiter" => {
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let [taken, over] = [(); 2].map(|()| SharedBox::new(AtomicU32::new(0)).unwrap());
            let victim = reached(consume::spawn(&items, &changed, &taken, true).unwrap());
            let survivor = consume::spawn(&items, &changed, &taken, false).unwrap();
            let feeder = feed::spawn(&items, &changed, &over).unwrap();
            let walked = point.kill(victim);
            ends::at_once(|| survivor.join()).unwrap();
            over.store(1, Ordering::SeqCst);
            feeder.join().unwrap();
            assert!(taken.load(Ordering::SeqCst) > u32::from(walked.is_err()));
            walked
        }
        "condvar-notifier" => {
            let (items, changed) = (Mutex::new(0).unwrap(), Condvar::new().unwrap());
            let taken = SharedBox::new(AtomicU32::new(0)).unwrap();
            let survivor = consume::spawn(&items, &changed, &taken, false).unwrap();
            ends::shows(&changed, &survivor);
            let walked = point.kill(reached(produce::spawn(&items, &changed).unwrap()));
            // What there is when it was killed needs no notification.
            let mut left = items.lock().or_else(LockError::recover).unwrap();
            if walked.is_ok() && *left == 0 {
                *left = 1;
                changed.notify_one();
            }
            drop(left);
            ends::at_once(|| survivor.join()).unwrap();
            walked
        }
        "event-setter" => {
            let event = Event::new().unwrap();
            let survivor = wait::spawn(&event, false).unwrap();
            let walked = point.kill(reached(set::spawn(&event, true).unwrap()));
            // Once it is set, whoever waits is awake.
            if !event.is_set() {
                assert!(walked.is_ok());
                event.set();
            }
            ends::at_once(|| survivor.join()).unwrap();
            walked
        }
        "event-waiter" => {
            let event = Event::new().unwrap();
            let victim = reached(wait::spawn(&event, true).unwrap());
            let survivor = wait::spawn(&event, false).unwrap();
            let setter = set::spawn(&event, false).unwrap();
            let walked = point.kill(victim);
            ends::at_once(|| survivor.join()).unwrap();
            setter.join().unwrap();
            walked
        }
        "once" => {
            let once = Once::new().unwrap();
            let counts: Counts = SharedBox::new([0, 0].map(AtomicU32::new)).unwrap();
            let victim = reached(begin::spawn(&once, &counts, true).unwrap());
            let survivor = begin::spawn(&once, &counts, false).unwrap();
            let walked = point.kill(victim);
            ends::at_once(|| survivor.join()).unwrap();
            let counts = counts.each_ref().map(|count| count.load(Ordering::SeqCst));
            assert!(once.is_completed() && counts[1] >= 1);
            assert!(walked.is_ok() || counts == [1, 1], "{counts:?}");
            walked
        }
        name => panic!("expected a scene, found `{name}`"),
    }
}

fn reached<T>(victim: Child<T>) -> Child<T> {
    stepper::reach(&victim);
    victim
}

fn main() {
    let [name, how, seconds] = &env::args().skip(1).collect::<Vec<_>>()[..] else { panic!("expected three words") };
    let time = Duration::from_secs_f64(seconds.parse().unwrap());
    let start = Instant::now();
    let mut points = 0;
    if how == "syscalls" {
        // Entries and returns, each of them, until the victim gets through.
        while scene(name, Point { step: Step::Syscall, count: points }).is_ok() {
            points += 1;
        }
    } else {
        let all = scene(name, Point { step: Step::Instruction, count: usize::MAX }).unwrap_err();
        let mut random = fastrand::Rng::with_seed(std::process::id().into());
        // One at least, however slow the machine.
        while points == 0 || start.elapsed() < time {
            let count = random.usize(..all);
            points += usize::from(scene(name, Point { step: Step::Instruction, count }).is_ok());
        }
    }
    println!("{points}");
}
