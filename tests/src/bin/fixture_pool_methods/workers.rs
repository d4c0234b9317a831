//! What becomes of workers.

use std::process::{exit, id};
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use mp_runtime::{Pool, PoolBuilder, Sender, Shutdown, StartMethod, active_children, channel, par_map, spawn};
use nix::sys::signal::{Signal, kill};

use crate::fixture_kit::{self, until};
use crate::functions::{Counters, SOON, again, counters, ends, nap};

fn kill_one(pool: &Pool<'_, usize, usize>, which: usize) {
    let workers = pool.workers();
    if let Some(worker) = workers.get(which % workers.len().max(1)) {
        let _ = kill(fixture_kit::pid(*worker), Signal::SIGKILL);
    }
}

/// Workers are killed while they work: each item is run once, or not at all and that is told.
pub(crate) fn kills(builder: PoolBuilder<StartMethod>) {
    const ITEMS: usize = 20_000;
    let (runs, given) = counters(ITEMS);
    let count = |runs: &mut Counters, n: usize| {
        runs[n].fetch_add(1, SeqCst);
        n
    };
    let pool = builder.workers(2).start_given(given, again, count).unwrap();
    let (mut killed, mut lost) = (0, 0);
    // Never so far ahead that there is nothing left to do for who takes the place of another.
    for (n, result) in pool.imap(0..ITEMS).in_flight(500).enumerate() {
        let times = runs[n].load(SeqCst);
        match result {
            Ok(value) => assert_eq!((value, times), (n, 1)),
            Err(error) => {
                assert!(error.exit().and_then(|exit| exit.signal()) == Some(9) && times <= 1, "{error}");
                lost += 1;
            }
        }
        if n % 2000 == 1000 {
            kill_one(&pool, n / 2000);
            killed += 1;
        }
    }
    assert!(lost <= killed && pool.stats().restarts >= 3, "{lost} lost, {:?}", pool.stats());
}

pub(crate) fn initialisers(builder: PoolBuilder<StartMethod>) {
    let begin = Instant::now();
    let failing = |seed: &u8| -> u8 { if *seed == 5 { panic!("no state") } else { *seed } };
    let error = builder.clone().workers(3).start_given(5, failing, |_, n: u64| n).unwrap_err();
    assert_eq!(error.panic().unwrap().message(), "no state");
    let error = builder.clone().workers(2).start_with(|| -> u8 { exit(3) }, |_, n: u64| n).unwrap_err();
    assert_eq!(error.exit().and_then(|exit| exit.code()), Some(3));
    assert!(begin.elapsed() < SOON);
    // More than goes into a message, and anew after a panic.
    let given: Vec<u64> = (0..100_000).collect();
    let init = |given: &Vec<u64>| (given.clone(), id(), 0_u64);
    let work = |(data, worker, count): &mut (Vec<u64>, u32, u64), n: usize| {
        *count += 1;
        assert!(*count != 3, "out of luck");
        (data[n], *worker, id(), *count)
    };
    let pool = builder.workers(2).start_given(given, init, work).unwrap();
    let results: Vec<_> = pool.imap((0..40).map(|n| n * 2000)).chunk(1).collect();
    let panics = results.iter().filter(|result| result.is_err()).count();
    assert!((10..=13).contains(&panics), "{panics}");
    for (n, result) in results.into_iter().enumerate() {
        let Ok((value, initialised, here, count)) = result else { continue };
        assert!(value == n as u64 * 2000 && initialised == here && here != id() && count < 3);
    }
}

/// Sends its worker's id when that leaves.
struct Farewell(Sender<u32>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.send(id()).unwrap();
    }
}

/// The state is dropped at the end of its worker, and an end of a channel in what is given is each worker's own.
pub(crate) fn farewells(builder: PoolBuilder<StartMethod>) {
    let (sender, receiver) = channel::<u32>(100).unwrap();
    let farewell = |sender: &Sender<u32>| Farewell(sender.clone());
    let pool = builder.workers(2).max_tasks(3).start_given(sender, farewell, |_, ()| id()).unwrap();
    let workers: Vec<_> = pool.imap((0..12).map(|_| ())).chunk(1).map(Result::unwrap).collect();
    let at = |worker: u32| workers.iter().filter(|other| **other == worker).count();
    assert!(workers.iter().all(|worker| at(*worker) <= 3));
    pool.shutdown(Shutdown::Wait);
    // The pool had the last sender of this process.
    let mut left: Vec<u32> = receiver.into_iter().collect();
    let mut workers = workers;
    [&mut left, &mut workers].into_iter().for_each(|ids| ids.sort_unstable());
    workers.dedup();
    assert!(
        workers.iter().all(|worker| left.contains(worker)) && left.windows(2).all(|two| two[0] != two[1]),
        "{left:?}"
    );
}

/// Workers are replaced, and there are more or fewer of them, as is said.
pub(crate) fn sizes(builder: PoolBuilder<StartMethod>) {
    let pool = builder.clone().workers(1).max_tasks(3).start(|()| id()).unwrap();
    let ids: Vec<u32> = pool.imap((0..9).map(|_| ())).chunk(1).map(Result::unwrap).collect();
    assert!(ids.chunks(3).all(|three| three.iter().all(|id| *id == three[0])));
    assert!(ids[0] != ids[3] && ids[3] != ids[6]);
    drop(pool);
    let leaky = |n: u8| std::mem::forget(std::hint::black_box(vec![n; 10 << 20]));
    let pool = builder.clone().workers(1).max_memory(25 << 20).start(leaky).unwrap();
    pool.map(1..=6).unwrap();
    assert_eq!(pool.stats().restarts, 1);
    drop(pool);
    let pool = builder.clone().workers(1).start(|n: u64| n).unwrap();
    pool.resize(3).unwrap();
    assert_eq!((pool.workers().len(), pool.map(0..100).unwrap().len()), (3, 100));
    pool.resize(1).unwrap();
    until(|| pool.workers().len() == 1);
    assert_eq!(pool.map(0..100).unwrap().len(), 100);
    drop(pool);
    let pool =
        builder.workers(2).name("squares").idle_timeout(Duration::from_millis(30)).start(|n: u64| n * n).unwrap();
    let first = pool.workers();
    assert!(first.iter().all(|worker| std::fs::read_to_string(format!("/proc/{worker}/comm")).is_ok()));
    assert_eq!(pool.map(0..3).unwrap(), [0, 1, 4]);
    until(|| pool.workers().is_empty());
    assert_eq!(pool.map(0..3).unwrap(), [0, 1, 4]);
}

pub(crate) fn endings(builder: PoolBuilder<StartMethod>) {
    let begin = Instant::now();
    for how in [Shutdown::Cancel, Shutdown::Now, Shutdown::Wait] {
        let pool = builder.clone().workers(2).start(nap).unwrap();
        let tasks: Vec<_> = (0..50).map(|n| pool.submit(n % 3)).collect();
        pool.shutdown(how);
        for task in tasks {
            assert!(task.join().map_or_else(|error| error.is_cancelled() && how != Shutdown::Wait, |_| true));
        }
    }
    let pool = builder.clone().workers(2).start(nap).unwrap();
    let tasks: Vec<_> = (0..4).map(|_| pool.submit(60_000)).collect();
    pool.shutdown(Shutdown::Now);
    assert!(tasks.into_iter().all(|task| task.join().unwrap_err().is_cancelled()));
    drop(builder.workers(2).start(nap).unwrap());
    assert!(begin.elapsed() < SOON && active_children().is_empty());
}

/// From a program with threads: it works, or the error tells what does.
pub(crate) fn threads(builder: PoolBuilder<StartMethod>, method: StartMethod) {
    let (stop, wait) = std::sync::mpsc::channel::<()>();
    let beside = thread::spawn(move || wait.recv().is_err());
    let started = builder.workers(2).start(ends);
    if method == StartMethod::Fork {
        let error = started.unwrap_err();
        assert!(error.spawn_error().unwrap().is_threaded());
        let text = error.to_string();
        assert!(
            text.contains("this program has 2 threads") && text.contains("`Pool::builder().start_method("),
            "{text}"
        );
        assert!(!text.contains("#[process"), "{text}");
        let text = Pool::new(|n: u64| n).unwrap_err().to_string();
        assert!(text.contains("start_method") && !text.contains("#[process"), "{text}");
        let text = par_map(&[1], |n| n + 1).unwrap_err().to_string();
        assert!(text.contains("start_method") && text.contains("`par_map`") && !text.contains("#[process"), "{text}");
        let text = spawn(|| 1).unwrap_err().to_string();
        assert!(text.contains("closure is always forked") && !text.contains("Pool"), "{text}");
    } else {
        let pool = started.unwrap();
        let results: Vec<_> = pool.imap(0..20).collect();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 16);
        // Three have died, and one at least has lived to the end.
        let restarts = pool.stats().restarts;
        assert!((2..=3).contains(&restarts), "{restarts}");
        // And in a thread that is not the first.
        let elsewhere = thread::spawn(move || {
            let pool = Pool::builder().workers(2).start_method(method).start(|n: u64| n + 1).unwrap();
            pool.map(0..3).unwrap()
        });
        assert_eq!(elsewhere.join().unwrap(), [1, 2, 3]);
    }
    drop(stop);
    assert!(beside.join().unwrap());
}
