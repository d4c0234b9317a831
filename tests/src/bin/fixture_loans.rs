//! What a channel lends of its memory; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::thread;
use std::time::Duration;

use fixture_kit::{Gate, ended};
use mp_runtime::{
    Borrowed, Bytes, Loan, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, channel_with_room,
    process,
};

mod fixture_kit;

const ROOM: usize = 64 << 10;

const MOMENT: Duration = Duration::from_millis(50);

/// The lengths of messages: some go through the ring, wherever that wraps around, some beside it.
fn lengths() -> impl Iterator<Item = usize> {
    [0, 1, 7, 8, 100, 20_000, 32_000, 3, 40_000].into_iter().cycle().take(900)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + length) as u8).collect()
}

#[process]
fn lend(sender: Sender<Bytes>) {
    for (round, length) in lengths().enumerate() {
        let bytes = pattern(length);
        if round % 2 == 0 && length <= 32_000 {
            let mut loan = sender.loan(length).unwrap();
            assert_eq!((loan.len(), loan.as_ptr() as usize % 8), (length, 0));
            loan.copy_from_slice(&bytes);
            assert!(*loan == bytes);
            loan.send();
        } else {
            sender.send(Bytes(bytes)).unwrap();
        }
    }
}

#[process]
fn lend_and_stay(sender: Sender<Bytes>, gate: &Gate) {
    let mut loan = sender.loan(100).unwrap();
    loan.fill(1);
    gate.open(1);
    loop {
        thread::park();
    }
}

#[process]
fn borrow_and_stay(receiver: Receiver<Bytes>, gate: &Gate) {
    let bytes = receiver.recv_ref().unwrap();
    assert_eq!(bytes[0], 1);
    gate.open(1);
    loop {
        thread::park();
    }
}

/// Whether `act` panics because what it uses is a copy of another process's.
fn is_refused(act: impl FnOnce()) -> bool {
    set_hook(Box::new(|_| {}));
    let panicked = catch_unwind(AssertUnwindSafe(act)).unwrap_err();
    panicked.downcast_ref::<&str>().is_some_and(|text| text.contains("lent to another process"))
}

/// Uses and drops a borrow of another process, after that has dropped it.
#[process]
fn misuse_borrow(borrowed: Borrowed<'_>, gate: &Gate) -> bool {
    gate.wait();
    is_refused(|| drop(borrowed.to_vec())) && {
        drop(borrowed);
        true
    }
}

/// As above.
#[process]
fn misuse_loan(mut loan: Loan<'_>, gate: &Gate) -> bool {
    gate.wait();
    is_refused(|| loan.fill(9)) && is_refused(|| loan.send())
}

fn main() {
    let gate = Gate::new();
    let (sender, receiver) = channel_with_room::<Bytes>(16, ROOM).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "whole" => {
            let child = lend::spawn(sender).unwrap();
            for (round, length) in lengths().enumerate() {
                let same = match round % 3 {
                    0 => *receiver.recv().unwrap() == pattern(length),
                    _ => *receiver.recv_ref().unwrap() == pattern(length),
                };
                assert!(same, "message {round} of {length} bytes");
            }
            child.join().unwrap();
        }
        "dropped" => {
            sender.loan(5).unwrap().fill(1);
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
            let mut loan = sender.loan(5).unwrap();
            loan.fill(2);
            loan.send();
            assert_eq!(*receiver.recv().unwrap(), [2; 5]);
        }
        "killed-lender" => {
            let child = lend_and_stay::spawn(sender.clone(), &gate).unwrap();
            gate.wait();
            assert!(sender.try_send(Bytes(vec![2])).is_err(), "it is lent");
            child.kill().unwrap();
            sender.send(Bytes(vec![2])).unwrap();
            assert_eq!(*receiver.recv().unwrap(), [2]);
        }
        "killed-borrower" => {
            let child = borrow_and_stay::spawn(receiver.clone(), &gate).unwrap();
            sender.send(Bytes(vec![1])).unwrap();
            gate.wait();
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)), "it is borrowed");
            child.kill().unwrap();
            ended(child.id());
            assert_eq!(*receiver.recv().unwrap(), [1]);
        }
        "copied-borrow" => {
            (0..10).for_each(|number| sender.send(Bytes(vec![number; 100])).unwrap());
            let child = misuse_borrow::spawn(receiver.recv_ref().unwrap(), &gate).unwrap();
            let mut received: Vec<_> = (1..5).map(|_| receiver.recv().unwrap()[0]).collect();
            let borrowed = receiver.recv_ref().unwrap();
            gate.open(1);
            assert!(child.join().unwrap());
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)), "it is borrowed still");
            drop(borrowed);
            received.extend(receiver.try_iter().map(|bytes| bytes[0]));
            assert_eq!(received, [1, 2, 3, 4, 6, 7, 8, 9]);
        }
        "copied-loan" => {
            let child = misuse_loan::spawn(sender.loan(15).unwrap(), &gate).unwrap();
            (0..3).for_each(|number| sender.send(Bytes(vec![number; 100])).unwrap());
            let mut loan = sender.loan(5).unwrap();
            gate.open(1);
            assert!(child.join().unwrap());
            assert!(sender.try_send(Bytes(vec![9])).is_err(), "it is lent still");
            loan.fill(3);
            loan.send();
            let received: Vec<_> = receiver.try_iter().map(|bytes| (bytes.len(), bytes[0])).collect();
            assert_eq!(received, [(100, 0), (100, 1), (100, 2), (5, 3)]);
        }
        "held-up" => {
            // Others have their turn for longer than the time given.
            let child = borrow_and_stay::spawn(receiver.clone(), &gate).unwrap();
            sender.send(Bytes(vec![1])).unwrap();
            gate.wait();
            assert!(matches!(receiver.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)));
            child.kill().unwrap();
            let child = lend_and_stay::spawn(sender.clone(), &gate).unwrap();
            gate.wait();
            assert!(matches!(sender.send_timeout(Bytes(vec![2]), MOMENT), Err(SendTimeoutError::Timeout(_))));
            child.kill().unwrap();
        }
        "too-large" => {
            let error = sender.loan(ROOM).unwrap_err();
            assert!(error.to_string().contains("larger than half of the channel's memory"), "{error}");
        }
        scene => panic!("no scene `{scene}`"),
    }
}
