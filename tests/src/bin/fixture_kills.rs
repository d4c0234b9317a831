//! A process is killed at instruction after instruction, and at each of its system calls, of what it does with a channel, and the
//! others go on: nothing that it has sent is lost, nothing comes twice or torn, and nobody hangs. The first argument names what it
//! does, the second says at how many instructions, spread over all of it, and the third at how many moments while it does it.
//! Prints at how many entries into system calls and returns; code 0 if all is as it should be.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::io::{PipeReader, Read, Write, pipe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fixture_kit::victim::{Kill, Trial, rest};
use fixture_kit::{asleep, stat, until};
use mp_runtime::{
    Bytes, Fd, QueueReceiver, Receiver, RecvTimeoutError, Sender, SharedBox, channel, channel_with_room, process, queue,
};

mod fixture_kit;

/// Nobody waits so long unless something is lost.
const LONG: Duration = Duration::from_secs(10);

/// The last value, sent by somebody else than the victim.
const LAST: u64 = u64::MAX;

type Done = SharedBox<AtomicU64>;

/// Does `act` with 1, 2, and so on; says each time that it is done. Rests after the first.
fn repeat(done: &Done, mut act: impl FnMut(u64)) {
    for number in 1.. {
        act(number);
        done.store(number, Ordering::SeqCst);
        if number == 1 {
            rest();
        }
    }
}

#[process]
fn send(done: &Done, numbers: Sender<u64>) {
    repeat(done, |number| numbers.send(number).unwrap());
}

#[process]
fn receive(done: &Done, numbers: Receiver<u64>) {
    repeat(done, |number| assert_eq!(numbers.recv().unwrap(), number));
}

#[process]
fn send_files(done: &Done, files: Sender<(u64, Fd<PipeReader>)>) {
    repeat(done, |number| files.send((number, Fd(numbered(number)))).unwrap());
}

#[process]
fn receive_files(done: &Done, files: Receiver<(u64, Fd<PipeReader>)>) {
    repeat(done, |number| check_file(files.recv().unwrap(), number));
}

#[process]
fn work(done: &Done, jobs: QueueReceiver<u64>) {
    repeat(done, |number| assert_eq!(jobs.recv().unwrap().take(), number));
}

#[process]
fn clone(done: &Done, numbers: Sender<u64>, receiver: Receiver<u64>) {
    repeat(done, |_| drop((numbers.clone(), receiver.clone())));
}

#[process]
fn send_ends(done: &Done, ends: Sender<Sender<u64>>, numbers: Sender<u64>) {
    repeat(done, |_| ends.send(numbers.clone()).unwrap());
}

#[process]
fn receive_ends(done: &Done, ends: Receiver<Sender<u64>>) {
    repeat(done, |number| ends.recv().unwrap().send(number).unwrap());
}

#[process]
fn lend(done: &Done, bytes: Sender<Bytes>) {
    repeat(done, |number| {
        let mut loan = bytes.loan(1000).unwrap();
        loan.fill(number as u8);
        loan.send();
    });
}

#[process]
fn borrow(done: &Done, bytes: Receiver<Bytes>) {
    repeat(done, |number| assert!(bytes.recv_ref().unwrap().iter().all(|byte| *byte == number as u8)));
}

#[process]
fn collect(numbers: Receiver<u64>) -> Vec<u64> {
    numbers.into_iter().collect()
}

#[process]
fn feed(numbers: Sender<u64>) {
    (1..=100).for_each(|number| numbers.send(number).unwrap());
}

fn numbered(number: u64) -> PipeReader {
    let (reader, mut writer) = pipe().unwrap();
    writer.write_all(&number.to_ne_bytes()).unwrap();
    reader
}

fn check_file((number, mut file): (u64, Fd<PipeReader>), expected: u64) {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes).unwrap();
    assert_eq!((number, u64::from_ne_bytes(bytes)), (expected, expected));
}

/// Receives all that is left; it ends when nobody can send any more.
fn left<T: serde::de::DeserializeOwned>(receiver: &Receiver<T>) -> Vec<T> {
    let mut all = Vec::new();
    loop {
        match receiver.recv_timeout(LONG) {
            Ok(value) => all.push(value),
            Err(RecvTimeoutError::Disconnected) => return all,
            Err(error) => panic!("{error}"),
        }
    }
}

/// What was sent: all that is done, and perhaps one that was just being sent.
fn check_sent(received: &[u64], done: u64) {
    let count = received.len() as u64;
    assert!((done..=done + 1).contains(&count), "{done} were sent, {count} received");
    assert_eq!(received, (1..=count).collect::<Vec<_>>());
}

/// What was left of `all`: but for what is done, and perhaps one that was just being received.
fn check_left(left: &[u64], done: u64, all: u64) {
    let taken = all - left.len() as u64;
    assert!((done..=done + 1).contains(&taken), "{done} were received, {taken} are gone");
    assert_eq!(left, (taken + 1..=all).collect::<Vec<_>>());
}

fn main() {
    let mut args = env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let [steps, storms] = [(); 2].map(|()| args.next().map_or(0, |points| points.parse().unwrap()));
    let kill = Kill { steps, storms };
    let calls = match what.as_str() {
        "send" => kill.all(|done| {
            let (sender, receiver) = channel(1024).unwrap();
            let child = send::spawn(done, sender.clone()).unwrap();
            Trial::new(child, move |done| {
                let mut received: Vec<_> = receiver.try_iter().collect();
                sender.send_timeout(LAST, LONG).unwrap();
                drop(sender);
                received.extend(left(&receiver));
                assert_eq!(received.pop(), Some(LAST));
                check_sent(&received, done);
            })
        }),
        "send-to-a-sleeper" => kill.all(|done| {
            let (sender, receiver) = channel(1024).unwrap();
            let collector = collect::spawn(receiver).unwrap();
            let child = send::spawn(done, sender).unwrap();
            asleep(collector.id());
            Trial::new(child, move |done| {
                let collected = collector.join_timeout(LONG).expect("it wakes up").unwrap();
                check_sent(&collected, done);
            })
        }),
        "receive" => kill.all(|done| {
            let (sender, receiver) = channel(1024).unwrap();
            (1..=100).for_each(|number| sender.send(number).unwrap());
            let child = receive::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |done| {
                drop(sender);
                check_left(&left(&receiver), done, 100);
            })
        }),
        "receive-from-a-sleeper" => kill.all(|done| {
            let (sender, receiver) = channel(4).unwrap();
            let feeder = feed::spawn(sender.clone()).unwrap();
            until(|| receiver.len() == 4 && stat(feeder.id()).is_some_and(|(state, _)| state == 'S'));
            let child = receive::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |done| {
                drop(sender);
                check_left(&left(&receiver), done, 100);
                feeder.join_timeout(LONG).expect("it wakes up").unwrap();
            })
        }),
        "receive-nothing" => kill.all(|done| {
            let (sender, receiver) = channel(4).unwrap();
            sender.send(1).unwrap();
            let child = receive::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |_| {
                (2..6).for_each(|number| sender.send_timeout(number, LONG).unwrap());
                drop(sender);
                assert_eq!(left(&receiver), [2, 3, 4, 5]);
            })
        }),
        "send-files" => kill.all(|done| {
            let (sender, receiver) = channel(64).unwrap();
            let child = send_files::spawn(done, sender.clone()).unwrap();
            Trial::new(child, move |done| {
                let mut received: Vec<_> = receiver.try_iter().collect();
                sender.send_timeout((done + 2, Fd(numbered(done + 2))), LONG).unwrap();
                drop(sender);
                received.extend(left(&receiver));
                check_file(received.pop().unwrap(), done + 2);
                check_sent(&received.iter().map(|(number, _)| *number).collect::<Vec<_>>(), done);
                (1..).zip(received).for_each(|(number, file)| check_file(file, number));
            })
        }),
        "receive-files" => kill.all(|done| {
            let (sender, receiver) = channel(64).unwrap();
            (1..=20).for_each(|number| sender.send((number, Fd(numbered(number)))).unwrap());
            let child = receive_files::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |done| {
                drop(sender);
                let received = left(&receiver);
                check_left(&received.iter().map(|(number, _)| *number).collect::<Vec<_>>(), done, 20);
                let first = 21 - received.len() as u64;
                (first..).zip(received).for_each(|(number, file)| check_file(file, number));
            })
        }),
        "work" => kill.all(|done| {
            let (sender, receiver) = queue(64).unwrap();
            (1..=20).for_each(|job| sender.send(job).unwrap());
            let child = work::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |done| {
                let (mut jobs, mut again) = (Vec::new(), 0);
                while let Ok(job) = receiver.try_recv() {
                    again += job.attempt() - 1;
                    jobs.push(job.take());
                }
                assert!(again <= 1, "{again} more attempts");
                jobs.sort_unstable();
                check_left(&jobs, done, 20);
                sender.join_timeout(LONG).unwrap();
            })
        }),
        "clone" => kill.all(|done| {
            let (sender, receiver) = channel(64).unwrap();
            let child = clone::spawn(done, sender.clone(), receiver.clone()).unwrap();
            Trial::new(child, move |_| {
                sender.send_timeout(LAST, LONG).unwrap();
                drop(sender);
                assert_eq!(left(&receiver), [LAST]);
            })
        }),
        "send-ends" => kill.all(|done| {
            let (ends, received) = channel(64).unwrap();
            let (sender, receiver) = channel(64).unwrap();
            let child = send_ends::spawn(done, ends, sender).unwrap();
            Trial::new(child, move |done| {
                let senders = left(&received);
                let count = senders.len() as u64;
                assert!((done..=done + 1).contains(&count), "{done} were sent, {count} received");
                (1..).zip(senders).for_each(|(number, sender): (u64, Sender<u64>)| sender.send(number).unwrap());
                assert_eq!(left(&receiver), (1..=count).collect::<Vec<_>>());
            })
        }),
        "receive-ends" => kill.all(|done| {
            let (ends, received) = channel(64).unwrap();
            let (sender, receiver) = channel(64).unwrap();
            (1..=10).for_each(|_| ends.send(sender.clone()).unwrap());
            drop(sender);
            let child = receive_ends::spawn(done, received).unwrap();
            Trial::new(child, move |done| {
                // The messages are lost with the last receiver, and the ends in them.
                drop(ends);
                check_sent(&left(&receiver), done);
            })
        }),
        "lend" => kill.all(|done| {
            let (sender, receiver) = channel_with_room(64, 1 << 16).unwrap();
            let child = lend::spawn(done, sender.clone()).unwrap();
            Trial::new(child, move |done| {
                drop(sender);
                let received = left(&receiver);
                assert!(received.iter().all(|bytes: &Bytes| **bytes == [bytes[0]; 1000]), "torn");
                check_sent(&received.iter().map(|bytes| u64::from(bytes[0])).collect::<Vec<_>>(), done);
            })
        }),
        "borrow" => kill.all(|done| {
            let (sender, receiver) = channel_with_room(64, 1 << 16).unwrap();
            (1..=20).for_each(|number| sender.send(Bytes(vec![number; 1000])).unwrap());
            let child = borrow::spawn(done, receiver.clone()).unwrap();
            Trial::new(child, move |done| {
                drop(sender);
                let left: Vec<_> = left(&receiver).iter().map(|bytes| u64::from(bytes[0])).collect();
                check_left(&left, done, 20);
            })
        }),
        what => panic!("nobody does `{what}`"),
    };
    println!("{calls}");
}
