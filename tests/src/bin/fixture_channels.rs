//! What channels carry; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::process::exit;
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, ended, until};
use mp_runtime::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError, channel, process};
use nix::sys::resource::{UsageWho, getrusage};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

#[process]
fn count_up(numbers: Sender<u64>, from: u64, count: u64) {
    (from..from + count).for_each(|number| numbers.send(number).unwrap());
}

#[process]
fn collect(numbers: Receiver<u64>) -> Vec<u64> {
    numbers.into_iter().collect()
}

#[process]
fn collect_later(gate: &Gate, numbers: Receiver<u64>) -> Vec<u64> {
    gate.wait();
    numbers.into_iter().collect()
}

#[process]
fn double(numbers: Receiver<u64>, doubled: Sender<u64>) {
    numbers.iter().for_each(|number| doubled.send(2 * number).unwrap());
}

#[process]
fn send_large(numbers: Sender<Vec<u8>>, length: usize) {
    numbers.send(vec![7; length]).unwrap();
}

#[process]
fn leave_in_the_middle(numbers: Receiver<u64>) {
    let _ = numbers.recv().unwrap();
    exit(3);
}

/// Each of all numbers once, and those of each sender in their order.
fn check_ledgers(ledgers: &[Vec<u64>], senders: u64, each: u64) {
    for ledger in ledgers {
        for sender in 0..senders {
            let range = sender * each..(sender + 1) * each;
            let of_one: Vec<_> = ledger.iter().filter(|number| range.contains(number)).collect();
            assert!(of_one.is_sorted(), "the order of sender {sender} is lost");
        }
    }
    let mut all: Vec<u64> = ledgers.concat();
    all.sort_unstable();
    assert_eq!(all, (0..senders * each).collect::<Vec<_>>());
}

/// Waits for a number, after a lively exchange; what that has cost.
#[process]
fn rest(numbers: Receiver<u64>, back: Sender<u64>) -> Cost {
    numbers.iter().take(LIVELY).for_each(|number| back.send(number).unwrap());
    let before = cost();
    assert_eq!(numbers.recv().unwrap(), 7);
    let after = cost();
    (after.0 - before.0, after.1 - before.1)
}

const LIVELY: usize = 1000;

/// Processor time, and how often it was given away to wait.
type Cost = (Duration, i64);

fn cost() -> Cost {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let times = [usage.user_time(), usage.system_time()];
    let micros = times.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec()).iter().sum::<i64>();
    (Duration::from_micros(micros.unsigned_abs()), usage.voluntary_context_switches())
}

/// Whether a second of rest costs both sides less than `most`. It never costs more than some waits.
fn rests_in(most: Duration) -> bool {
    let (sender, receiver) = channel::<u64>(64).unwrap();
    let (numbers, back) = channel(4).unwrap();
    let child = rest::spawn(receiver, numbers).unwrap();
    for number in 0..LIVELY as u64 {
        sender.send(number).unwrap();
        assert_eq!(back.recv().unwrap(), number);
    }
    let before = cost();
    assert!(matches!(back.recv_timeout(Duration::from_secs(1)), Err(RecvTimeoutError::Timeout)));
    let after = cost();
    sender.send(7).unwrap();
    let sides = [(after.0 - before.0, after.1 - before.1), child.join().unwrap()];
    assert!(sides.iter().all(|(_, waits)| *waits < 10), "a second of rest has cost {sides:?}");
    sides.iter().all(|(time, _)| *time < most)
}

fn main() {
    let gate = Gate::new();
    let (sender, receiver) = channel::<u64>(64).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "pipeline" => {
            let (halves, doubled) = channel::<u64>(4).unwrap();
            let first = count_up::spawn(sender, 0, 10_000).unwrap();
            let second = double::spawn(receiver, halves).unwrap();
            let expected: Vec<u64> = (0..10_000).map(|number| 2 * number).collect();
            assert_eq!(doubled.into_iter().collect::<Vec<_>>(), expected);
            first.join().unwrap();
            second.join().unwrap();
        }
        // A machine that is busy outside of here counts a process time in which it did not run.
        "idle" => assert!((0..3).any(|_| rests_in(Duration::from_millis(2))), "each second of rest has cost more"),
        "many-to-many" => {
            let senders = [0, 1, 2, 3].map(|n| count_up::spawn(sender.clone(), n * 5000, 5000).unwrap());
            let receivers = [(); 4].map(|()| collect::spawn(receiver.clone()).unwrap());
            drop((sender, receiver));
            let ledgers: Vec<_> = receivers.into_iter().map(|child| child.join().unwrap()).collect();
            senders.into_iter().for_each(|child| child.join().unwrap());
            check_ledgers(&ledgers, 4, 5000);
        }
        "threads" => {
            thread::scope(|scope| {
                for n in 0..4 {
                    let sender = sender.clone();
                    scope.spawn(move || (n * 5000..(n + 1) * 5000).for_each(|number| sender.send(number).unwrap()));
                }
                drop(sender);
                let receivers = [(); 4].map(|()| scope.spawn(|| receiver.iter().collect::<Vec<_>>()));
                let ledgers: Vec<_> = receivers.into_iter().map(|thread| thread.join().unwrap()).collect();
                check_ledgers(&ledgers, 4, 5000);
            });
        }
        "timeouts" => {
            let start = Instant::now();
            assert!(matches!(receiver.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)));
            (0..64).for_each(|number| sender.send_timeout(number, MOMENT).unwrap());
            assert!(matches!(sender.try_send(64), Err(TrySendError::Full(64))));
            assert!(matches!(sender.send_timeout(64, MOMENT), Err(SendTimeoutError::Timeout(64))));
            assert!((2 * MOMENT..40 * MOMENT).contains(&start.elapsed()));
            assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..64).collect::<Vec<_>>());
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
            drop(sender);
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Disconnected)));
        }
        "lengths" => {
            (0..6).for_each(|number| sender.send(number).unwrap());
            assert_eq!((sender.len(), receiver.len(), sender.is_empty()), (6, 6, false));
            let child = collect_later::spawn(&gate, receiver).unwrap();
            gate.open(1);
            until(|| sender.is_empty());
            drop(sender);
            assert_eq!(child.join().unwrap(), (0..6).collect::<Vec<_>>());
        }
        "reader-killed" => {
            // H5: another reader dies between a receive and the next; the data stays within reach.
            let readers = [(); 2].map(|()| leave_in_the_middle::spawn(receiver.clone()).unwrap());
            (0..4).for_each(|number| sender.send(number).unwrap());
            readers.iter().for_each(|reader| ended(reader.id()));
            assert_eq!((receiver.recv().unwrap(), receiver.recv().unwrap()), (2, 3));
            readers.into_iter().for_each(|reader| assert!(reader.join().is_err()));
        }
        "joined-before-read" => {
            // H6: what is sent is in the channel, and in no thread of the sender.
            let (bytes, received) = channel::<Vec<u8>>(4).unwrap();
            let child = send_large::spawn(bytes, 30_000).unwrap();
            child.join().unwrap();
            assert_eq!(received.recv().unwrap(), vec![7; 30_000]);
        }
        scene => panic!("no scene `{scene}`"),
    }
}
