//! Waiting for the first of several things; the first argument names a scene. Silent and code 0 if all is as it should be.

use std::env;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, asleep, ended};
use mp_runtime::{Receiver, Select, Sender, TryRecvError, channel, process};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

#[process]
fn count_up(numbers: Sender<u64>, from: u64, count: u64) {
    (from..from + count).for_each(|number| numbers.send(number).unwrap());
}

#[process]
fn wait(gate: &Gate) {
    gate.wait();
}

#[process]
fn take_when_open(gate: &Gate, numbers: Receiver<u64>) {
    gate.wait();
    numbers.recv().unwrap();
}

#[process]
fn send_to_a_sleeper(numbers: Sender<u64>, id: u32) {
    asleep(id);
    numbers.send(1).unwrap();
}

#[process]
fn hold(_end: Sender<u64>) {
    loop {
        thread::park();
    }
}

fn main() {
    let gate = Gate::new();
    let (sender, receiver) = channel::<u64>(1).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "four-children" => {
            // CPython's TestWait: 4 children, 10 messages each, and the end of each.
            let mut open = Vec::new();
            let children: Vec<_> = (0..4)
                .map(|n| {
                    let (sender, receiver) = channel(4).unwrap();
                    open.push(receiver);
                    count_up::spawn(sender, 10 * n, 10).unwrap()
                })
                .collect();
            let mut all = Vec::new();
            while !open.is_empty() {
                let mut select = Select::new();
                for receiver in &open {
                    select.recv(receiver);
                }
                let ready = select.ready();
                match open[ready].try_recv() {
                    Ok(number) => all.push(number),
                    Err(TryRecvError::Empty) => {}
                    Err(_) => drop(open.remove(ready)),
                }
            }
            all.sort_unstable();
            assert_eq!(all, (0..40).collect::<Vec<_>>());
            children.into_iter().for_each(|child| child.join().unwrap());
        }
        "one-select" => {
            // The same one again and again; none of two that are always ready is left out.
            let (others, other) = channel::<u64>(1).unwrap();
            let mut select = Select::new();
            let numbers = [select.recv(&receiver), select.recv(&other)];
            let mut counts = [0; 2];
            for _ in 0..100 {
                let _ = (sender.try_send(1), others.try_send(1));
                let ready = select.ready();
                counts[ready] += 1;
                [&receiver, &other][ready].recv().unwrap();
            }
            assert_eq!((numbers, counts), ([0, 1], [50, 50]));
        }
        "many-selects" => {
            // Another one in each round; nor is one of them left out so.
            let (others, other) = channel::<u64>(1).unwrap();
            let mut counts = [0; 3];
            for _ in 0..300 {
                let _ = (sender.try_send(1), others.try_send(1));
                let mut select = Select::new();
                let (_, _, _) = (select.recv(&receiver), select.recv(&other), select.at(Instant::now()));
                counts[select.ready()] += 1;
            }
            assert!(counts.iter().all(|count| *count > 40), "{counts:?}");
        }
        "zombies" => {
            // More than the kernel tells of at once.
            let children: Vec<_> = (0..20).map(|_| hold::spawn(sender.clone()).unwrap()).collect();
            drop(sender);
            // Nor do channels hide them that were slept at once: the kernel tells of each of these at first.
            let others: Vec<_> = (0..20).map(|_| channel(1).unwrap()).collect();
            for (sender, receiver) in &others {
                let child = send_to_a_sleeper::spawn(sender.clone(), process::id()).unwrap();
                receiver.recv().unwrap();
                child.join().unwrap();
            }
            let select = || {
                let mut select = Select::new();
                for (_, receiver) in &others {
                    select.recv(receiver);
                }
                let numbers = select.recv(&receiver);
                (select, numbers)
            };
            let (mut before, numbers) = select();
            assert_eq!(before.try_ready(), None);
            for child in &children {
                child.kill().unwrap();
                ended(child.id());
            }
            let (mut after, _) = select();
            assert_eq!((after.try_ready(), before.try_ready()), (Some(numbers), Some(numbers)));
        }
        "timeout" => {
            let (_others, other) = channel::<u64>(1).unwrap();
            let start = Instant::now();
            let mut select = Select::new();
            let (_, _) = (select.recv(&receiver), select.recv(&other));
            assert_eq!((select.try_ready(), select.ready_timeout(MOMENT)), (None, None));
            let timer = select.after(MOMENT);
            assert_eq!(select.ready(), timer);
            assert!((2 * MOMENT..40 * MOMENT).contains(&start.elapsed()));
        }
        "child" => {
            let child = wait::spawn(&gate).unwrap();
            let mut select = Select::new();
            let (_, exit) = (select.recv(&receiver), select.readable(&child));
            assert_eq!(select.ready_timeout(MOMENT), None);
            gate.open(1);
            assert_eq!(select.ready(), exit);
            child.join().unwrap();
        }
        "killed-sender" => {
            let (others, other) = channel::<u64>(1).unwrap();
            let child = hold::spawn(sender).unwrap();
            let mut select = Select::new();
            let (numbers, _) = (select.recv(&receiver), select.recv(&other));
            assert_eq!(select.ready_timeout(MOMENT), None);
            child.kill().unwrap();
            assert_eq!(select.ready(), numbers);
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Disconnected)));
            ended(child.id());
            drop(others);
        }
        "room" => {
            sender.send(1).unwrap();
            let child = take_when_open::spawn(&gate, receiver).unwrap();
            let mut select = Select::new();
            let room = select.send(&sender);
            assert_eq!(select.ready_timeout(MOMENT), None);
            gate.open(1);
            assert_eq!(select.ready(), room);
            child.join().unwrap();
        }
        scene => panic!("no scene `{scene}`"),
    }
}
