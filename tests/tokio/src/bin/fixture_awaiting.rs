//! Programs that wait for processes as futures of tokio; the first argument names a scene, the second a runtime. Silent and code 0 if all
//! is as it should be.

use std::future::Future;
use std::io::Write;

use awaiting_kit::{LONG, MOMENT, arguments, soon};
use mp_runtime::{Child, Sender, channel, current, process};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

mod awaiting_kit;

#[process(start = forkserver)]
fn double(n: u32) -> u32 {
    2 * n
}

#[process(start = forkserver)]
fn park() {
    loop {
        std::thread::park();
    }
}

#[process(start = forkserver)]
fn ignore_terminate(ready: Sender<()>) {
    let ignore = nix::sys::signal::SigSet::from(nix::sys::signal::Signal::SIGTERM);
    ignore.thread_block().unwrap();
    ready.send(()).unwrap();
    park();
}

#[process(start = forkserver)]
fn talks(length: usize) -> usize {
    let text = vec![b'a'; length];
    std::io::stdout().write_all(&text).unwrap();
    std::io::stderr().write_all(&text).unwrap();
    length
}

async fn join() {
    assert_eq!(soon(double::spawn(21).unwrap().into_future()).await.unwrap(), 42);
    let child = double::spawn(4).unwrap();
    assert_eq!((soon(child.join_async()).await.unwrap(), soon(child.join_async()).await.unwrap()), (8, 8));
    assert_eq!(child.await.unwrap(), 8);

    let child = park::spawn().unwrap();
    // Both wait for one process, and so do those that are dropped.
    for _ in 0..3 {
        assert!(timeout(MOMENT, child.join_async()).await.is_err());
    }
    let killed = async {
        sleep(MOMENT).await;
        child.kill().unwrap();
    };
    let (one, two, ()) = soon(async { tokio::join!(child.join_async(), child.exit_async(), killed) }).await;
    assert_eq!(one.unwrap_err().exit().and_then(|exit| exit.signal()), Some(libc::SIGKILL));
    assert_eq!(two.and_then(|exit| exit.signal()), Some(libc::SIGKILL));

    // With its handle dropped, too, the process goes on: a daemon, to its parent's end.
    let child = park::process().daemon(true).spawn().unwrap();
    let id = child.id();
    assert!(timeout(MOMENT, child).await.is_err());
    assert!(mp_runtime::active_children().iter().any(|child| child.id() == id));
}

async fn many() {
    let mut set = JoinSet::new();
    for n in 0..100 {
        let child = double::spawn(n).unwrap();
        set.spawn(async move { child.await.unwrap() });
    }
    let mut doubled = soon(set.join_all()).await;
    doubled.sort_unstable();
    assert!(doubled.into_iter().eq((0..100).map(|n| 2 * n)));
}

async fn stop() {
    let child = park::spawn().unwrap();
    assert_eq!(soon(child.stop_async(LONG)).await.unwrap().signal(), Some(libc::SIGTERM));
    let (ready, is_ready) = channel(1).unwrap();
    let child = ignore_terminate::spawn(ready).unwrap();
    soon(is_ready.recv_async()).await.unwrap();
    assert_eq!(soon(child.stop_async(MOMENT)).await.unwrap().signal(), Some(libc::SIGKILL));
    assert_eq!(soon(child.stop_async(MOMENT)).await.unwrap().signal(), Some(libc::SIGKILL));
}

/// A process with more to say than a pipe holds is read to its end by who awaits it.
async fn pipes() {
    let child =
        talks::process(1 << 20).stdout(mp_runtime::Stdio::Piped).stderr(mp_runtime::Stdio::Piped).spawn().unwrap();
    assert!(timeout(5 * MOMENT, child.join_async()).await.is_err());
    assert_eq!(soon(child.into_future()).await.unwrap(), 1 << 20);
}

#[process(start = forkserver)]
fn starts(count: u32) -> u32 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut set = JoinSet::new();
        let mut sum = 0;
        for n in 0..count {
            set.spawn(async move { double::spawn(n).unwrap().await.unwrap() / 2 });
            if set.len() >= 16 {
                sum += set.join_next().await.unwrap().unwrap() % 7;
            }
        }
        sum + set.join_all().await.into_iter().map(|n| n % 7).sum::<u32>()
    })
}

/// So many starts from a runtime with threads, 16 at a time; none is stuck.
async fn starts_from_threads(count: u32) {
    let mut set = JoinSet::new();
    let (mut sum, mut ended) = (0_u64, 0);
    for n in 0..count {
        set.spawn(async move { double::spawn(n).unwrap().await.unwrap() });
        if set.len() >= 16 {
            sum += u64::from(soon(set.join_next()).await.unwrap().unwrap());
            ended += 1;
        }
    }
    while let Some(value) = soon(set.join_next()).await {
        sum += u64::from(value.unwrap());
        ended += 1;
    }
    assert_eq!((ended, sum), (count, u64::from(count) * u64::from(count - 1)));
}

/// An end that was not moved here, and a handle of another process, say so.
async fn foreign() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let child = park::spawn().unwrap();
    let (inside, outside) = (&child, (&sender, &receiver));
    let told = mp_runtime::spawn(move || {
        let other = std::thread::scope(|scope| {
            let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let all = scope.spawn(move || {
                runtime().block_on(async {
                    let joined = inside.join_async().await.unwrap_err().to_string();
                    let sent = outside.0.send_async(1).await.unwrap_err().to_string();
                    [joined, sent, outside.1.recv_async().await.unwrap_err().to_string()]
                })
            });
            all.join().unwrap()
        });
        (current().name().to_owned(), other)
    });
    let (_, [joined, sent, received]) = soon(told.unwrap().into_future()).await.unwrap();
    assert!(joined.contains("was started by another process"), "{joined}");
    assert!(sent.contains("was not moved") && received.contains("was not moved"), "{sent} {received}");
    child.kill().unwrap();
    assert!(soon(child.into_future()).await.is_err());
}

fn without_a_runtime() {
    let child = park::spawn().unwrap();
    let panic = std::panic::catch_unwind(|| {
        let mut join = std::pin::pin!(child.join_async());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = join.as_mut().poll(&mut cx);
    });
    let panic = panic.unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("there is no reactor running"));
    child.kill().unwrap();
    assert!(child.join().is_err());
}

fn main() {
    let (scene, runtime) = arguments();
    if scene == "without" {
        drop(runtime);
        return without_a_runtime();
    }
    runtime.block_on(async {
        match scene.as_str() {
            "join" => join().await,
            "many" => many().await,
            "stop" => stop().await,
            "pipes" => pipes().await,
            "foreign" => foreign().await,
            "in-a-child" => drop::<Child<u32>>(starts::spawn(50).unwrap()),
            count => starts_from_threads(count.parse().expect("a scene, or a number of starts")).await,
        }
    });
}
