//! Process functions that are `async`; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::convert::Infallible;
use std::env;
use std::io::{Read, Write};
use std::time::Duration;

use mp_runtime::{ExitKind, process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::task;
use tokio::time::{sleep, timeout};

const MOMENT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(5);

/// Uses all that a runtime has: tasks, timers, descriptors.
#[process]
async fn count(text: &str) -> usize {
    let words = text.split(' ').count();
    let (mut here, mut there) = UnixStream::pair().unwrap();
    let task = task::spawn(async move {
        sleep(MOMENT).await;
        there.write_all(&[1; 3]).await.unwrap();
    });
    let mut read = Vec::new();
    here.read_to_end(&mut read).await.unwrap();
    task.await.unwrap();
    words + read.len()
}

#[process]
async fn parse<T: std::str::FromStr<Err: std::fmt::Display>>((text, _): (&str, T)) -> Result<String, T::Err> {
    sleep(MOMENT).await;
    text.parse::<T>().map(|_| text.to_owned())
}

#[process]
async fn panics() {
    sleep(MOMENT).await;
    panic!("out of luck");
}

#[process(daemon)]
async fn serve() -> ! {
    loop {
        sleep(MOMENT).await;
    }
}

#[process(start = forkserver)]
async fn double(n: u32) -> u32 {
    sleep(MOMENT).await;
    2 * n
}

#[process(start = exec)]
async fn halve(n: u32) -> Result<u32, String> {
    sleep(MOMENT).await;
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err("odd".to_owned()) }
}

/// Leaves behind a task that never ends, and a thread of the pool for what blocks.
#[process]
async fn leaves_work() -> u32 {
    task::spawn(std::future::pending::<()>());
    task::spawn_blocking(|| -> Infallible {
        loop {
            std::thread::park();
        }
    });
    sleep(MOMENT).await;
    5
}

#[process]
async fn nested(depth: u32) -> u32 {
    sleep(MOMENT).await;
    if depth == 0 { 0 } else { 1 + double(depth).await }
}

#[process(unsafe(threads))]
async fn beside_threads() -> u32 {
    count("a b").await as u32
}

fn values() {
    assert_eq!(count::spawn("lucky is a good man").unwrap().join().unwrap(), 8);
    assert_eq!(parse::spawn(("17", 0_u8)).unwrap().join().unwrap(), "17");
    let error = parse::spawn(("seventeen", 0_u8)).unwrap().join().unwrap_err();
    assert!(error.to_string().ends_with("failed: invalid digit found in string"), "{error}");
    assert_eq!(leaves_work::spawn().unwrap().join().unwrap(), 5);
    assert_eq!(nested::process(2).name("nest").spawn().unwrap().join().unwrap(), 5);
}

fn ends() {
    let error = panics::spawn().unwrap().join().unwrap_err();
    let Some(ExitKind::Panicked(panic)) = error.exit().map(|exit| exit.kind()) else { panic!("{error}") };
    assert_eq!(panic.message(), "out of luck");
    let child = serve::spawn().unwrap();
    assert!(child.join_timeout(4 * MOMENT).is_none());
    child.terminate().unwrap();
    let error = child.join().unwrap_err();
    assert_eq!(error.exit().and_then(|exit| exit.signal()), Some(libc::SIGTERM));
}

fn methods() {
    assert_eq!(double::spawn(21).unwrap().join().unwrap(), 42);
    assert_eq!(double::process(21).start(mp_runtime::StartMethod::Fork).spawn().unwrap().join().unwrap(), 42);
    assert_eq!(halve::spawn(42).unwrap().join().unwrap(), 21);
    assert!(halve::spawn(7).unwrap().join().unwrap_err().to_string().ends_with("failed: odd"));
}

fn in_process() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(async { count("a b").await + double(1).await as usize }), 7);
}

/// What becomes of a task that is spawned by a fork made inside of a runtime.
#[process]
fn inside() -> bool {
    let task = Handle::current().spawn(async { 1 });
    // This thread has not left the runtime of the parent, and never will. Another can have one of its own.
    let waits = std::thread::spawn(|| {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async { task.await.is_err() })
    });
    waits.join().unwrap()
}

fn fork_inside_of_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let alive = task::spawn(sleep(MOMENT));
        let error = count::spawn("a b").unwrap_err();
        assert!(error.is_inside_runtime() && !error.is_threaded());
        let text = error.to_string();
        for words in
            ["process `count` could not be started", "`async`", "inside of a tokio runtime", "`forkserver`", "`exec`"]
        {
            assert!(text.contains(words), "{text}");
        }
        let error = beside_threads::spawn().unwrap_err();
        assert!(error.is_inside_runtime());

        assert!(inside::spawn().unwrap().join().unwrap());
        assert_eq!(mp_runtime::spawn(|| 7).unwrap().join().unwrap(), 7);
        assert_eq!(double::spawn(21).unwrap().join().unwrap(), 42);
        assert_eq!(halve::spawn(42).unwrap().join().unwrap(), 21);
        alive.await.unwrap();
    });
    // It was left: a process may be `async` again.
    assert_eq!(count::spawn("a b").unwrap().join().unwrap(), 5);
}

#[process]
fn plain() {}

fn fork_of_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for refused in
            [plain::spawn().unwrap_err(), task::spawn(async { count::spawn("a").unwrap_err() }).await.unwrap()]
        {
            assert!(refused.is_threaded() && !refused.is_inside_runtime());
            let text = refused.to_string();
            for words in ["this program has 3 threads", "`forkserver`", "`exec`"] {
                assert!(text.contains(words), "{text}");
            }
        }
        let doubled = task::spawn_blocking(|| double::spawn(21).unwrap().join().unwrap());
        assert_eq!(doubled.await.unwrap(), 42);
    });
    drop(runtime);
    assert_eq!(count::spawn("a b").unwrap().join().unwrap(), 5);
}

/// What is in the epoll sets of this process, by procfs.
fn watched() -> Vec<String> {
    let mut watched = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fdinfo").unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        watched.extend(text.lines().filter(|line| line.starts_with("tfd:")).map(str::to_owned));
    }
    watched.sort();
    watched
}

/// A forked child uses a runtime of its parent, as well as one can: what it does there stays there.
fn runtime_of_the_parent_in_a_child() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    there.set_nonblocking(true).unwrap();
    let mut there = runtime.block_on(async { Some(UnixStream::from_std(there).unwrap()) });
    let before = watched();
    assert!(!before.is_empty());

    let (ready, go) = std::io::pipe().unwrap();
    let (forever, _held) = std::io::pipe().unwrap();
    let child = mp_runtime::spawn(|| {
        runtime.block_on(async {
            // Registers two more.
            let (mut one, mut two) = UnixStream::pair().unwrap();
            one.write_all(&[1]).await.unwrap();
            assert_eq!(two.read_u8().await.unwrap(), 1);
            sleep(MOMENT).await;
            std::mem::forget((one, two));
        });
        // Takes out one of the parent's.
        drop(there.take());
        (&go).write_all(&[1]).unwrap();
        (&forever).read_exact(&mut [0]).unwrap();
    });
    let child = child.unwrap();
    (&ready).read_exact(&mut [0]).unwrap();
    assert_eq!(watched(), before);
    (&here).write_all(&[3]).unwrap();
    let read = runtime.block_on(async { timeout(LONG, there.as_mut().unwrap().read_u8()).await });
    assert_eq!(read.unwrap().unwrap(), 3);
    child.kill().unwrap();
    assert!(child.join().is_err());
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("values") => values(),
        Some("ends") => ends(),
        Some("methods") => methods(),
        Some("in-process") => in_process(),
        Some("inside") => fork_inside_of_one_thread(),
        Some("threads") => fork_of_many_threads(),
        Some("shared") => runtime_of_the_parent_in_a_child(),
        other => panic!("no scene {other:?}"),
    }
}
