//! What a channel lends of its memory; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::thread;

use fixture_kit::{Gate, ended};
use mp_runtime::{Bytes, Receiver, Sender, TryRecvError, channel_with_room, process};

mod fixture_kit;

const ROOM: usize = 64 << 10;

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
        "too-large" => {
            let error = sender.loan(ROOM).unwrap_err();
            assert!(error.to_string().contains("larger than half of the channel's memory"), "{error}");
        }
        scene => panic!("no scene `{scene}`"),
    }
}
