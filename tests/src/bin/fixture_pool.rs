//! What comes out of pools; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::cell::{Cell, RefCell};
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::abort;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use fixture_kit::pass;
use mp_runtime::{Pool, Progress, TaskError, par_map, process};

mod fixture_kit;

#[process]
fn square(n: u64) -> u64 {
    n * n
}

fn pool(workers: usize) -> Pool<'static, u64, u64> {
    Pool::builder().workers(workers).start_shared(square).unwrap()
}

/// Numbers, and how many of them were pulled.
fn counted(pulled: &Cell<u64>) -> impl Iterator<Item = u64> {
    std::iter::from_fn(|| {
        pulled.set(pulled.get() + 1);
        Some(pulled.get() - 1)
    })
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "maps" => {
            let pool = pool(4);
            for count in [0, 1, 10, 100, 10_000, 300_000] {
                let expected: Vec<u64> = (0..count).map(|n| n * n).collect();
                assert_eq!(pool.map(0..count).unwrap(), expected);
            }
            for chunk in [1, 3, 6, 40, 50, 100_000] {
                let results: Result<Vec<_>, _> = pool.imap(0..40).chunk(chunk).collect();
                assert_eq!(results.unwrap(), (0..40).map(|n| n * n).collect::<Vec<_>>());
                let mut results: Vec<_> = pool.imap_unordered(0..1000).chunk(chunk).collect();
                results.sort_by_key(|(index, _)| *index);
                let expected = |(at, (index, square)): (usize, (usize, Result<u64, TaskError>))| {
                    at == index && square.unwrap() == (at * at) as u64
                };
                assert!(results.len() == 1000 && results.into_iter().enumerate().all(expected));
            }
            assert_eq!(pool.imap(0..0).chunk(1).count() + pool.imap_unordered(0..0).count(), 0);
        }
        "together" => {
            let pool = pool(2);
            let both: Vec<_> = pool.imap(0..1000).zip(pool.imap(1000..2000)).collect();
            for (n, (one, other)) in (0..).zip(both) {
                assert_eq!((one.unwrap(), other.unwrap()), (n * n, (n + 1000) * (n + 1000)));
            }
            // Two maps at once, one of which is not looked at for a while.
            let mut first = pool.imap(0..10_000);
            assert_eq!(first.next().unwrap().unwrap(), 0);
            assert_eq!(pool.map(0..10_000).unwrap().len(), 10_000);
            assert_eq!(first.map(Result::unwrap).last(), Some(9999 * 9999));
        }
        "exact-cap" => {
            let pool = pool(4);
            for cap in [1, 2, 4, 8, 100] {
                for chunk in [None, Some(1), Some(7)] {
                    let pulled = Cell::new(0);
                    let mut squares = pool.imap(counted(&pulled)).in_flight(cap);
                    if let Some(chunk) = chunk {
                        squares = squares.chunk(chunk);
                    }
                    assert_eq!(pulled.get(), 0);
                    for given in 0..300 {
                        assert_eq!(squares.next().unwrap().unwrap(), given * given);
                        assert!(pulled.get() - given <= cap as u64, "{} pulled at {given}", pulled.get());
                    }
                    drop(squares);
                    let pulled = Cell::new(0);
                    let mut squares = pool.imap_unordered(counted(&pulled)).in_flight(cap);
                    for given in 0..300 {
                        squares.next().unwrap().1.unwrap();
                        assert!(pulled.get() - given <= cap as u64, "{} pulled at {given}", pulled.get());
                    }
                }
            }
            let pulled = Cell::new(0);
            assert_eq!(pool.imap(counted(&pulled)).in_flight(2).next().unwrap().unwrap(), 0);
            assert!(pulled.get() <= 2);
        }
        "infinite" => {
            let pool = pool(2);
            let pulled = Cell::new(0);
            assert_eq!(pool.imap(counted(&pulled)).take(10_000).map(Result::unwrap).last(), Some(9999 * 9999));
            // A slow reader is not run away from.
            let pulled = Cell::new(0);
            let mut squares = pool.imap(counted(&pulled)).chunk(1);
            squares.next().unwrap().unwrap();
            let ahead = pulled.get();
            pass(Duration::from_millis(50));
            squares.next().unwrap().unwrap();
            assert!(pulled.get() <= ahead + 300, "{} and {ahead}", pulled.get());
        }
        "input-panics" => {
            let pool = pool(2);
            for at in [0, 3, 7] {
                let broken = (0..10).inspect(|n| assert!(*n < at, "out of luck"));
                let mut squares = pool.imap(broken).chunk(1).in_flight(1);
                let given = std::iter::from_fn(|| catch_unwind(AssertUnwindSafe(|| squares.next())).ok().flatten());
                assert_eq!(given.count() as u64, at);
                drop(squares);
                assert!(catch_unwind(|| pool.map((0..10).inspect(|n| assert!(*n < at, "out of luck")))).is_err());
                assert_eq!(pool.map([7]).unwrap(), [49]);
            }
        }
        "large" => {
            let pool = Pool::builder().workers(3).start(|bytes: Vec<u8>| [bytes, vec![7]].concat()).unwrap();
            for size in [0, 1, 65_000, 65_536, 131_072, 1 << 20] {
                let given = pool.map((0..3).map(|n| vec![n; size])).unwrap();
                for (n, bytes) in (0..).zip(given) {
                    assert!(bytes.len() == size + 1 && bytes[..size].iter().all(|byte| *byte == n));
                }
            }
            drop(pool);
            let pool = Pool::builder().workers(2).start(|size: usize| vec![1_u8; size]).unwrap();
            let sizes = [1 << 20, 0, 100_000, 300_000, 3, 50_000];
            let given: Vec<_> = pool.imap(sizes).chunk(6).map(|bytes| bytes.unwrap().len()).collect();
            assert_eq!(given, sizes);
        }
        "par-map" => {
            struct Opaque(Cell<u64>);
            let data: Vec<Opaque> = (0..50_000).map(|n| Opaque(Cell::new(n))).collect();
            let doubled = par_map(&data, |opaque| opaque.0.get() * 2).unwrap();
            assert_eq!(doubled, (0..50_000).map(|n| n * 2).collect::<Vec<_>>());
            assert_eq!(par_map(&[0; 0], |n: &i32| *n).unwrap(), []);
            let error = par_map(&data, |opaque| if opaque.0.get() == 777 { abort() } else { 1 }).unwrap_err();
            assert_eq!((error.index(), error.exit().unwrap().signal()), (777, Some(6)));
        }
        "progress" => {
            let pool = Pool::builder().workers(2).start_shared(|n: u64| assert!(n % 100 != 7, "out of luck")).unwrap();
            let seen = RefCell::new(Vec::new());
            let hook = |progress: &Progress| seen.borrow_mut().push(*progress);
            for chunk in [1, 64] {
                assert_eq!(pool.imap(0..3000).chunk(chunk).on_progress(hook).count(), 3000);
                let seen = seen.take();
                let last = seen.last().unwrap();
                assert_eq!((last.done, last.failed, last.total, last.is_over), (2970, 30, Some(3000), true));
                assert_eq!(
                    (last.eta(), seen.iter().filter(|progress| progress.is_over).count()),
                    (Some(Duration::ZERO), 1)
                );
                assert!(seen.windows(2).all(|two| two[0].done <= two[1].done && two[0].elapsed < two[1].elapsed));
                assert!(seen.len() as u128 <= 2 + last.elapsed.as_millis() / 50, "told {} times", seen.len());
            }
            // Without an end that is known; the reader stops.
            let (pulled, slow) = (Cell::new(0), AtomicU64::new(0));
            let slowly = pool.imap_unordered(counted(&pulled)).on_progress(|progress| {
                assert!(progress.total.is_none() && progress.eta().is_none() && !progress.is_over);
                slow.fetch_add(1, SeqCst);
            });
            assert!(
                slowly.inspect(|_| pass(Duration::from_millis(1))).take(2000).count() == 2000 && slow.load(SeqCst) > 1
            );
            // A hook that panics is the reader's affair, and is not asked again.
            let mut values = pool.imap(8..50).on_progress(|_| panic!("bad hook"));
            assert!(catch_unwind(AssertUnwindSafe(|| values.next())).is_err());
            assert_eq!(values.count(), 42);
        }
        "nested" => {
            let outer = Pool::builder().workers(2).start(|n: u64| {
                let inner = Pool::builder().workers(2).name("inner").start(square).unwrap();
                inner.map(0..n).unwrap().iter().sum::<u64>()
            });
            let sums = outer.unwrap().map([10, 20, 30, 1000]).unwrap();
            assert_eq!(sums, [10, 20, 30, 1000].map(|n| (0..n).map(|n| n * n).sum()));
        }
        "gives-out" => {
            // A task that gives out tasks, and lives on when one of their workers dies.
            let outer = Pool::builder().workers(2).start(|n: u64| {
                let inner = Pool::builder().workers(1).start(|n: u64| if n == 2 { abort() } else { n * n }).unwrap();
                let tasks: Vec<_> = (0..n).map(|n| inner.submit(n)).collect();
                tasks.into_iter().map(|task| task.join().ok()).collect::<Vec<_>>()
            });
            assert_eq!(outer.unwrap().submit(4).join().unwrap(), [Some(0), Some(1), None, Some(9)]);
        }
        scene => panic!("no scene `{scene}`"),
    }
}
