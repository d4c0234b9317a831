//! What single tasks of pools do; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::hint::black_box;
use std::process::{Command, abort, id};
use std::sync::atomic::Ordering::SeqCst;
use std::thread::park;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, children, sys, until};
use mp_runtime::{Pool, Shutdown, TaskErrorKind, WaitFor, as_completed, process, spawn, wait};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);
const SOON: Duration = Duration::from_secs(5);

/// Gives its argument; 0 never.
fn unless_zero(n: u64) -> u64 {
    if n > 0 {
        return n;
    }
    loop {
        park();
    }
}

#[process]
fn use_foreign(pool: Pool<'_, u64, u64>) -> (String, String) {
    let submitted = pool.submit(7).join().unwrap_err();
    (submitted.to_string(), pool.map([7]).unwrap_err().to_string())
}

fn main() {
    let begin = Instant::now();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "submit" => {
            let pool = Pool::builder().workers(4).start(|(base, power): (u64, u32)| base.pow(power)).unwrap();
            assert_eq!(pool.submit((2, 8)).join().unwrap(), 256);
            let tasks: Vec<_> = (0..1000).map(|n| (n, pool.submit((n, 2)))).collect();
            for (n, task) in tasks {
                assert_eq!(task.join().unwrap(), n * n);
            }
            let task = pool.submit((3, 3));
            (0..3).for_each(|_| assert_eq!(task.join_timeout(SOON).unwrap().unwrap(), 27));
            assert!(task.is_done() && task.try_join().unwrap().unwrap() == 27 && !task.cancel());
        }
        "saturation" => {
            let gate = Gate::new();
            let pool = Pool::builder().workers(5).start(|()| {
                gate.wait();
                id()
            });
            let pool = pool.unwrap();
            let tasks: Vec<_> = (0..75).map(|_| pool.submit(())).collect();
            assert_eq!(children().len(), 5);
            gate.open(75);
            let mut ids: Vec<_> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert!(ids.len() <= 5);
        }
        "timeouts" => {
            let pool = Pool::builder().workers(2).start(unless_zero).unwrap();
            let late = pool.task(0).timeout(2 * MOMENT).submit();
            let others: Vec<_> = (1..100).map(|n| pool.submit(n)).collect();
            assert!(late.join_timeout(MOMENT / 5).is_none());
            for (n, task) in (1..).zip(others) {
                assert_eq!(task.join().unwrap(), n);
            }
            let error = late.join().unwrap_err();
            assert!(error.is_timeout() && error.attempts() == 1 && begin.elapsed() >= 2 * MOMENT, "{error}");
            assert!(begin.elapsed() < SOON);
        }
        "cancel" => {
            let begun = Gate::new();
            let pool = Pool::builder().workers(1).start(|n| {
                if n == 0 {
                    begun.open(1);
                }
                unless_zero(n)
            });
            let pool = pool.unwrap();
            let first = pool.workers();
            let (running, queued, other) = (pool.submit(0), pool.submit(5), pool.submit(6));
            let far: Vec<_> = (10..300).map(|n| pool.submit(n)).collect();
            begun.wait();
            assert!(queued.cancel() && !queued.cancel());
            assert!(far[200].cancel() && far[0].cancel());
            assert!(running.cancel() && !running.cancel());
            assert_eq!(other.join().unwrap(), 6);
            assert!(queued.join().unwrap_err().is_cancelled() && running.join().unwrap_err().is_cancelled());
            for (n, task) in far.into_iter().enumerate() {
                match n {
                    0 | 200 => assert!(task.join().unwrap_err().is_cancelled()),
                    _ => assert_eq!(task.join().unwrap(), n as u64 + 10),
                }
            }
            assert!(pool.workers() != first && pool.stats().restarts == 1);
            let done = pool.submit(7);
            until(|| done.is_done());
            assert!(!done.cancel() && done.join().unwrap() == 7);
            assert!(begin.elapsed() < SOON);
        }
        "cancel-any-time" => {
            // At whatever moment it comes, a task is cancelled or done, and its neighbours are done.
            let runs = sys::shared_counters(2000);
            let pool = Pool::builder().workers(2).start(|n: usize| {
                runs[n].fetch_add(1, SeqCst);
                black_box((0..n % 7 * 1000).fold(n, |a, b| black_box(a ^ b)));
                n
            });
            let pool = pool.unwrap();
            for n in (0..600).step_by(3) {
                let tasks = [0, 1, 2].map(|k| pool.submit(n + k));
                black_box((0..n % 11 * 300).fold(n, |a, b| black_box(a ^ b)));
                let cancelled = tasks[1].cancel();
                for (k, task) in tasks.into_iter().enumerate() {
                    let outcome = task.join();
                    assert!(runs[n + k].load(SeqCst) <= 1);
                    match outcome {
                        Ok(value) => assert!(value == n + k && !(cancelled && k == 1)),
                        Err(error) => assert!(error.is_cancelled() && k == 1 && cancelled, "{error}"),
                    }
                }
            }
        }
        "cancel-behind" => {
            // What cannot be taken back from a worker is not given to one that is at something else.
            let (begun, go, runs) = (Gate::new(), [(); 2].map(|()| Gate::new()), sys::shared_counters(3));
            let work = |given: Vec<u8>| {
                let what = usize::from(given[0]);
                runs[what].fetch_add(1, SeqCst);
                if what < 2 {
                    begun.open(1);
                    go[what].wait();
                }
                what
            };
            let long = || vec![2; 100_000];
            for (builder, last) in [(Pool::builder().max_tasks(2), vec![2]), (Pool::builder(), long())] {
                let pool = builder.workers(1).start(work).unwrap();
                let (first, second, third) =
                    (pool.submit(vec![0]), pool.submit(last.clone()), pool.submit(last.clone()));
                begun.wait();
                assert!(second.cancel() && !first.is_done());
                go[0].open(1);
                assert_eq!((first.join().unwrap(), third.join().unwrap()), (0, 2));
                assert_eq!(runs[2].swap(0, SeqCst), 1);
                let (first, second) = (pool.submit(vec![0]), pool.submit(last));
                begun.wait();
                go[0].open(1);
                pool.shutdown(Shutdown::Cancel);
                assert_eq!(first.join().unwrap(), 0);
                assert!(second.join().unwrap_err().is_cancelled() && runs[2].load(SeqCst) == 0);
            }
            // It goes to whoever is the first to have nothing to do.
            let pool = Pool::builder().workers(2).start(work).unwrap();
            let (first, second) = (pool.submit(vec![0]), pool.submit(vec![1]));
            (0..2).for_each(|_| begun.wait());
            let third = pool.submit(long());
            go[1].open(1);
            assert_eq!((third.join().unwrap(), second.join().unwrap()), (2, 1));
            assert!(!first.is_done());
            go[0].open(1);
            assert_eq!(first.join().unwrap(), 0);
        }
        "subtree" => {
            // What a task has started ends with it.
            let (started, pids) = (Gate::new(), sys::shared_counters(1));
            let pool = Pool::builder().workers(1).start(|()| {
                let mut child = Command::new("sleep").arg("60").spawn().unwrap();
                pids[0].store(child.id() as usize, SeqCst);
                started.open(1);
                child.wait().unwrap();
            });
            let pool = pool.unwrap();
            let task = pool.submit(());
            started.wait();
            assert!(task.cancel());
            let id = pids[0].load(SeqCst) as u32;
            until(|| fixture_kit::stat(id).is_none_or(|(state, _)| state == 'Z'));
        }
        "wait" => {
            let gate = Gate::new();
            let pool = Pool::builder().workers(2).start(|n: u64| {
                match n {
                    0 => gate.wait(),
                    1 => panic!("out of luck"),
                    _ => {}
                }
                n
            });
            let pool = pool.unwrap();
            let tasks: Vec<_> = [0, 2, 1, 3].map(|n| pool.submit(n)).into();
            assert!(!wait(&tasks, WaitFor::First, None).done.is_empty());
            let failed = wait(&tasks, WaitFor::FirstFailure, None);
            assert!(failed.done.contains(&2) && failed.pending.contains(&0));
            let late = wait(&tasks, WaitFor::All, Some(MOMENT));
            assert_eq!((late.done, late.pending), (vec![1, 2, 3], vec![0]));
            gate.open(1);
            assert_eq!(wait(&tasks, WaitFor::All, None).done, [0, 1, 2, 3]);
            // Without any time, too, the pool is driven.
            let tasks: Vec<_> = (4..200).map(|n| pool.submit(n)).collect();
            until(|| wait(&tasks, WaitFor::All, Some(Duration::ZERO)).pending.is_empty());
            assert_eq!(wait::<u64>(&[], WaitFor::All, None).done, [0; 0]);
            let other = Pool::builder().workers(1).start(unless_zero).unwrap();
            let mixed = vec![pool.submit(0), other.submit(8), pool.submit(9)];
            let mut completed = as_completed(mixed);
            let mut first: Vec<_> = completed.by_ref().take(2).map(|(at, value)| (at, value.unwrap())).collect();
            first.sort_unstable();
            assert_eq!(first, [(1, 8), (2, 9)]);
            gate.open(1);
            assert_eq!(completed.map(|(at, value)| (at, value.unwrap())).collect::<Vec<_>>(), [(0, 0)]);
        }
        "ends" => {
            let pool = || Pool::builder().workers(2).start(unless_zero).unwrap();
            for how in [Shutdown::Cancel, Shutdown::Now, Shutdown::Wait] {
                let pool = pool();
                let tasks: Vec<_> = (1..500).map(|n| pool.submit(n)).collect();
                pool.shutdown(how);
                let values: Vec<_> = tasks.into_iter().map(|task| task.join()).collect();
                for (n, value) in (1..).zip(&values) {
                    match value {
                        Ok(value) => assert_eq!(*value, n),
                        Err(error) => assert!(error.is_cancelled() && how != Shutdown::Wait, "{error}"),
                    }
                }
            }
            // One that never ends, and the many behind it.
            let now = pool();
            let tasks: Vec<_> = (0..10_000).map(|_| now.submit(0)).collect();
            now.shutdown(Shutdown::Now);
            assert!(tasks.into_iter().all(|task| task.join().unwrap_err().is_cancelled()));
            let dropped = pool();
            let tasks: Vec<_> = (1..100).map(|n| dropped.submit(n)).collect();
            drop(dropped);
            assert!(tasks.into_iter().all(|task| task.join().map_or_else(|error| error.is_cancelled(), |n| n > 0)));
            assert!(begin.elapsed() < SOON);
        }
        "detached" => {
            let runs = &sys::shared_counters(1)[0];
            let pool = Pool::builder().workers(2).start(|()| runs.fetch_add(1, SeqCst)).unwrap();
            (0..300).for_each(|_| drop(pool.submit(())));
            pool.shutdown(Shutdown::Wait);
            assert_eq!(runs.load(SeqCst), 300);
        }
        "foreign" => {
            let pool = Pool::builder().workers(1).start(unless_zero).unwrap();
            assert_eq!(pool.submit(5).join().unwrap(), 5);
            let (submitted, mapped) = use_foreign::spawn(pool).unwrap().join().unwrap();
            let expected = "item 0 was not run: the pool belongs to another process; make one here";
            assert_eq!((&*submitted, &*mapped), (expected, expected));
            // A task that is under way is told of where it was submitted, and nowhere else.
            let pool = Pool::builder().workers(1).start(unless_zero).unwrap();
            let tasks: Vec<_> = [0, 0, 1].map(|n| pool.submit(n)).into();
            let joined = spawn(move || tasks.into_iter().map(|task| task.join().is_err()).collect::<Vec<_>>());
            if let Ok(child) = joined {
                assert_eq!(child.join().unwrap(), [true; 3]);
            }
            pool.shutdown(Shutdown::Now);
        }
        "foreign-imap" => {
            // An iterator that goes on in another process is refused, and sends nothing to the workers of this one.
            let runs = sys::shared_counters(100);
            let pool = Pool::builder().workers(1).start(|n: usize| {
                runs[n].fetch_add(1, SeqCst);
                n
            });
            let pool = pool.unwrap();
            let mut values = pool.imap(0..).chunk(1).in_flight(2);
            assert_eq!(values.next().unwrap().unwrap(), 0);
            let error = spawn(move || values.find_map(Result::err).unwrap().to_string()).unwrap().join().unwrap();
            assert!(error.ends_with("was not run: the pool belongs to another process; make one here"), "{error}");
            assert_eq!(pool.submit(50).join().unwrap(), 50);
            pool.shutdown(Shutdown::Wait);
            assert!(runs[2..50].iter().all(|runs| runs.load(SeqCst) == 0));
        }
        "no-processes" => {
            sys::give_up_rights();
            let pool = Pool::builder().workers(2).start(|n: u64| if n == 3 { abort() } else { n }).unwrap();
            let before = sys::limit_processes(0);
            let (lost, lost_too) = (pool.submit(3), pool.submit(3));
            assert!(lost.join().is_err() && lost_too.join().is_err());
            let error = pool.submit(4).join().unwrap_err();
            assert!(matches!(error.kind(), TaskErrorKind::NotRun(error) if error.spawn_error().is_some()), "{error}");
            sys::limit_processes(before);
            assert_eq!(pool.submit(4).join().unwrap(), 4); // and it goes on
        }
        scene => panic!("no scene `{scene}`"),
    }
}
