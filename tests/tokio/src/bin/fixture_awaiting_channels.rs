//! Programs that wait for channels as futures of tokio; the first argument names a scene, the second a runtime. Silent
//! and code 0 if all is as it should be.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::thread;
use std::time::Instant;

use awaiting_kit::{MOMENT, arguments, soon};
use futures_util::{SinkExt, StreamExt, stream};
use mp_runtime::{Duplex, Fd, OnceSender, Receiver, RecvError, SendError, Sender, channel, duplex, oneshot, process};
use tokio::task;
use tokio::time::{sleep, timeout};

mod awaiting_kit;

fn park() {
    loop {
        thread::park();
    }
}

#[process(start = forkserver)]
fn numbers(numbers: Sender<u32>, count: u32) {
    (0..count).for_each(|number| numbers.send(number).unwrap());
}

#[process(start = forkserver)]
fn sum(numbers: Receiver<u32>) -> u32 {
    numbers.into_iter().sum()
}

#[process(start = forkserver)]
fn hold<T>(_end: T, ready: Sender<()>)
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    ready.send(()).unwrap();
    park();
}

#[process(start = forkserver)]
async fn relay(peer: Duplex<u32, u32>) -> u32 {
    let mut count = 0;
    while let Ok(number) = peer.recv_async().await {
        peer.send_async(number + 1).await.unwrap();
        count += 1;
    }
    count
}

#[process(start = forkserver)]
fn answer(questions: Receiver<(u32, OnceSender<String>)>) {
    for (number, to) in questions {
        if number == 0 {
            std::process::abort();
        }
        to.send(number.to_string()).unwrap();
    }
}

/// The ends as streams and sinks: all values in order, and the end of the other side, by a drop and by a kill.
async fn flows() {
    let (sender, receiver) = channel(4).unwrap();
    let child = numbers::spawn(sender, 10_000).unwrap();
    let all = soon(receiver.stream().unwrap().map(Result::unwrap).collect::<Vec<_>>()).await;
    assert!(all.into_iter().eq(0..10_000));
    child.await.unwrap();

    let (sender, receiver) = channel(4).unwrap();
    let child = sum::spawn(receiver).unwrap();
    soon(sender.sink().unwrap().send_all(&mut stream::iter((0..10_000).map(Ok)))).await.unwrap();
    drop(sender);
    assert_eq!(child.await.unwrap(), 49_995_000);

    // What a sink keeps is not sent until it is flushed; what a stream has not been asked for stays where it is.
    let (sender, receiver) = channel(1).unwrap();
    let mut sink = sender.sink().unwrap();
    soon(sink.feed(1)).await.unwrap();
    assert!(receiver.is_empty());
    soon(sink.flush()).await.unwrap();
    soon(sink.feed(2)).await.unwrap();
    assert!(timeout(MOMENT, sink.flush()).await.is_err());
    let mut stream = receiver.stream().unwrap();
    assert_eq!(soon(stream.next()).await.unwrap().unwrap(), 1);
    soon(sink.close()).await.unwrap();
    drop((stream, sink));
    assert_eq!(receiver.try_recv().unwrap(), 2);

    let ((sender, theirs), (there, receiver)) = (channel(1).unwrap(), channel::<u64>(1).unwrap());
    let child = keep::spawn(theirs, there).unwrap();
    let killed = async {
        sleep(MOMENT).await;
        child.kill().unwrap();
    };
    let full = async {
        let mut sink = sender.sink().unwrap();
        sink.send(1).await.unwrap();
        sink.send(2).await
    };
    let mut stream = receiver.stream().unwrap();
    let (sent, next, ()) = soon(async { tokio::join!(full, stream.next(), killed) }).await;
    assert!(matches!(sent, Err(SendError::Disconnected(2))) && next.is_none());
}

/// Keeps its ends.
#[process(start = forkserver)]
fn keep(_receiver: Receiver<u64>, _sender: Sender<u64>) {
    park();
}

async fn channels() {
    let (sender, receiver) = channel(4).unwrap();
    let child = numbers::spawn(sender, 10_000).unwrap();
    for number in 0..10_000 {
        assert_eq!(soon(receiver.recv_async()).await.unwrap(), number);
    }
    assert!(matches!(soon(receiver.recv_async()).await, Err(RecvError::Disconnected)));
    child.await.unwrap();

    let (sender, receiver) = channel(4).unwrap();
    let child = sum::spawn(receiver).unwrap();
    for number in 0..10_000 {
        soon(sender.send_async(number)).await.unwrap();
    }
    drop(sender);
    assert_eq!(child.await.unwrap(), 49_995_000);

    let (here, there) = duplex(2).unwrap();
    let child = relay::spawn(there).unwrap();
    for number in 0..1000 {
        soon(here.send_async(number)).await.unwrap();
        assert_eq!(soon(here.recv_async()).await.unwrap(), number + 1);
    }
    drop(here);
    assert_eq!(child.await.unwrap(), 1000);

    let (questions, receiver) = channel(2).unwrap();
    let child = answer::spawn(receiver).unwrap();
    for number in [7, 0] {
        let (to, reply) = oneshot().unwrap();
        soon(questions.send_async((number, to))).await.unwrap();
        let reply = soon(reply.recv_async()).await;
        assert_eq!(reply.ok(), (number == 7).then(|| "7".to_owned()));
    }
    assert!(child.await.is_err());

    // Large ones, and such with descriptors.
    let (sender, receiver) = channel::<(Vec<u8>, Option<Fd>)>(2).unwrap();
    let (_reader, writer) = std::io::pipe().unwrap();
    let send = async {
        sender.send_async((vec![1; 1 << 20], None)).await.unwrap();
        sender.send_async((vec![2; 1 << 20], Some(Fd(writer.into())))).await.unwrap();
    };
    let receive = async { (receiver.recv_async().await.unwrap(), receiver.recv_async().await.unwrap()) };
    let ((), (one, two)) = soon(async { tokio::join!(send, receive) }).await;
    assert!(one.0.len() == 1 << 20 && one.1.is_none() && two.1.is_some());
}

/// Who holds the other side is killed while one waits.
async fn kills() {
    let (ready, is_ready) = channel(8).unwrap();
    for _ in 0..20 {
        let (sender, receiver) = channel::<u32>(1).unwrap();
        let child = hold::spawn(sender, ready.clone()).unwrap();
        soon(is_ready.recv_async()).await.unwrap();
        let killed = async {
            task::yield_now().await;
            child.kill().unwrap();
        };
        let (received, ()) = soon(async { tokio::join!(receiver.recv_async(), killed) }).await;
        assert!(matches!(received, Err(RecvError::Disconnected)));

        let (sender, receiver) = channel::<u32>(1).unwrap();
        let child = hold::spawn(receiver, ready.clone()).unwrap();
        soon(is_ready.recv_async()).await.unwrap();
        sender.send_async(1).await.unwrap();
        let killed = async {
            task::yield_now().await;
            child.kill().unwrap();
        };
        let (sent, ()) = soon(async { tokio::join!(sender.send_async(2), killed) }).await;
        assert!(matches!(sent, Err(SendError::Disconnected(2))));
    }
    // One of two dies: the other goes on.
    let (sender, receiver) = channel(1).unwrap();
    let dies = hold::spawn(sender.clone(), ready.clone()).unwrap();
    soon(is_ready.recv_async()).await.unwrap();
    let sends = async {
        dies.kill().unwrap();
        dies.exit_async().await;
        sender.send_async(3).await.unwrap();
    };
    let (received, ()) = soon(async { tokio::join!(receiver.recv_async(), sends) }).await;
    assert_eq!(received.unwrap(), 3);
}

/// Polls the future a few times, and drops it if it is not done then.
async fn polled<F: Future>(times: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        if let Poll::Ready(done) = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await {
            return Some(done);
        }
        task::yield_now().await;
    }
    None
}

/// Futures are dropped at any time, and each value arrives once, in order.
async fn cancels() {
    let (sender, receiver) = channel(3).unwrap();
    let child = numbers::spawn(sender, 5_000).unwrap();
    let (mut next, mut dropped) = (0, 0);
    while next < 5_000 {
        match polled(1 + next % 7, receiver.recv_async()).await {
            Some(number) => {
                assert_eq!(number.unwrap(), next);
                next += 1;
            }
            None => dropped += 1,
        }
        // Two that are ready at once: the one that is not chosen has taken nothing.
        if next < 5_000 {
            let number = tokio::select! { one = receiver.recv_async() => one, two = receiver.recv_async() => two };
            assert_eq!(number.unwrap(), next);
            next += 1;
        }
    }
    assert!(matches!(soon(receiver.recv_async()).await, Err(RecvError::Disconnected)));
    child.await.unwrap();

    let (sender, receiver) = channel(1).unwrap();
    let child = sum::spawn(receiver).unwrap();
    let mut sent = 0;
    for number in 0..5_000_u32 {
        match polled(1 + number % 7, sender.send_async(number)).await {
            Some(done) => {
                done.unwrap();
                sent += number;
            }
            None => dropped += 1,
        }
    }
    drop(sender);
    assert_eq!(soon(child.into_future()).await.unwrap(), sent);
    assert!(dropped > 0);
}

/// An idle wait uses no processor time; what is blocked is a task and not a thread.
async fn idle() {
    let (sender, receiver) = channel::<u32>(1).unwrap();
    let (ready, is_ready) = channel(1).unwrap();
    let child = hold::spawn(sender.clone(), ready).unwrap();
    soon(is_ready.recv_async()).await.unwrap();
    let used = || nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let time = |usage: nix::sys::resource::Usage| {
        let (user, system) = (usage.user_time(), usage.system_time());
        (user.tv_sec() + system.tv_sec()) * 1_000_000 + user.tv_usec() + system.tv_usec()
    };
    let before = time(used());
    let start = Instant::now();
    let (mut ticks, waits) = (0, async { timeout(10 * MOMENT, receiver.recv_async()).await.is_err() });
    tokio::pin!(waits);
    let timed_out = loop {
        tokio::select! {
            timed_out = &mut waits => break timed_out,
            () = sleep(MOMENT) => ticks += 1,
        }
    };
    assert!(timed_out && ticks >= 2 && start.elapsed() >= 10 * MOMENT);
    let spent = time(used()) - before;
    assert!(spent < 50_000, "{spent} us");
    child.kill().unwrap();
    child.exit_async().await;
    drop(sender);
    assert!(matches!(soon(receiver.recv_async()).await, Err(RecvError::Disconnected)));
}

fn main() {
    let (scene, runtime) = arguments();
    runtime.block_on(async {
        match scene.as_str() {
            "channels" => channels().await,
            "flows" => flows().await,
            "kills" => kills().await,
            "cancels" => cancels().await,
            "idle" => idle().await,
            scene => panic!("no scene `{scene}`"),
        }
    });
}
