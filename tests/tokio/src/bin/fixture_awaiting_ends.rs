//! Ends of channels in a runtime of tokio, where it is easy to lose a wake-up or to have too many; the first argument names a scene. Silent
//! and code 0 if all is as it should be.

use std::env;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::time::Duration;

use futures_util::SinkExt;
use mp_runtime::{Receiver, Sender, channel};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

const MOMENT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(10);

/// Gives what the future does, which does not take long.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(LONG, future).await.expect("it does not take long")
}

/// Polls the future for a while, in which it is not ready; how often.
async fn count_polls(mut future: impl Future + Unpin) -> u32 {
    let mut polls = 0;
    let polled = poll_fn(|cx| {
        polls += 1;
        pin!(&mut future).poll(cx)
    });
    assert!(timeout(5 * MOMENT, polled).await.is_err());
    polls
}

/// An end of the channel that it is sent through.
#[derive(Serialize, Deserialize)]
enum Own {
    Sender(Sender<Own>),
    Receiver(Receiver<Own>),
}

/// One that waits to send an end of the channel itself sleeps, and wakes nobody who does the same.
async fn own_ends() {
    let (sender, receiver) = channel::<Own>(1).unwrap();
    let own: [&dyn Fn() -> Own; 2] = [&|| Own::Sender(sender.clone()), &|| Own::Receiver(receiver.clone())];
    for own in own {
        soon(sender.send_async(own())).await.unwrap();
        let (mut one, mut two) = (pin!(sender.send_async(own())), pin!(sender.send_async(own())));
        let polls = count_polls(futures_util::future::select(&mut one, &mut two)).await;
        assert!(polls < 20, "{polls}");
        let received = async {
            let all = [receiver.recv_async().await, receiver.recv_async().await, receiver.recv_async().await];
            all.into_iter().for_each(|end| drop(end.unwrap()));
        };
        let (one, two, ()) = soon(async { tokio::join!(one, two, received) }).await;
        one.and(two).unwrap();

        let mut sink = sender.sink().unwrap();
        soon(sink.send(own())).await.unwrap();
        soon(sink.feed(own())).await.unwrap();
        let polls = count_polls(sink.flush()).await;
        assert!(polls < 20, "{polls}");
        drop(soon(receiver.recv_async()).await.unwrap());
        soon(sink.flush()).await.unwrap();
        drop(soon(receiver.recv_async()).await.unwrap());
    }
}

fn main() {
    let scene = env::args().nth(1).expect("a scene");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match &*scene {
            "own-ends" => own_ends().await,
            other => panic!("no scene {other}"),
        }
    });
}
