//! What becomes of items.

use std::process::{Command, abort, id};
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use mp_runtime::{Pool, PoolBuilder, Shutdown, StartMethod, TaskError, TaskErrorKind, TaskStage, is_overdue};

use crate::fixture_kit::{self, until};
use crate::functions::{Counters, SOON, again, counters, ends, nap};

pub(crate) fn maps(builder: PoolBuilder<StartMethod>) {
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

pub(crate) fn failures(builder: PoolBuilder<StartMethod>) {
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
    // 45 have died, and one at least has lived to the end.
    let restarts = pool.stats().restarts;
    assert!((43..=45).contains(&restarts), "{restarts}");
}

pub(crate) fn times(builder: PoolBuilder<StartMethod>) {
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
pub(crate) fn cancels(builder: PoolBuilder<StartMethod>) {
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

pub(crate) fn retries(builder: PoolBuilder<StartMethod>) {
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

/// A pool in a worker of a pool, by the same method.
pub(crate) fn nested(builder: PoolBuilder<StartMethod>, method: StartMethod) {
    let inner = |by_exec: &mut bool, n: u64| {
        let method = if *by_exec { StartMethod::Exec } else { StartMethod::ForkServer };
        let pool = Pool::builder().workers(2).start_method(method).start(|n: u64| n * n).unwrap();
        pool.map(0..n).unwrap().into_iter().sum::<u64>()
    };
    let pool = builder.workers(2).start_given(method == StartMethod::Exec, |by_exec| *by_exec, inner).unwrap();
    assert_eq!(pool.map(1..=4).unwrap(), [0, 1, 5, 14]);
}
