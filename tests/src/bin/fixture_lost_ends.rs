//! Ends that are lost with the message they were in; the first argument names a scene. Silent and code 0 if all is as it
//! should be.

use std::env;
use std::thread;

use fixture_kit::ends::{self, LONG};
use fixture_kit::stepper::{self, Step};
use mp_runtime::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel, process};

mod fixture_kit;

/// Somebody who asks waits for the answer here.
type Reply = Sender<u64>;

#[process]
fn hold(_requests: Receiver<Reply>) {
    loop {
        thread::park();
    }
}

#[process]
fn receive_one(requests: Receiver<Reply>) {
    let reply = stepper::stepped(|| requests.recv().unwrap());
    drop(reply);
}

#[process]
fn send_one(requests: Sender<Reply>, reply: Reply) {
    stepper::stepped(|| requests.send(reply).unwrap());
}

/// There will be no answer, and that is known.
#[track_caller]
fn check_unanswered(answer: &Receiver<u64>) {
    let answer = answer.recv_timeout(LONG);
    assert!(matches!(answer, Err(RecvTimeoutError::Disconnected)), "{answer:?}");
}

/// Receives the request if it is still there, and drops it.
#[track_caller]
fn take_what_is_left(requests: &Receiver<Reply>) {
    match requests.try_recv() {
        Ok(reply) => drop(reply),
        Err(TryRecvError::Empty) => {}
        Err(error) => panic!("{error}"),
    }
}

/// Kills a receiver of a request after so many halves of system calls, while another one is there.
fn killed_receiver(count: usize) -> Result<(), usize> {
    let (requests, received) = channel(4).unwrap();
    let victim = receive_one::spawn(received.clone()).unwrap();
    stepper::reach(&victim);
    let (reply, answer) = channel(4).unwrap();
    requests.send(reply).unwrap();
    let walked = stepper::walk_and_kill(victim, Step::Syscall, count);
    take_what_is_left(&received);
    check_unanswered(&answer);
    walked
}

/// As above, the sender.
fn killed_sender(count: usize) -> Result<(), usize> {
    let (requests, received) = channel(4).unwrap();
    let (reply, answer) = channel(4).unwrap();
    let victim = send_one::spawn(requests.clone(), reply).unwrap();
    stepper::reach(&victim);
    let walked = stepper::walk_and_kill(victim, Step::Syscall, count);
    take_what_is_left(&received);
    check_unanswered(&answer);
    drop(requests);
    walked
}

fn main() {
    let (requests, received) = channel::<Reply>(4).unwrap();
    let (reply, answer) = channel(4).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "receiver-dropped" => {
            requests.send(reply).unwrap();
            drop(received);
            check_unanswered(&answer);
        }
        "receiver-killed" => {
            let holder = hold::spawn(received).unwrap();
            requests.send(reply).unwrap();
            ends::kill(holder);
            check_unanswered(&answer);
        }
        "receiver-killed-anywhere" => {
            let steps = (0..).find_map(|count| killed_receiver(count).err());
            assert!(steps.is_some_and(|steps| steps > 10), "{steps:?}");
        }
        "sender-killed-anywhere" => {
            let steps = (0..).find_map(|count| killed_sender(count).err());
            assert!(steps.is_some_and(|steps| steps > 10), "{steps:?}");
        }
        scene => panic!("no scene `{scene}`"),
    }
}
