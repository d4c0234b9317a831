//! How many workers a pool has, how large they are, and in what order they work; the first argument names a scene. Code 0 if
//! all is as it should be.

use std::cell::{Cell, RefCell};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{abort, id};
use std::rc::Rc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, children, pass, sys, until};
use mp_runtime::{Backend, Pool, Shutdown, TaskError, is_overdue};
use nix::sys::signal::{Signal, kill};
use serde::{Deserialize, Serialize};

mod fixture_kit;

const SOON: Duration = Duration::from_secs(5);

/// Leaks so many mebibytes; the process that does.
fn leak(mebibytes: usize) -> u32 {
    std::mem::forget(vec![1_u8; mebibytes << 20]);
    id()
}

fn living() -> usize {
    children().into_iter().filter(|(_, state)| *state != 'Z').count()
}

/// Tells when it is dropped.
struct Farewell<'a>(&'a std::sync::atomic::AtomicUsize);

impl Drop for Farewell<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A long value that a worker cannot let go of.
#[derive(Serialize, Deserialize)]
struct Clinging {
    program: u32,
    text: String,
}

impl Drop for Clinging {
    fn drop(&mut self) {
        while id() != self.program {
            pass(SOON);
        }
    }
}

fn main() {
    let begin = Instant::now();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "max-memory" => {
            // What the program has is not counted.
            let _ballast = vec![1_u8; 100 << 20];
            let pool = Pool::builder().workers(1).max_memory(25 << 20).start(leak).unwrap();
            for chunk in [1, 3, 100] {
                let ids: Vec<u32> = pool.imap([10; 12]).chunk(chunk).map(Result::unwrap).collect();
                let runs: Vec<usize> = ids.chunk_by(|one, other| one == other).map(<[u32]>::len).collect();
                assert_eq!(runs, [3; 4]);
            }
            let small: Vec<u32> = pool.imap([0; 1000]).map(Result::unwrap).collect();
            assert!(small.iter().all(|id| *id == small[0]));
            assert_eq!(pool.stats().restarts, 12);
        }
        "resize" => {
            let gate = Gate::new();
            let pool = Pool::builder().workers(1).start(|n: u64| {
                if n == 0 {
                    gate.wait();
                }
                n
            });
            let pool = pool.unwrap();
            let held = pool.submit(0);
            pool.resize(4).unwrap();
            assert_eq!((living(), pool.workers().len()), (4, 4));
            let held: Vec<_> = [held].into_iter().chain((0..3).map(|_| pool.submit(0))).collect();
            // All are at something, and finish that.
            pool.resize(2).unwrap();
            let others: Vec<_> = (1..100).map(|n| pool.submit(n)).collect();
            assert_eq!(pool.workers().len(), 2);
            gate.open(4);
            assert!(held.into_iter().all(|task| task.join().unwrap() == 0));
            for (n, task) in (1..).zip(others) {
                assert_eq!(task.join().unwrap(), n);
            }
            until(|| {
                pool.workers();
                children().len() == 2
            });
            assert_eq!(pool.stats().restarts, 0);
            // A death is made up for, and counted, beside.
            kill(fixture_kit::pid(pool.workers()[0]), Signal::SIGKILL).unwrap();
            until(|| pool.workers().len() == 1);
            assert_eq!(pool.map(1..=9).unwrap().len(), 9);
            assert_eq!((pool.workers().len(), pool.stats().restarts), (2, 1));
        }
        "idle" => {
            let pool = Pool::builder().workers(3).idle_timeout(Duration::from_millis(30)).start(|n: u64| n).unwrap();
            for _ in 0..3 {
                assert_eq!(pool.map(0..1000).unwrap().len(), 1000);
                until(|| pool.workers().is_empty());
                until(|| children().is_empty());
            }
            // One task needs one worker.
            assert_eq!(pool.submit(7).join().unwrap(), 7);
            assert_eq!((living(), pool.stats().restarts), (1, 0));
            // Whenever they leave, nothing is lost.
            let pool = Pool::builder().workers(2).idle_timeout(Duration::from_millis(1)).start(|n: u64| n).unwrap();
            for n in 0..300 {
                pass(Duration::from_micros(n % 40 * 50));
                assert_eq!(pool.submit(n).join().unwrap(), n);
            }
            assert_eq!(pool.stats().restarts, 0);
        }
        "farewell" => {
            let ends = &sys::shared_counters(1)[0];
            let start = || Pool::builder().workers(2).start_with(|| Farewell(ends), |_, n: u64| n).unwrap();
            for (how, expected) in [(Shutdown::Wait, 2), (Shutdown::Cancel, 4)] {
                let pool = start();
                pool.map(0..10).unwrap();
                pool.shutdown(how);
                assert_eq!(ends.load(SeqCst), expected);
            }
            drop(start());
            assert_eq!(ends.load(SeqCst), 6);
        }
        "priority" => {
            // In the order of their priorities, and of those, in that of their submission; but none that has begun.
            let gate = Gate::new();
            let counter = &sys::shared_counters(1)[0];
            for backend in [Backend::Processes, Backend::Sequential] {
                counter.store(0, SeqCst);
                let pool = Pool::builder().workers(1).backend(backend).start(|n: i32| {
                    if n == 0 {
                        gate.wait();
                    }
                    counter.fetch_add(1, SeqCst)
                });
                let pool = pool.unwrap();
                if backend == Backend::Sequential {
                    gate.open(1);
                }
                let first = pool.task(0).priority(100).submit();
                let priorities = [0, 0, 5, -5, 5, 7, i32::MIN, 0];
                let tasks: Vec<_> = priorities.iter().map(|n| pool.task(n + 1).priority(*n).submit()).collect();
                if backend == Backend::Processes {
                    gate.open(1);
                }
                assert_eq!(first.join().unwrap(), 0);
                let places: Vec<_> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
                assert_eq!(places, [4, 5, 2, 7, 3, 1, 8, 6]);
            }
        }
        "soft-timeout" => {
            assert!(!is_overdue());
            let limit = Duration::from_millis(60);
            let patient = |n: u64| {
                let begin = Instant::now();
                until(|| is_overdue() || n == 0 || begin.elapsed() > SOON);
                (is_overdue(), begin.elapsed())
            };
            for backend in [Backend::Processes, Backend::Threads, Backend::Sequential] {
                let pool =
                    Pool::builder().workers(1).backend(backend).soft_timeout(limit).start_shared(patient).unwrap();
                let given: Vec<_> = pool.imap([0, 1, 1, 0]).chunk(4).map(Result::unwrap).collect();
                assert!(!given[0].0 && given[1].0 && given[2].0 && !given[3].0);
                assert!(given[1].1 + Duration::from_millis(20) > limit && given[1].1 < SOON);
                let soon = pool.task(1).soft_timeout(limit / 4).submit().join().unwrap();
                assert!(soon.0 && soon.1 < SOON);
                assert!(!is_overdue());
            }
            let pool = Pool::builder().workers(1).start(patient).unwrap();
            assert!(!pool.map([0]).unwrap()[0].0);
        }
        "callbacks" => {
            let (called, calls) = (Cell::new(0), 10);
            let heard = RefCell::new(Vec::new());
            let hear = |n: u64| {
                let heard = &heard;
                move |value: &Result<u64, TaskError>| heard.borrow_mut().push((n, value.as_ref().ok().copied()))
            };
            let pool = Pool::builder().workers(2).start(|n: u64| match n {
                3 => panic!("out of luck"),
                4 => abort(),
                n => n * n,
            });
            let pool = pool.unwrap();
            let tasks: Vec<_> = (0..6).map(|n| pool.task(n).on_done(hear(n)).submit()).collect();
            (6..9).for_each(|n| drop(pool.task(n).on_done(hear(n)).submit()));
            // Called in time: when it is joined, at the latest.
            for (n, task) in (0..).zip(tasks) {
                let value = task.join().ok();
                assert!(heard.borrow().contains(&(n, value)), "{n} of {heard:?}");
            }
            until(|| {
                pool.map([1]).unwrap();
                heard.borrow().len() == 9
            });
            let expected = |n: u64| (n, Some(n * n).filter(|_| n != 3 && n != 4));
            heard.borrow_mut().sort_unstable();
            assert_eq!(*heard.borrow(), (0..9).map(expected).collect::<Vec<_>>());
            // One that panics is the waiter's; the others are called, and the values are there.
            let tasks: Vec<_> = (10..10 + calls)
                .map(|n| {
                    let call = |_: &Result<u64, TaskError>| {
                        called.set(called.get() + 1);
                        assert!(called.get() != 2, "bad callback");
                    };
                    pool.task(n).on_done(call).submit()
                })
                .collect();
            let mut panics = 0;
            for task in &tasks {
                until(|| {
                    catch_unwind(AssertUnwindSafe(|| task.is_done())).unwrap_or_else(|_| {
                        panics += 1;
                        false
                    })
                });
            }
            until(|| {
                pool.map([1]).unwrap();
                called.get() == calls
            });
            assert_eq!(panics, 1);
            assert!((10..).zip(tasks).all(|(n, task)| task.join().unwrap() == n * n));
        }
        "callbacks-end" => {
            // Whatever becomes of it, each is called once, with that; and one may go on with the pool.
            for how in [Shutdown::Wait, Shutdown::Cancel, Shutdown::Now] {
                let called = Cell::new(0);
                let pool = Pool::builder().workers(2).start(|n: u64| n).unwrap();
                for n in 0..500 {
                    let call = |value: &Result<u64, TaskError>| {
                        called.set(called.get() + 1);
                        assert!(value.is_ok() || value.as_ref().unwrap_err().is_cancelled() && how != Shutdown::Wait);
                    };
                    pool.task(n).on_done(call).submit();
                }
                pool.shutdown(how);
                assert_eq!(called.get(), 500);
            }
            let chain = Rc::new(RefCell::new(Vec::new()));
            let pool = Rc::new(Pool::builder().workers(2).start(|n: u64| n).unwrap());
            let (within, links) = (Rc::clone(&pool), Rc::clone(&chain));
            let next = move |value: &Result<u64, TaskError>| {
                let n = *value.as_ref().unwrap();
                links.borrow_mut().push(n);
                links.borrow_mut().push(within.submit(n + 1).join().unwrap());
            };
            assert_eq!(pool.task(5).on_done(next).submit().join().unwrap(), 5);
            assert_eq!(*chain.borrow(), [5, 6]);
            let (begun, called) = (Gate::new(), Cell::new(false));
            let stuck = Pool::builder().workers(1).start(|()| -> u64 {
                begun.open(1);
                loop {
                    pass(SOON);
                }
            });
            let stuck = stuck.unwrap();
            let note = |value: &Result<u64, TaskError>| called.set(value.as_ref().unwrap_err().is_cancelled());
            let task = stuck.task(()).on_done(note).submit();
            begun.wait();
            assert!(task.cancel() && called.get());
        }
        "clinging" => {
            // What has been sent is there, and the time of an item holds for what its worker does after that.
            let program = id();
            let work = |n: usize| Clinging { program, text: "x".repeat(n) };
            let pool = Pool::builder().workers(1).timeout(Duration::from_millis(300)).start(work).unwrap();
            let values: Vec<_> = pool.imap([50_000; 3]).chunk(3).collect();
            assert!(values.into_iter().all(|value| value.is_ok_and(|value| value.text.len() == 50_000)));
            assert_eq!(pool.submit(1).join().unwrap().text, "x");
        }
        scene => panic!("no scene `{scene}`"),
    }
    assert!(begin.elapsed() < Duration::from_secs(15));
}
