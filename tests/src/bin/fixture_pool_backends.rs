//! Pools whose workers are no processes; the first argument names a scene, the second the backend. Silent and code 0 if all
//! is as it should be.

use std::cell::Cell;
use std::env;
use std::process::id;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::{children, until};
use mp_runtime::{Backend, Pool, PoolBuilder, Shutdown, TaskErrorKind, TaskStage, spawn};

mod fixture_kit;

static RUNS: AtomicUsize = AtomicUsize::new(0);

fn builder() -> PoolBuilder {
    let backend = match env::args().nth(2).unwrap_or_default().as_str() {
        "threads" => Backend::Threads,
        "sequential" => Backend::Sequential,
        backend => panic!("no backend `{backend}`"),
    };
    Pool::builder().workers(2).backend(backend)
}

/// A function that waits to be let go on, for each item but 0.
fn held() -> (Sender<()>, impl Fn(u64) -> u64 + Send + Sync + 'static) {
    let (go, gate): (_, Receiver<()>) = channel();
    let gate = Mutex::new(gate);
    let hold = move |n: u64| {
        RUNS.fetch_add(1, SeqCst);
        if n > 0 {
            gate.lock().unwrap().recv().unwrap();
        }
        n
    };
    (go, hold)
}

fn main() {
    let begin = Instant::now();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "here" => {
            // In this process, and what it changes is changed.
            let pool = builder().start_shared(|n: u64| {
                RUNS.fetch_add(1, SeqCst);
                (n, id(), thread::current().name().unwrap_or_default().to_owned())
            });
            let pool = pool.unwrap();
            let is_threads = pool.backend() == Backend::Threads;
            for (n, (value, process, thread)) in (0..).zip(pool.map(0..100).unwrap()) {
                assert_eq!((value, process), (n, id()));
                assert_eq!(thread.starts_with("pool."), is_threads, "{thread}");
            }
            assert!(RUNS.load(SeqCst) == 100 && children().is_empty() && pool.workers().is_empty());
            let stats = pool.stats();
            assert_eq!((stats.items, stats.workers.iter().map(|worker| worker.items).sum::<u64>()), (100, 100));
            assert_eq!(stats.workers.len(), if is_threads { 2 } else { 1 });
        }
        "panics" => {
            let pool = builder().start_shared(|n: u64| if n % 10 == 3 { panic!("no {n}") } else { n }).unwrap();
            for chunk in [1, 7, 100] {
                let results: Vec<_> = pool.imap(0..100).chunk(chunk).collect();
                for (n, result) in (0..).zip(&results) {
                    let Err(error) = result else { continue };
                    assert!(n % 10 == 3 && error.index() as u64 == n);
                    assert!(matches!(error.kind(), TaskErrorKind::Panicked(_, TaskStage::Running)));
                    assert!(error.to_string().starts_with(&format!("item {n} panicked at tests/src/bin")), "{error}");
                    assert!(error.to_string().ends_with(&format!(": no {n}")), "{error}");
                }
                assert_eq!(results.iter().filter(|result| result.is_err()).count(), 10);
            }
        }
        "unshared" => {
            // A function that threads may not share runs sequentially.
            let sum = Rc::new(Cell::new(0));
            let pool = builder().start(|n: u64| {
                sum.set(sum.get() + n);
                sum.get()
            });
            let pool = pool.unwrap();
            assert_eq!((pool.backend(), pool.map([1, 2, 3]).unwrap()), (Backend::Sequential, vec![1, 3, 6]));
            assert_eq!(sum.get(), 6);
            let pool = builder().start_with(|| Rc::new(1), |state, n: u64| Rc::get_mut(state).map(|one| *one + n));
            assert_eq!(pool.unwrap().map([1, 2]).unwrap(), [Some(2), Some(3)]);
        }
        "init-fails" => {
            let error = builder().start_with(|| -> u8 { panic!("no state") }, |_, n: u64| n).unwrap_err();
            assert_eq!(error.panic().unwrap().message(), "no state");
            // Later: the items that are left fail, and none is lost.
            let made = Cell::new(0);
            let init = || {
                made.set(made.get() + 1);
                assert!(made.get() < 2, "no state");
            };
            let pool = builder().start_with(init, |(), n: u64| assert!(n != 3, "out of luck")).unwrap();
            let results: Vec<_> = pool.imap(0..10).chunk(5).collect();
            assert_eq!(
                results.iter().map(Result::is_ok).collect::<Vec<_>>(),
                [true, true, true, false, false, false, false, false, false, false]
            );
            assert!(matches!(results[3].as_ref().unwrap_err().kind(), TaskErrorKind::Panicked(..)));
            assert!(matches!(results[9].as_ref().unwrap_err().kind(), TaskErrorKind::NotRun(_)));
        }
        "lazy" => {
            // Nothing runs before somebody waits, and then no more than is asked for.
            let pool = builder().start_shared(|n: u64| RUNS.fetch_add(1, SeqCst) as u64 + n).unwrap();
            let tasks: Vec<_> = (0..3).map(|n| pool.submit(n)).collect();
            assert_eq!(RUNS.load(SeqCst), 0);
            assert!(tasks[2].cancel() && tasks[2].try_join().unwrap().unwrap_err().is_cancelled());
            assert_eq!(tasks[0].join_timeout(Duration::from_secs(9)).unwrap().unwrap(), 0);
            until(|| tasks[1].is_done());
            assert_eq!(RUNS.load(SeqCst), 2);
            drop(pool);
            assert_eq!(tasks[1].try_join().unwrap().unwrap(), 2);
        }
        "cancel" => {
            // What has begun goes on; what has not is cancelled, by itself or with the pool.
            let (go, hold) = held();
            let pool = builder().start_shared(hold).unwrap();
            let tasks: Vec<_> = (0..5).map(|n| pool.submit(n)).collect();
            assert_eq!(tasks[0].join_timeout(Duration::from_secs(9)).unwrap().unwrap(), 0);
            while RUNS.load(SeqCst) < 3 {
                assert!(!tasks[1].is_done());
            }
            assert!(!tasks[1].cancel() && tasks[4].cancel() && !tasks[4].cancel());
            (0..3).for_each(|_| go.send(()).unwrap());
            pool.shutdown(Shutdown::Wait);
            for (n, task) in (0..).zip(tasks) {
                match task.join() {
                    Ok(value) => assert_eq!(value, n),
                    Err(error) => assert!(error.is_cancelled() && n == 4),
                }
            }
        }
        "ends" => {
            let (_go, hold) = held();
            let pool = builder().start_shared(hold).unwrap();
            let tasks: Vec<_> = (1..9).map(|n| pool.submit(n)).collect();
            while RUNS.load(SeqCst) < 2 {
                assert!(!tasks[0].is_done());
            }
            pool.shutdown(Shutdown::Now);
            assert!(tasks.into_iter().all(|task| task.join().unwrap_err().is_cancelled()));
            assert!(begin.elapsed() < Duration::from_secs(5));
        }
        "beside" => {
            // Where there are no threads, processes can be started.
            let pool = builder().start_shared(|n: u64| n).unwrap();
            let is_threads = pool.backend() == Backend::Threads;
            assert_eq!(pool.map([7]).unwrap(), [7]);
            assert_eq!(spawn(|| 7).is_err(), is_threads);
            drop(pool);
            assert_eq!(spawn(|| 7).unwrap().join().unwrap(), 7);
        }
        "nonsense" => {
            let error = Pool::new(|n: u64| n).unwrap_err().to_string();
            assert_eq!(error, "`MP_POOL_BACKEND` is `fibers`; set it to `processes`, `threads` or `sequential`");
        }
        scene => panic!("no scene `{scene}`"),
    }
}
