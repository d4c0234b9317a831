//! Ends of channels and queues in a runtime of tokio, where it is easy to lose a wake-up or to have too many; the first argument names a scene. Silent
//! and code 0 if all is as it should be.

use std::future::{Future, poll_fn};
use std::pin::pin;

use awaiting_kit::{MOMENT, arguments, soon};
use futures_util::SinkExt;
use mp_runtime::{QueueReceiver, Receiver, Sender, channel, process, queue};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

mod awaiting_kit;

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

#[process]
fn work(jobs: QueueReceiver<u32>, done: Sender<u32>) {
    while let Ok(job) = jobs.recv() {
        if *job == 3 && job.attempt() == 1 {
            std::process::abort();
        }
        done.send(*job).unwrap();
        job.ack();
    }
}

async fn queues() {
    let (jobs, receiver) = queue(4).unwrap();
    let (done, is_done) = channel(64).unwrap();
    let unlucky = work::spawn(receiver.clone(), done.clone()).unwrap();
    for job in 0..8 {
        soon(jobs.send_async(job)).await.unwrap();
        if job == 3 {
            assert!(soon(unlucky.join_async()).await.is_err());
            // The next worker is this very program, which the job comes to again.
            let job = soon(receiver.recv_async()).await.unwrap();
            assert_eq!((*job, job.attempt()), (3, 2));
            assert!(timeout(MOMENT, jobs.join_async()).await.is_err());
            job.ack();
            soon(jobs.join_async()).await.unwrap();
            drop(work::spawn(receiver.clone(), done.clone()).unwrap());
        }
    }
    soon(jobs.join_async()).await.unwrap();
    drop((jobs, done));
    assert!(soon(receiver.recv_async()).await.is_err());
    drop(receiver);
    let mut all = Vec::new();
    while let Ok(job) = soon(is_done.recv_async()).await {
        all.push(job);
    }
    assert_eq!(all, [0, 1, 2, 4, 5, 6, 7]);
}

fn main() {
    let (scene, runtime) = arguments();
    runtime.block_on(async {
        match scene.as_str() {
            "queues" => queues().await,
            "own-ends" => own_ends().await,
            other => panic!("no scene {other}"),
        }
    });
}
