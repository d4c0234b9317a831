//! Four that send to one, and one that sends to four: any of the four may get a message.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::thread;
use std::time::Instant;

use ipc_channel::ipc;
use mp_runtime::{channel, process};

use crate::pairs::{Batch, CAPACITY, read};

/// How many there are on the side of many.
pub(crate) const MANY: u64 = 4;

/// Tells one who receives to stop until it is told to begin again.
const ENOUGH: u64 = 0;

/// Sends as many messages as it is told to, whenever it is told.
#[process(daemon)]
fn pour<S: FnMut(u64)>(orders: PipeReader, send: S) {
    pour_out(orders, send);
}

fn pour_out(mut orders: PipeReader, mut send: impl FnMut(u64)) {
    let mut count = [0; 8];
    while orders.read_exact(&mut count).is_ok() {
        (1..=u64::from_ne_bytes(count)).for_each(&mut send);
    }
}

/// Receives messages until it is told that it is enough, whenever it is told to begin, and says so.
#[process(daemon)]
fn drain<R: FnMut() -> u64>(orders: PipeReader, recv: R, done: PipeWriter) {
    drain_off(orders, recv, done);
}

fn drain_off(mut orders: PipeReader, mut recv: impl FnMut() -> u64, mut done: PipeWriter) {
    while orders.read_exact(&mut [0; 8]).is_ok() {
        while recv() != ENOUGH {}
        done.write_all(&[0]).expect("the parent waits for it");
    }
}

/// Begins what many do with pipes for their orders, by `begin`; the other ends.
fn orders(mut begin: impl FnMut(PipeReader)) -> Vec<PipeWriter> {
    let pipes = (0..MANY).map(|_| pipe().expect("a pipe"));
    pipes.map(|(orders, give)| (begin(orders), give).1).collect()
}

fn give(orders: &mut [PipeWriter], order: u64) {
    for one in orders {
        one.write_all(&order.to_ne_bytes()).expect("the other side lives");
    }
}

/// Receives `count` messages of many. `orders` is of those who send.
fn gather(mut orders: Vec<PipeWriter>, count: u64, mut recv: impl FnMut() -> u64 + 'static) -> Batch {
    Box::new(move || {
        let start = Instant::now();
        give(&mut orders, count / MANY);
        (0..count).for_each(|_| assert_ne!(recv(), ENOUGH));
        start.elapsed()
    })
}

/// Sends `count` messages to many, who say by `done` when they have them.
fn scatter(
    mut orders: Vec<PipeWriter>,
    count: u64,
    mut send: impl FnMut(u64) + 'static,
    mut done: PipeReader,
) -> Batch {
    Box::new(move || {
        let start: Instant = Instant::now();
        give(&mut orders, 1);
        (1..=count).for_each(&mut send);
        (0..MANY).for_each(|_| send(ENOUGH));
        done.read_exact(&mut [0; MANY as usize]).expect("they have them");
        start.elapsed()
    })
}

/// Four to one, and one to four.
pub(crate) fn ours(count: u64) -> [Batch; 2] {
    let (send, receive) = channel::<u64>(CAPACITY).expect("a channel");
    let senders = orders(|orders| {
        let send = send.clone();
        pour::spawn(orders, move |number| send.send(number).expect("the parent receives"))
            .map(drop)
            .expect("it starts");
    });
    let gathered = gather(senders, count, move || receive.recv().expect("they send"));
    let (send, receive) = channel::<u64>(CAPACITY).expect("a channel");
    let (done, say) = pipe().expect("a pipe");
    let receivers = orders(|orders| {
        let (receive, say) = (receive.clone(), say.try_clone().expect("a descriptor"));
        drain::spawn(orders, move || receive.recv().expect("the parent sends"), say).map(drop).expect("it starts");
    });
    [gathered, scatter(receivers, count, move |number| send.send(number).expect("they live"), done)]
}

/// As above; what is written to a pipe at once is not mixed with what others write, and read at once by one.
pub(crate) fn raw_pipe(count: u64) -> [Batch; 2] {
    let (mut from, to) = pipe().expect("a pipe");
    let write = |mut to: PipeWriter| move |number: u64| to.write_all(&number.to_ne_bytes()).expect("somebody reads");
    let senders = orders(|orders| {
        let to = to.try_clone().expect("a descriptor");
        pour::spawn(orders, write(to)).map(drop).expect("it starts");
    });
    let gathered = gather(senders, count, move || read(&mut from));
    let (from, to) = pipe().expect("a pipe");
    let (done, say) = pipe().expect("a pipe");
    let receivers = orders(|orders| {
        let (mut from, say) = (from.try_clone().expect("a descriptor"), say.try_clone().expect("a descriptor"));
        drain::spawn(orders, move || read(&mut from), say).map(drop).expect("it starts");
    });
    [gathered, scatter(receivers, count, write(to), done)]
}

/// Four to one: it has no receivers that share.
pub(crate) fn ipc_channel(count: u64) -> Batch {
    let (send, receive) = ipc::channel::<u64>().expect("a channel");
    let senders = orders(|orders| {
        let send = send.clone();
        pour::spawn(orders, move |number| send.send(number).expect("the parent receives"))
            .map(drop)
            .expect("it starts");
    });
    gather(senders, count, move || receive.recv().expect("they send"))
}

/// As [`ours`], between threads: after this no process can be started.
pub(crate) fn crossbeam(count: u64) -> [Batch; 2] {
    let (send, receive) = crossbeam_channel::bounded::<u64>(CAPACITY);
    let senders = orders(|orders| {
        let send = send.clone();
        thread::spawn(move || pour_out(orders, |number| send.send(number).expect("somebody receives")));
    });
    let gathered = gather(senders, count, move || receive.recv().expect("they send"));
    let (send, receive) = crossbeam_channel::bounded::<u64>(CAPACITY);
    let (done, say) = pipe().expect("a pipe");
    let receivers = orders(|orders| {
        let (receive, say) = (receive.clone(), say.try_clone().expect("a descriptor"));
        thread::spawn(move || drain_off(orders, || receive.recv().expect("somebody sends"), say));
    });
    [gathered, scatter(receivers, count, move |number| send.send(number).expect("they live"), done)]
}
