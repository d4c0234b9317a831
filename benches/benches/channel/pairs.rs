//! Pairs of processes, or of threads, with a channel each way: what is measured.

use std::io::{Read, Write, pipe};
use std::thread;
use std::time::{Duration, Instant};

use benches::raw;
use ipc_channel::ipc;
use mp_runtime::{Bytes, Child, Receiver, channel, channel_with_room, process};

/// To a number with this bit the other side answers, with the number of the core it runs on.
const ECHO: u64 = 1 << 63;
/// Ends the other side.
const STOP: u64 = 0;

/// One side of a pair; the other answers.
pub(crate) struct Pair {
    send: Box<dyn FnMut(u64)>,
    recv: Box<dyn FnMut() -> u64>,
    /// How many answers there were, and how many of them were written on the core that this side ran on.
    answers: u64,
    on_one_core: u64,
    /// The process of the other side, where that is not this one.
    other: Option<u32>,
}

impl Pair {
    pub(crate) fn new(
        send: impl FnMut(u64) + 'static,
        recv: impl FnMut() -> u64 + 'static,
        other: Option<&Child<()>>,
    ) -> Pair {
        let other = other.map(Child::id);
        Pair { send: Box::new(send), recv: Box::new(recv), answers: 0, on_one_core: 0, other }
    }

    /// The processor time that `work` with this pair takes, of both sides.
    pub(crate) fn cpu_time(&mut self, work: impl FnOnce(&mut Pair)) -> Duration {
        let both =
            |other: Option<u32>| raw::cpu_time(None) + other.map_or(Duration::ZERO, |id| raw::cpu_time(Some(id)));
        let before = both(self.other);
        work(self);
        both(self.other) - before
    }

    /// The processor time of the other side so far, if that is a process.
    pub(crate) fn others_cpu_time(&self) -> Option<Duration> {
        self.other.map(|id| raw::cpu_time(Some(id)))
    }

    /// Sends `count` numbers and waits for the answer to the last.
    pub(crate) fn flood(&mut self, count: u64) -> Duration {
        let start = Instant::now();
        (1..count).for_each(|number| (self.send)(number));
        self.round_trip();
        start.elapsed()
    }

    /// Sends one number and waits until it is back.
    pub(crate) fn round_trip(&mut self) -> Duration {
        let start = Instant::now();
        (self.send)(ECHO);
        let core = (self.recv)();
        let time = start.elapsed();
        self.answers += 1;
        self.on_one_core += u64::from(core == ECHO | raw::core());
        time
    }

    /// The share of the round trips since the last call for which both sides were on one core.
    pub(crate) fn take_placement(&mut self) -> f64 {
        let share = self.on_one_core as f64 / self.answers as f64;
        (self.answers, self.on_one_core) = (0, 0);
        share
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        (self.send)(STOP);
    }
}

fn answer(mut recv: impl FnMut() -> u64, mut send: impl FnMut(u64)) {
    loop {
        match recv() {
            STOP => return,
            number if number & ECHO != 0 => send(ECHO | raw::core()),
            _ => {}
        }
    }
}

#[process(daemon)]
pub(crate) fn serve<R: FnMut() -> u64, S: FnMut(u64)>(recv: R, send: S) {
    answer(recv, send);
}

pub(crate) const CAPACITY: usize = 1024;

pub(crate) fn ours() -> Pair {
    let (there, received) = channel(CAPACITY).expect("a channel");
    let (back, answers) = channel(CAPACITY).expect("a channel");
    let recv = move || received.recv().expect("the parent sends");
    let other = serve::spawn(recv, move |number| back.send(number).expect("the parent receives")).expect("it starts");
    let send = move |number| there.send(number).expect("the child lives");
    Pair::new(send, move || answers.recv().expect("it answers"), Some(&other))
}

pub(crate) fn raw_pipe() -> Pair {
    let (mut received, mut there) = pipe().expect("a pipe");
    let (mut answers, mut back) = pipe().expect("a pipe");
    let send = move |number: u64| back.write_all(&number.to_ne_bytes()).expect("the parent reads");
    let other = serve::spawn(move || read(&mut received), send).expect("it starts");
    let send = move |number: u64| there.write_all(&number.to_ne_bytes()).expect("the child reads");
    Pair::new(send, move || read(&mut answers), Some(&other))
}

pub(crate) fn read(from: &mut impl Read) -> u64 {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).expect("the other side writes");
    u64::from_ne_bytes(bytes)
}

pub(crate) fn ipc_channel() -> Pair {
    let (there, received) = ipc::channel().expect("a channel");
    let (back, answers) = ipc::channel().expect("a channel");
    let recv = move || received.recv().expect("the parent sends");
    let other = serve::spawn(recv, move |number| back.send(number).expect("the parent receives")).expect("it starts");
    let send = move |number| there.send(number).expect("the child lives");
    Pair::new(send, move || answers.recv().expect("it answers"), Some(&other))
}

/// Starts a thread: after this no process can be started.
pub(crate) fn crossbeam() -> Pair {
    crossbeam_on(None)
}

/// The same, with a thread that runs on `core` only.
pub(crate) fn crossbeam_on(core: Option<usize>) -> Pair {
    let (there, received) = crossbeam_channel::bounded(CAPACITY);
    let (back, answers) = crossbeam_channel::bounded(CAPACITY);
    let recv = move || received.recv().expect("the other thread sends");
    thread::spawn(move || {
        raw::run_on(core);
        answer(recv, |number| back.send(number).expect("the other thread receives"));
    });
    let send = move |number| there.send(number).expect("it lives");
    Pair::new(send, move || answers.recv().expect("it answers"), None)
}

/// Sends messages of bytes, of which the other side answers to the last of so many.
pub(crate) type Batch = Box<dyn FnMut() -> Duration>;

#[process(daemon)]
fn swallow<R: FnMut() -> bool, S: FnMut()>(count: usize, mut recv: R, mut answer: S) {
    loop {
        for _ in 0..count {
            if !recv() {
                return;
            }
        }
        answer();
    }
}

fn batch(count: usize, mut send: impl FnMut() + 'static, answers: Receiver<()>) -> Batch {
    Box::new(move || {
        let start = Instant::now();
        (0..count).for_each(|_| send());
        answers.recv().expect("the other side answers");
        start.elapsed()
    })
}

/// By value, or lent: then a word at each end is written and read, and the rest is as it is. In a channel of `room` bytes.
pub(crate) fn our_bytes(size: usize, count: usize, room: usize, lent: bool) -> Batch {
    let (there, received) = channel_with_room::<Bytes>(CAPACITY, room).expect("a channel");
    let (back, answers) = channel(1).expect("a channel");
    let recv = move || match lent {
        true => received.recv_ref().is_ok_and(|bytes| bytes[0] == bytes[size - 1]),
        false => received.recv().is_ok_and(|bytes| bytes[0] == bytes[size - 1]),
    };
    drop(swallow::spawn(count, recv, move || back.send(()).expect("the parent receives")).expect("it starts"));
    let bytes = vec![7; size];
    let send = move || match lent {
        true => {
            let mut loan = there.loan(size).expect("the child lives");
            loan[0] = 7;
            loan[size - 1] = 7;
            loan.send();
        }
        false => there.send_slice(&bytes).expect("the child lives"),
    };
    batch(count, send, answers)
}

pub(crate) fn pipe_bytes(size: usize, count: usize) -> Batch {
    let (mut received, mut there) = pipe().expect("a pipe");
    let (back, answers) = channel(1).expect("a channel");
    let mut buffer = vec![0; size];
    let recv = move || received.read_exact(&mut buffer).is_ok();
    drop(swallow::spawn(count, recv, move || back.send(()).expect("the parent receives")).expect("it starts"));
    let bytes = vec![7; size];
    batch(count, move || there.write_all(&bytes).expect("the child lives"), answers)
}

pub(crate) fn ipc_bytes(size: usize, count: usize) -> Batch {
    let (there, received) = ipc::bytes_channel().expect("a channel");
    let (back, answers) = channel(1).expect("a channel");
    let recv = move || received.recv().is_ok_and(|bytes| bytes[0] == bytes[size - 1]);
    drop(swallow::spawn(count, recv, move || back.send(()).expect("the parent receives")).expect("it starts"));
    let bytes = vec![7; size];
    batch(count, move || there.send(&bytes).expect("the child lives"), answers)
}
