//! What holds for a pool however its workers are started. The first argument names a start method, the second a scene. Silent
//! and code 0 if all is as it should be.

use std::env;
use std::process::{Command, abort, exit, id};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::{pass, until};
use mp_runtime::{
    Pool, PoolBuilder, Sender, SharedSlice, Shutdown, StartMethod, TaskError, TaskErrorKind, TaskStage,
    active_children, channel, fork_server, is_overdue, par_map, spawn,
};
use nix::sys::signal::{Signal, kill, raise};

mod fixture_kit;

const SOON: Duration = Duration::from_secs(10);

type Counters = SharedSlice<AtomicU32>;

fn counters(count: usize) -> (Counters, Counters) {
    let counters = Counters::zeroed(count).unwrap();
    (counters.try_clone().unwrap(), counters)
}

/// In the place of its initialiser, where a state is what is given.
fn again(counters: &Counters) -> Counters {
    counters.try_clone().unwrap()
}

/// Sends its worker's id when that leaves.
struct Farewell(Sender<u32>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.send(id()).unwrap();
    }
}

fn kill_one(pool: &Pool<'_, usize, usize>, which: usize) {
    let workers = pool.workers();
    if let Some(worker) = workers.get(which % workers.len().max(1)) {
        let _ = kill(fixture_kit::pid(*worker), Signal::SIGKILL);
    }
}

fn nap(millis: u64) -> u64 {
    pass(Duration::from_millis(millis));
    millis
}

fn ends(n: u64) -> u64 {
    match n % 20 {
        3 => abort(),
        7 => exit(7),
        11 => raise(Signal::SIGKILL).unwrap(),
        15 => panic!("no {n}"),
        _ => {}
    }
    n
}

fn maps(builder: PoolBuilder<StartMethod>) {
    let pool = builder.workers(3).start(|(n, text): (u64, Vec<u8>)| (n, text, id())).unwrap();
    for chunk in [1, 7, 1000] {
        let items = (0..200).map(|n| (n, vec![n as u8; if n % 50 == 7 { 200 << 10 } else { 3 }]));
        for (n, result) in (0..).zip(pool.imap(items).chunk(chunk)) {
            let (value, text, worker) = result.unwrap();
            assert!(value == n && text.iter().all(|byte| *byte == n as u8) && worker != id());
        }
    }
    let tasks: Vec<_> = (0..500).map(|n| pool.submit((n, Vec::new()))).collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.join().unwrap().0, n);
    }
    pool.shutdown(Shutdown::Wait);
}

fn failures(builder: PoolBuilder<StartMethod>) {
    let pool = builder.workers(3).start(ends).unwrap();
    for chunk in [1, 5, 1000] {
        let results: Vec<_> = pool.imap(0..100).chunk(chunk).collect();
        let ended = |n: usize| results[n].as_ref().unwrap_err().exit().unwrap();
        for n in (0..100).step_by(20) {
            assert_eq!(
                (ended(n + 3).signal(), ended(n + 7).code(), ended(n + 11).signal()),
                (Some(6), Some(7), Some(9))
            );
            let panicked = results[n + 15].as_ref().unwrap_err();
            assert!(matches!(panicked.kind(), TaskErrorKind::Panicked(_, TaskStage::Running)), "{panicked}");
            assert!(panicked.to_string().ends_with(&format!(": no {}", n + 15)), "{panicked}");
        }
        let values = results.iter().enumerate().filter_map(|(n, result)| Some((n as u64, *result.as_ref().ok()?)));
        assert_eq!(values.filter(|(n, value)| n == value).count(), 80);
    }
    assert_eq!(pool.stats().restarts, 45);
}

/// Workers are killed while they work: each item is run once, or not at all and that is told.
fn kills(builder: PoolBuilder<StartMethod>) {
    const ITEMS: usize = 20_000;
    let (runs, given) = counters(ITEMS);
    let count = |runs: &mut Counters, n: usize| {
        runs[n].fetch_add(1, SeqCst);
        n
    };
    let pool = builder.workers(2).start_given(given, again, count).unwrap();
    let (mut killed, mut lost) = (0, 0);
    for (n, result) in pool.imap(0..ITEMS).enumerate() {
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
    assert!(lost <= killed && pool.stats().restarts >= 5, "{lost} lost, {:?}", pool.stats());
}

fn initialisers(builder: PoolBuilder<StartMethod>) {
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

/// The state is dropped at the end of its worker, and an end of a channel in what is given is each worker's own.
fn farewells(builder: PoolBuilder<StartMethod>) {
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

fn times(builder: PoolBuilder<StartMethod>) {
    let begin = Instant::now();
    let limit = Duration::from_millis(200);
    let pool = builder.clone().workers(2).timeout(limit).start(nap).unwrap();
    let results: Vec<_> = pool.imap((0..20).map(|n| if n == 5 { 60_000 } else { 1 })).chunk(4).collect();
    let late: Vec<&TaskError> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(late.len() == 1 && late[0].index() == 5 && late[0].is_timeout(), "{late:?}");
    drop(pool);
    let search = |from: u64| (from..).take_while(|_| !is_overdue()).last();
    let pool = builder.soft_timeout(Duration::from_millis(30)).workers(1).start(search).unwrap();
    assert!(pool.map([1]).unwrap()[0] > Some(1));
    assert!(begin.elapsed() >= limit && begin.elapsed() < SOON);
}

/// A task that runs is cancelled with all that it has started, and its neighbours are done.
fn cancels(builder: PoolBuilder<StartMethod>) {
    let begin = Instant::now();
    let (ids, given) = counters(1);
    let work = |ids: &mut Counters, n: u64| {
        if n == 0 {
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            ids[0].store(child.id(), SeqCst);
            child.wait().unwrap();
        }
        n
    };
    let pool = builder.workers(1).start_given(given, again, work).unwrap();
    let (running, queued, other) = (pool.submit(0), pool.submit(1), pool.submit(2));
    until(|| {
        pool.workers();
        ids[0].load(SeqCst) > 0
    });
    assert!(queued.cancel() && running.cancel() && !running.cancel());
    assert!(queued.join().unwrap_err().is_cancelled() && running.join().unwrap_err().is_cancelled());
    assert_eq!((other.join().unwrap(), pool.stats().restarts), (2, 1));
    until(|| fixture_kit::stat(ids[0].load(SeqCst)).is_none_or(|(state, _)| state == 'Z'));
    assert!(begin.elapsed() < SOON);
}

fn retries(builder: PoolBuilder<StartMethod>) {
    let (tries, given) = counters(1);
    let flaky = |tries: &mut Counters, n: u64| {
        if n == 3 && tries[0].fetch_add(1, SeqCst) < 2 || n == 4 {
            abort();
        }
        n
    };
    let pool = builder.workers(2).retries(2).start_given(given, again, flaky).unwrap();
    let results: Vec<_> = pool.imap(0..10).chunk(5).collect();
    let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failed.len() == 1 && failed[0].index() == 4 && failed[0].attempts() == 3, "{failed:?}");
    assert_eq!(tries[0].load(SeqCst), 3);
}

/// Workers are replaced, and there are more or fewer of them, as is said.
fn sizes(builder: PoolBuilder<StartMethod>) {
    let pool = builder.clone().workers(1).max_tasks(3).start(|()| id()).unwrap();
    let ids: Vec<u32> = pool.imap((0..9).map(|_| ())).chunk(1).map(Result::unwrap).collect();
    assert!(ids.chunks(3).all(|three| three.iter().all(|id| *id == three[0])));
    assert!(ids[0] != ids[3] && ids[3] != ids[6]);
    drop(pool);
    let leaky = |n: u8| std::mem::forget(vec![n; 10 << 20]);
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

fn endings(builder: PoolBuilder<StartMethod>) {
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

/// A pool in a worker of a pool, by the same method.
fn nested(builder: PoolBuilder<StartMethod>, method: StartMethod) {
    let inner = |by_exec: &mut bool, n: u64| {
        let method = if *by_exec { StartMethod::Exec } else { StartMethod::ForkServer };
        let pool = Pool::builder().workers(2).start_method(method).start(|n: u64| n * n).unwrap();
        pool.map(0..n).unwrap().into_iter().sum::<u64>()
    };
    let pool = builder.workers(2).start_given(method == StartMethod::Exec, |by_exec| *by_exec, inner).unwrap();
    assert_eq!(pool.map(1..=4).unwrap(), [0, 1, 5, 14]);
}

/// From a program with threads: it works, or the error tells what does.
fn threads(builder: PoolBuilder<StartMethod>, method: StartMethod) {
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
        assert_eq!(pool.stats().restarts, 3);
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

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let method = match &*words[0] {
        "fork" => StartMethod::Fork,
        "forkserver" => StartMethod::ForkServer,
        "parked" => {
            fork_server().parked(2).start().unwrap();
            StartMethod::ForkServer
        }
        "exec" => StartMethod::Exec,
        "beside-threads" => {
            // They come and go and allocate, for as long as the program runs.
            thread::spawn(|| {
                loop {
                    drop(thread::spawn(|| vec![1_u8; 10_000].len()).join());
                    pass(Duration::from_micros(200));
                }
            });
            StartMethod::ForkServer
        }
        other => panic!("no method {other}"),
    };
    let builder = Pool::builder().start_method(method);
    match &*words[1] {
        "maps" => maps(builder),
        "failures" => failures(builder),
        "kills" => kills(builder),
        "initialisers" => initialisers(builder),
        "farewells" => farewells(builder),
        "times" => times(builder),
        "cancels" => cancels(builder),
        "retries" => retries(builder),
        "sizes" => sizes(builder),
        "endings" => endings(builder),
        "nested" => nested(builder, method),
        "threads" => threads(builder, method),
        scene => panic!("no scene {scene}"),
    }
}
