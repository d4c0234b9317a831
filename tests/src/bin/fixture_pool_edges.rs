//! What is asked of pools at their edges; the first argument names a scene. Code 0 if all is as it should be.

use std::env;
use std::iter::from_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::{abort, id};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread::park;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, children, fds, limit_for, pass, sys, until};
use mp_runtime::{Pool, Shutdown, TaskErrorKind, is_overdue, par_map};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

mod fixture_kit;

/// Cannot be written if it is 3.
#[derive(Debug)]
struct Unwritable(u64);

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 3 {
            return Err(serde::ser::Error::custom("out of luck"));
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Unwritable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Unwritable)
    }
}

/// The process that can read no 3.
static READER: OnceLock<u32> = OnceLock::new();

#[derive(Debug, Serialize)]
struct Unreadable(u64);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        if value == 3 && READER.get() == Some(&id()) {
            Err(D::Error::custom("out of luck"))
        } else {
            Ok(Unreadable(value))
        }
    }
}

/// Panics when it is written, if it is 3; and when the reader reads it, if it is 5.
#[derive(Debug)]
struct Touchy(u64);

impl Serialize for Touchy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 != 3, "no 3");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Touchy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        assert!(value != 5 || READER.get() != Some(&id()), "no 5");
        Ok(Touchy(value))
    }
}

static DROPS: OnceLock<&AtomicUsize> = OnceLock::new();

/// Counts its drops, in whatever process.
#[derive(Debug, Serialize, Deserialize)]
struct Counted(u64);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.get().unwrap().fetch_add(1, SeqCst);
    }
}

fn main() {
    let begin = Instant::now();
    READER.set(id()).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "unwritable" => {
            // An argument that cannot be written fails alone; it is never run.
            let pool = Pool::builder().workers(2).start(|n: Unwritable| n.0).unwrap();
            for chunk in [1, 2, 100] {
                let results: Vec<_> = pool.imap((0..6).map(Unwritable)).chunk(chunk).collect();
                for (n, result) in (0..).zip(results) {
                    match result {
                        Ok(value) => assert_eq!(value, n),
                        Err(error) => assert!(n == 3 && matches!(error.kind(), TaskErrorKind::Unsent(_)), "{error}"),
                    }
                }
            }
            assert_eq!(pool.map((0..6).map(Unwritable)).unwrap_err().index(), 3);
            let error = pool.submit(Unwritable(3)).join().unwrap_err();
            assert!(matches!(error.kind(), TaskErrorKind::Unsent(_)) && error.attempts() == 0, "{error}");
            assert_eq!(pool.submit(Unwritable(4)).join().unwrap(), 4);
        }
        "unreadable" => {
            // A value that comes and cannot be read is the affair of its item; its worker lives.
            let pool = Pool::builder().workers(2).start(|n: u64| Unreadable(n)).unwrap();
            let workers = pool.workers();
            for _ in 0..20 {
                let results: Vec<_> = pool.imap(0..6).chunk(3).collect();
                let lost = |(n, result): (usize, &Result<Unreadable, _>)| result.is_err().then_some(n);
                assert_eq!(results.iter().enumerate().filter_map(lost).collect::<Vec<_>>(), [3]);
                assert!(matches!(results[3].as_ref().unwrap_err().kind(), TaskErrorKind::Lost(_)));
            }
            assert!(pool.submit(3).join().is_err() && pool.submit(4).join().unwrap().0 == 4);
            assert_eq!(pool.workers(), workers);
        }
        "touchy" => {
            // A panic costs the item that it comes from. What the iterator had pulled before is not lost, nor what comes after.
            let pool = Pool::builder().workers(1).start(|n: Touchy| n).unwrap();
            let mut pulled = 0;
            let input = from_fn(|| {
                pulled += 1;
                assert!(pulled != 3, "no third");
                (pulled <= 8).then(|| Touchy(pulled - 1))
            });
            let mut values = pool.imap(input).chunk(100).in_flight(100);
            let (mut given, mut panics) = (Vec::new(), 0);
            loop {
                match catch_unwind(AssertUnwindSafe(|| values.next())) {
                    Ok(Some(value)) => given.push(value.map_err(|error| error.to_string())),
                    Ok(None) => break,
                    Err(_) => panics += 1,
                }
            }
            let given: Vec<_> = given.iter().map(|value| value.as_ref().map(|n| n.0).map_err(|text| &**text)).collect();
            let unsent = "item 2 was not sent: its argument could not be encoded: what writes it panicked";
            let lost = "item 4 returned, but its value could not be read: what reads it panicked: no 5";
            assert_eq!((given, panics), (vec![Ok(0), Ok(1), Err(unsent), Ok(4), Err(lost), Ok(6), Ok(7)], 2));
            drop(values);
            assert_eq!(pool.map([1, 5, 2].map(Touchy)).unwrap_err().index(), 1);
            assert!(pool.submit(Touchy(5)).join().is_err() && pool.submit(Touchy(1)).join().is_ok());
            drop(pool);
            assert_eq!(par_map(&[1, 5, 2], |n| Touchy(*n)).unwrap_err().index(), 1);
            assert!(children().is_empty());
        }
        "drops" => {
            // An argument is dropped in its worker when the item is done, and here when it is sent.
            DROPS.set(&sys::shared_counters(1)[0]).unwrap();
            let drops = || DROPS.get().unwrap().load(SeqCst);
            let pool = Pool::builder().workers(1).start(|argument: Counted| argument.0).unwrap();
            for n in 0..100 {
                assert_eq!(pool.submit(Counted(n)).join().unwrap(), n);
                until(|| drops() == 2 * (n as usize + 1));
            }
        }
        "large-errors" => {
            set_hook(Box::new(|_| {}));
            let pool = Pool::builder().workers(2).start(|bytes: Vec<u8>| -> u8 {
                match bytes[0] {
                    0 => panic!("{}", "no".repeat(1 << 17)),
                    1 => abort(),
                    n => n,
                }
            });
            let pool = pool.unwrap();
            for _ in 0..10 {
                let results: Vec<_> = pool.imap((0..6).map(|n| vec![n; 1 << 18])).chunk(1).collect();
                assert_eq!(results[0].as_ref().unwrap_err().panic().unwrap().message().len(), 1 << 18);
                assert_eq!(results[1].as_ref().unwrap_err().exit().unwrap().signal(), Some(6));
                assert!(results[2..].iter().zip(2..).all(|(result, n)| *result.as_ref().unwrap() == n));
            }
        }
        "crash-at-end" => {
            // Workers that die while the pool ends keep nobody waiting.
            for how in [Shutdown::Wait, Shutdown::Cancel, Shutdown::Now] {
                let pool =
                    Pool::builder().workers(3).start(|n: u64| if n.is_multiple_of(3) { abort() } else { n }).unwrap();
                let tasks: Vec<_> = (0..60).map(|n| pool.submit(n)).collect();
                pool.shutdown(how);
                for (n, task) in (0..).zip(tasks) {
                    match task.join() {
                        Ok(value) => assert!(value == n && n % 3 > 0),
                        Err(error) => assert!(n % 3 == 0 || error.is_cancelled() && how != Shutdown::Wait, "{error}"),
                    }
                }
            }
        }
        "failed-start" => {
            // One of several workers cannot be started: those that were are gone, and so are their descriptors.
            let limit = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
            drop(Pool::builder().workers(1).start(|n: u64| n).unwrap());
            let starve = || {
                let mut failures = 0;
                for count in 0..60 {
                    setrlimit(Resource::RLIMIT_NOFILE, limit_for(count), limit.1).unwrap();
                    let pool = Pool::builder().workers(4).start(|n: u64| n);
                    setrlimit(Resource::RLIMIT_NOFILE, limit.0, limit.1).unwrap();
                    failures += usize::from(pool.is_err());
                    drop(pool);
                    assert!(children().is_empty(), "with {count}: {:?}", children());
                }
                assert!((10..60).contains(&failures), "{failures}");
                fds()
            };
            // What is kept for later starts is kept once.
            let (first, second) = (starve(), starve());
            assert!(second.len() <= first.len(), "{first:?}\n{second:?}");
            sys::give_up_rights();
            let before = sys::limit_processes(0);
            assert!(Pool::builder().workers(4).start(|n: u64| n).unwrap_err().spawn_error().is_some());
            sys::limit_processes(before);
            assert_eq!(Pool::builder().workers(2).start(|n: u64| n).unwrap().map([7]).unwrap(), [7]);
        }
        "panic-beside" => {
            // A pool that is dropped by a panic ends as any other; its iterator and its tasks, too.
            let panicked = catch_unwind(|| {
                let pool = Pool::builder().workers(2).start(|n: u64| n).unwrap();
                let _tasks: Vec<_> = (0..100).map(|n| pool.submit(n)).collect();
                let mut values = pool.imap(0..);
                values.next().unwrap().unwrap();
                assert!(pool.workers().is_empty(), "out of luck");
            });
            assert!(panicked.is_err() && children().is_empty());
        }
        "extremes" => {
            // A setting that is as good as none is no overflow.
            let most = Duration::MAX;
            let pool = Pool::builder().workers(1).timeout(most).soft_timeout(most).idle_timeout(most);
            let pool = pool.max_tasks(u64::MAX).max_memory(u64::MAX).retries(u32::MAX).start(|n: u64| {
                pass(Duration::from_millis(30));
                (n, is_overdue())
            });
            let pool = pool.unwrap();
            assert_eq!(pool.map([7]).unwrap(), [(7, false)]);
            let values: Result<Vec<_>, _> = pool.imap(0..3).in_flight(usize::MAX).collect();
            assert_eq!(values.unwrap(), [0, 1, 2].map(|n| (n, false)));
            // Its highest bit has no room in the word that the worker is sent.
            let soft = Duration::from_millis((1 << 63) + 1);
            assert_eq!(pool.task(8).soft_timeout(soft).submit().join_timeout(most).unwrap().unwrap(), (8, false));
        }
        "dropped-imap" => {
            // What the worker has not begun with is taken back, though it was sent; what was behind it is not lost.
            let (begun, go, runs) = (Gate::new(), Gate::new(), &sys::shared_counters(1)[0]);
            let pool = Pool::builder().workers(1).start(|n: Unwritable| {
                if n.0 == 0 {
                    begun.open(1);
                    go.wait();
                }
                runs.fetch_add(n.0 as usize, SeqCst);
                n.0
            });
            let pool = pool.unwrap();
            let first = pool.submit(Unwritable(0));
            begun.wait();
            // The one that cannot be written is answered at once, the one behind it is in the ring by then.
            let mut values = pool.imap_unordered([3, 100].map(Unwritable)).chunk(1);
            assert!(values.next().unwrap().1.is_err());
            let last = pool.submit(Unwritable(1));
            drop(values);
            go.open(1);
            assert_eq!((first.join().unwrap(), last.join().unwrap()), (0, 1));
            pool.shutdown(Shutdown::Wait);
            assert_eq!(runs.load(SeqCst), 1);
        }
        "refused" => {
            assert!(catch_unwind(|| Pool::builder().workers(0)).is_err());
            assert!(catch_unwind(|| Pool::builder().max_tasks(0)).is_err());
            let pool = Pool::builder().workers(1).start(|n: u64| n).unwrap();
            assert!(catch_unwind(|| pool.resize(0)).is_err());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.imap(0..3).chunk(0)))).is_err());
            assert!(catch_unwind(AssertUnwindSafe(|| drop(pool.imap(0..3).in_flight(0)))).is_err());
            assert_eq!(pool.map([7]).unwrap(), [7]);
        }
        "forgotten" => {
            // Nobody ends it: the end of the program does, though a worker is at something without end.
            let pool = Pool::builder()
                .workers(2)
                .start(|()| -> u8 {
                    loop {
                        park()
                    }
                })
                .unwrap();
            mem::forget(pool.submit(()));
            mem::forget(pool);
        }
        scene => panic!("no scene `{scene}`"),
    }
    assert!(begin.elapsed() < Duration::from_secs(15));
}
