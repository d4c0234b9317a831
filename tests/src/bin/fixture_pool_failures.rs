//! What pools do about failures; the first argument names a scene. Code 0 if all is as it should be.

use std::env;
use std::process::{abort, exit, id};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, asleep, pass, sys, until};
use mp_runtime::{Pool, Shutdown, TaskError, TaskErrorKind, TaskStage, is_overdue, process};
use nix::sys::signal::{Signal, kill, raise};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

/// Kills the workers of this program's pool, one after the other, until it is killed itself.
#[process]
fn kill_workers(of: u32, killed: &AtomicUsize) {
    loop {
        for (worker, _) in fixture_kit::children_of(of).into_iter().filter(|(child, _)| *child != id()) {
            pass(Duration::from_micros(u64::from(worker % 7) * 300));
            killed.fetch_add(1, SeqCst);
            let _ = kill(fixture_kit::pid(worker), Signal::SIGKILL);
        }
    }
}

fn indices(results: &[Result<u64, TaskError>]) -> Vec<usize> {
    results.iter().filter_map(|result| Some(result.as_ref().err()?.index())).collect()
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "panics" => {
            let pool =
                Pool::builder().workers(2).start(|n: u64| if n % 10 == 3 { panic!("no {n}") } else { n }).unwrap();
            let workers = pool.workers();
            for chunk in [1, 7, 100] {
                let results: Vec<_> = pool.imap(0..100).chunk(chunk).collect();
                assert_eq!(indices(&results), (0..10).map(|n| 10 * n + 3).collect::<Vec<_>>());
                let error = results[13].as_ref().unwrap_err();
                assert!(matches!(error.kind(), TaskErrorKind::Panicked(_, TaskStage::Running)));
                assert_eq!((error.panic().unwrap().message(), error.attempts()), ("no 13", 1));
                assert!(error.to_string().starts_with("item 13 panicked at "), "{error}");
                assert!(error.to_string().ends_with(": no 13"), "{error}");
            }
            let error = pool.map(0..100).unwrap_err();
            assert_eq!(error.index(), 3);
            assert_eq!(pool.workers(), workers); // none had to be replaced
        }
        "deaths" => {
            // Whatever the chunk: exactly the items that killed their workers are lost.
            let end = |n: u64| match n % 20 {
                3 => abort(),
                7 => exit(7),
                11 => {
                    raise(Signal::SIGKILL).unwrap();
                    n
                }
                _ => n,
            };
            let pool = Pool::builder().workers(3).start(end).unwrap();
            for chunk in [1, 5, 1000] {
                let results: Vec<_> = pool.imap(0..200).chunk(chunk).collect();
                let expected: Vec<_> = (0..200).filter(|n| matches!(n % 20, 3 | 7 | 11)).collect();
                assert_eq!(indices(&results), expected);
                let ended = |n: usize| results[n].as_ref().unwrap_err().exit().unwrap();
                assert_eq!((ended(3).signal(), ended(7).code(), ended(11).signal()), (Some(6), Some(7), Some(9)));
                assert_eq!(results[19].as_ref().unwrap(), &19);
            }
            let text = pool.map([3]).unwrap_err().to_string();
            assert!(text.starts_with("item 0 was lost running: process `pool."), "{text}");
            assert!(text.contains("was killed by signal 6 (SIGABRT)"), "{text}");
        }
        "death-at-reading" => {
            // A worker that dies while it is sent a long argument costs that item a try, as any other.
            let pool = Pool::builder().workers(1).start(|bytes: Vec<u8>| bytes.len()).unwrap();
            let long = vec![7; 8 << 20];
            // Until the worker has taken what there was room for, and waits for more.
            let submit = |retries, limit| {
                assert_eq!(pool.map([vec![1]]).unwrap(), [1]);
                let worker = pool.workers()[0];
                asleep(worker);
                let before = fixture_kit::sleeps(worker);
                let task = pool.task(long.clone()).retries(retries).timeout(limit).submit();
                until(|| fixture_kit::sleeps(worker) > before && fixture_kit::stat(worker).unwrap().0 == 'S');
                (task, worker)
            };
            for (retries, attempts) in [(0, 1), (1, 0)] {
                let (task, worker) = submit(retries, Duration::MAX);
                kill(fixture_kit::pid(worker), Signal::SIGKILL).unwrap();
                match task.join() {
                    Ok(length) => assert_eq!((length, attempts), (long.len(), 0)),
                    Err(error) => {
                        assert!(matches!(error.kind(), TaskErrorKind::Died(_, TaskStage::Reading)), "{error}");
                        assert_eq!(error.attempts(), attempts);
                    }
                }
            }
            assert_eq!(pool.stats().restarts, 2);
            // It can be cancelled; and the time in which nobody sends the rest is not that of the item.
            assert!(submit(0, Duration::MAX).0.cancel());
            let limit = 10 * MOMENT;
            let (task, _) = submit(0, limit);
            pass(limit + MOMENT);
            assert_eq!(task.join().unwrap(), long.len());
        }
        "kill-loop" => {
            // Somebody kills workers, at any instant; each item is run at most once, and has its value or is reported.
            const ITEMS: usize = 100_000;
            let (runs, deaths) = (sys::shared_counters(ITEMS), &sys::shared_counters(1)[0]);
            let pool = Pool::builder().workers(2).start(|n: usize| {
                runs[n].fetch_add(1, SeqCst);
                n
            });
            let pool = pool.unwrap();
            let main = id();
            let killer = kill_workers::process(main, deaths).daemon(true).spawn().unwrap();
            let mut lost = 0;
            // Optimised, one round is over before there have been enough deaths.
            while deaths.load(SeqCst) <= 10 {
                runs.iter().for_each(|runs| runs.store(0, SeqCst));
                let results: Vec<_> = pool.imap(0..ITEMS).collect();
                assert_eq!(results.len(), ITEMS);
                for (n, result) in results.iter().enumerate() {
                    let runs = runs[n].load(SeqCst);
                    match result {
                        Ok(value) => assert_eq!((*value, runs), (n, 1)),
                        Err(error) => {
                            assert!(error.index() == n && runs <= 1);
                            assert_eq!(error.exit().unwrap().signal(), Some(9));
                            lost += 1;
                        }
                    }
                }
            }
            killer.kill().unwrap();
            assert!(lost <= deaths.load(SeqCst), "{lost} items lost by {deaths:?} deaths");
        }
        "init-fails" => {
            let failing = || Pool::builder().workers(3).start_with(|| -> u8 { panic!("no state") }, |_, n: u64| n);
            let begin = Instant::now();
            let error = failing().unwrap_err();
            assert_eq!(error.exit().unwrap().panic().unwrap().message(), "no state");
            assert!(begin.elapsed() < Duration::from_secs(2));
        }
        "state" => {
            let pool = Pool::builder().workers(2);
            let pool = pool.start_with(
                || (id(), 0_u64),
                |(worker, count), ()| {
                    *count += 1;
                    assert!(*count != 3, "out of luck");
                    (*worker, id(), *count)
                },
            );
            let pool = pool.unwrap();
            let results: Vec<_> = pool.imap((0..40).map(|_| ())).chunk(1).collect();
            let panics = results.iter().filter(|result| result.is_err()).count();
            assert!((10..=13).contains(&panics), "{panics}");
            for (initialised, here, count) in results.into_iter().flatten() {
                assert!(initialised == here && count < 3);
            }
        }
        "max-tasks" => {
            let pool = Pool::builder().workers(1).max_tasks(3).start(|()| id()).unwrap();
            let ids: Vec<u32> = pool.imap((0..9).map(|_| ())).chunk(1).map(Result::unwrap).collect();
            for three in ids.chunks(3) {
                assert!(three.iter().all(|id| *id == three[0]));
            }
            assert!(ids[0] != ids[3] && ids[3] != ids[6]);
            let ids: Vec<u32> = pool.imap((0..10).map(|_| ())).chunk(10).map(Result::unwrap).collect();
            assert_eq!(ids.len(), 10);
        }
        "timeout" => {
            let limit = Duration::from_millis(100);
            let sleeper = |n: u64| {
                pass(Duration::from_millis(if n == 5 { 60_000 } else { 1 }));
                n
            };
            let pool = Pool::builder().workers(2).timeout(limit).start(sleeper).unwrap();
            let begin = Instant::now();
            for chunk in [1, 20] {
                let results: Vec<_> = pool.imap(0..20).chunk(chunk).collect();
                assert_eq!(indices(&results), [5]);
                let error = results[5].as_ref().unwrap_err();
                assert!(error.is_timeout());
                assert_eq!(error.to_string(), "item 5 took longer than 100ms");
            }
            assert!(begin.elapsed() >= 2 * limit && begin.elapsed() < Duration::from_secs(5));
        }
        "timeout-unheard" => {
            // The time in which nobody takes a value that is there is not that of its item.
            let (begin, limit, begun) = (Instant::now(), 2 * MOMENT, Gate::new());
            let pool = Pool::builder().workers(1).timeout(limit).start(|byte: u8| {
                begun.open(1);
                vec![byte; 32 << 20]
            });
            let pool = pool.unwrap();
            let task = pool.submit(7);
            begun.wait();
            let worker = pool.workers()[0];
            until(|| fixture_kit::stat(worker).unwrap().0 == 'S' && begin.elapsed() > limit + MOMENT);
            assert_eq!((task.join().unwrap().len(), pool.stats().restarts), (32 << 20, 0));
        }
        "retries" => {
            let tries = &sys::shared_counters(1)[0];
            let flaky = move |n: u64| {
                if n == 3 && tries.fetch_add(1, SeqCst) < 2 {
                    abort();
                }
                if n == 4 { abort() } else { n }
            };
            let pool = Pool::builder().workers(2).retries(2).start(flaky).unwrap();
            let results: Vec<_> = pool.imap(0..10).chunk(5).collect();
            assert_eq!(indices(&results), [4]);
            let error = results[4].as_ref().unwrap_err();
            assert_eq!(error.attempts(), 3);
            assert!(error.to_string().ends_with("(attempt 3)"), "{error}");
        }
        "retried-no-more" => {
            let (program, [begun, go]) = (id(), [(); 2].map(|()| Gate::new()));
            let pool = Pool::builder().workers(1).retries(3).start(|()| -> () {
                begun.open(1);
                go.wait();
                asleep(program); // in its shutdown
                abort()
            });
            let pool = pool.unwrap();
            let task = pool.submit(());
            begun.wait();
            go.open(1);
            pool.shutdown(Shutdown::Cancel);
            assert!(task.join().unwrap_err().is_cancelled());
        }
        "dropped" => {
            // The limits of an item outlive whoever waited for it.
            let limit = Duration::from_millis(200);
            let (begun, tries) = (Gate::new(), sys::shared_counters(2));
            let pool = Pool::builder().workers(1).start(|n: u64| {
                match n {
                    1 => {
                        begun.open(1);
                        pass(Duration::from_secs(60));
                    }
                    2 if tries[0].fetch_add(1, SeqCst) == 0 => abort(),
                    3 => {
                        until(is_overdue);
                        tries[1].fetch_add(1, SeqCst);
                    }
                    _ => {}
                }
                n
            });
            let pool = pool.unwrap();
            drop(pool.task(1).timeout(limit).submit());
            drop(pool.task(2).retries(1).submit());
            drop(pool.task(3).soft_timeout(limit).submit());
            pool.shutdown(Shutdown::Wait);
            assert_eq!(tries.iter().map(|tries| tries.load(SeqCst)).collect::<Vec<_>>(), [2, 1]);
            begun.wait();
            let pool = Pool::builder().workers(1).timeout(limit).start(|n: u64| {
                if n == 1 {
                    begun.open(1);
                    pass(Duration::from_secs(60));
                }
                n
            });
            let pool = pool.unwrap();
            let mut values = pool.imap([0, 1]).chunk(1);
            values.next().unwrap().unwrap();
            begun.wait();
            drop(values);
            assert_eq!((pool.map([2]).unwrap(), pool.stats().restarts), (vec![2], 1));
        }
        "shutdowns" => {
            let begin = Instant::now();
            let sleeper = |time: u64| pass(Duration::from_millis(time));
            let pool = Pool::builder().workers(2).start(sleeper).unwrap();
            let mut naps = pool.imap([1, 60_000, 60_000, 60_000]).chunk(1);
            naps.next().unwrap().unwrap();
            drop(naps);
            pool.shutdown(Shutdown::Now);
            let pool = Pool::builder().workers(2).start(sleeper).unwrap();
            let mut naps = pool.imap([1, 100, 100]).chunk(1);
            naps.next().unwrap().unwrap();
            drop(naps);
            drop(pool);
            assert!(begin.elapsed() < Duration::from_secs(3));
        }
        scene => panic!("no scene `{scene}`"),
    }
}
