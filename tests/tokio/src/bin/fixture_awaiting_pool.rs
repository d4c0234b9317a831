//! Pools whose tasks are awaited in a runtime, mostly of one thread; the first argument names a scene, the second a runtime. Silent and
//! code 0 if all is as it should be.

use std::time::Duration;

use awaiting_kit::{MOMENT, arguments, soon};
use mp_runtime::{Backend, Pool, StartMethod, TaskErrorKind};
use tokio::time::{sleep, timeout};

mod awaiting_kit;

fn pass(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

/// More tasks than workers have room for, awaited in any order, in one task and in several.
async fn values(backend: Backend) {
    let pool = Pool::builder().workers(2).backend(backend).start(|n: u64| n * n).unwrap();
    let tasks: Vec<_> = (0..200).map(|n| pool.submit(n)).collect();
    for (n, task) in tasks.into_iter().enumerate().rev() {
        assert_eq!(soon(task.into_future()).await.unwrap(), (n * n) as u64);
    }
    let called = std::rc::Rc::new(std::cell::Cell::new(0));
    let told = std::rc::Rc::clone(&called);
    let task = pool.task(4).on_done(move |value| told.set(*value.as_ref().unwrap())).submit();
    assert_eq!((soon(task.into_future()).await.unwrap(), called.get()), (16, 16));
    let [one, two, three] = [1, 2, 3].map(|n| pool.submit(n));
    let all = soon(async { tokio::join!(three.join_async(), one.join_async(), two.join_async()) }).await;
    assert_eq!((all.0.unwrap(), all.1.unwrap(), all.2.unwrap()), (9, 1, 4));
    assert_eq!(soon(three.join_async()).await.unwrap(), 9);

    let local = tokio::task::LocalSet::new();
    let handles: Vec<_> = (0..50).map(|n| local.spawn_local(pool.submit(n).into_future())).collect();
    local
        .run_until(async {
            for (n, handle) in handles.into_iter().enumerate() {
                assert_eq!(soon(handle).await.unwrap().unwrap(), (n * n) as u64);
            }
        })
        .await;
    pool.map(0..10).unwrap();
}

/// Two wait in tasks of their own, and what one takes from the pool is not kept from the other.
async fn others() {
    let pass = |millis| {
        pass(millis);
        millis
    };
    let pool = Pool::builder().workers(2).start(pass).unwrap();
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            for round in 0..50 {
                let (short, long) = (pool.submit(round % 3), pool.submit(round % 5 + 1));
                let long = tokio::task::spawn_local(long.into_future());
                let short = tokio::task::spawn_local(short.into_future());
                assert!(soon(short).await.unwrap().is_ok());
                assert!(soon(long).await.unwrap().is_ok());
            }
            // One that blocks takes what is another's.
            let task = tokio::task::spawn_local(pool.submit(1).into_future());
            tokio::task::yield_now().await;
            assert_eq!(pool.map([2, 3]).unwrap(), [2, 3]);
            assert_eq!(soon(task).await.unwrap().unwrap(), 1);
        })
        .await;
}

/// The loop of the runtime goes on while tasks run; a future that is dropped leaves its task.
async fn selects() {
    let pool = Pool::builder()
        .workers(1)
        .start(|millis: u64| {
            pass(millis);
            millis
        })
        .unwrap();
    let task = pool.submit(200);
    let mut ticks = 0;
    let value = loop {
        tokio::select! {
            value = task.join_async() => break value,
            () = sleep(MOMENT) => ticks += 1,
        }
    };
    assert!(value.unwrap() == 200 && ticks >= 2);
    assert!(timeout(MOMENT, pool.submit(50).into_future()).await.is_err());
    assert_eq!(soon(pool.submit(1).into_future()).await.unwrap(), 1);
}

/// Workers die at their tasks: each fails alone, and others take their places, forked inside of the runtime.
async fn deaths() {
    let pool = Pool::builder()
        .workers(2)
        .start(|n: u64| {
            if n.is_multiple_of(5) {
                std::process::abort();
            }
            n
        })
        .unwrap();
    let tasks: Vec<_> = (0..40).map(|n| pool.submit(n)).collect();
    for (n, task) in tasks.into_iter().enumerate() {
        let value = soon(task.into_future()).await;
        if n % 5 == 0 {
            assert!(value.unwrap_err().exit().is_some());
        } else {
            assert_eq!(value.unwrap(), n as u64);
        }
    }
    let parked = Pool::builder().workers(1).start(|()| pass(60_000)).unwrap();
    let task = parked.submit(());
    // One that is killed before it has begun costs nothing: then the next one is, which is given more time.
    let kills = async {
        for wait in (0..).map(|round| MOMENT * (1 << round)) {
            sleep(wait).await;
            for id in parked.workers() {
                let id = nix::unistd::Pid::from_raw(id as i32);
                nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL).unwrap();
            }
        }
    };
    let value = tokio::select! {
        value = task.join_async() => value,
        () = kills => unreachable!("it has no end"),
    };
    assert_eq!(value.unwrap_err().exit().and_then(|exit| exit.signal()), Some(libc::SIGKILL));
}

/// The time limit of a task ends it while nobody but the runtime waits.
async fn limits() {
    let pool = Pool::builder().workers(1).timeout(5 * MOMENT).start(pass).unwrap();
    let error = soon(pool.submit(60_000).into_future()).await.unwrap_err();
    assert!(matches!(error.kind(), TaskErrorKind::TimedOut(..)), "{error}");
    soon(pool.submit(0).into_future()).await.unwrap();
}

/// In a runtime that has threads, a pool whose workers are not forked.
async fn among_threads(method: StartMethod) {
    assert!(Pool::new(|n: u64| n).unwrap_err().spawn_error().unwrap().is_threaded());
    let end_some = |n: u64| if n.is_multiple_of(5) { std::process::abort() } else { n };
    let pool = Pool::builder().workers(2).start_method(method).start(end_some).unwrap();
    let tasks: Vec<_> = (0..20).map(|n| pool.submit(n)).collect();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(soon(task.into_future()).await.ok(), Some(n as u64).filter(|n| n % 5 != 0));
    }
    // Four have died, and one at least has lived to the end. Who dies last need not be replaced, if the other does what is left.
    let restarts = pool.stats().restarts;
    assert!((3..=4).contains(&restarts), "{restarts}");
}

fn main() {
    let (scene, runtime) = arguments();
    runtime.block_on(async {
        match scene.as_str() {
            "processes" => values(Backend::Processes).await,
            "threads" => values(Backend::Threads).await,
            "sequential" => values(Backend::Sequential).await,
            "others" => others().await,
            "selects" => selects().await,
            "deaths" => deaths().await,
            "limits" => limits().await,
            "forkserver" => among_threads(StartMethod::ForkServer).await,
            "exec" => among_threads(StartMethod::Exec).await,
            other => panic!("no scene {other}"),
        }
    });
}
