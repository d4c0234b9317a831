//! Messages that travel beside the memory of their channel: descriptors, ends, values too large for it; the first argument names a
//! scene. Silent and code 0 if all is as it should be.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use std::{env, thread};

use fixture_kit::ends::{LONG, MOMENT, at_once};
use fixture_kit::stepper::{self, Step};
use fixture_kit::{Gate, asleep, fds, limit_for, stat, sys, until};
use mp_runtime::{
    Bytes, Fd, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TrySendError, channel, channel_with_room, process,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Uid;
use serde::{Deserialize, Deserializer, Serialize};

mod fixture_kit;

type Reply = Sender<u64>;

fn file() -> Fd<File> {
    Fd(File::open("/dev/null").unwrap())
}

/// The kernel counts the descriptors on their way for a user, in all channels: where there is no place, a channel is full.
fn crowded() {
    // Those of root are not counted, and those of any other user are, wherever he has them: nobody else is this one.
    nix::unistd::setuid(Uid::from_raw(100_000 + std::process::id())).unwrap();
    sys::limit_fds(100);
    let (other, elsewhere) = channel(200).unwrap();
    let sent = (0..200).find(|_| other.try_send(file()).is_err()).expect("there is an end to it");
    assert!(sent >= 50, "{sent} descriptors were too many");
    let (sender, receiver) = channel::<Fd<File>>(4).unwrap();
    assert!(matches!(sender.try_send(file()), Err(TrySendError::Full(_))));
    assert!(matches!(sender.send_timeout(file(), MOMENT), Err(SendTimeoutError::Timeout(_))));
    thread::scope(|scope| {
        let waiting = scope.spawn(|| sender.send(file()));
        assert!(receiver.recv_timeout(MOMENT).is_err() && !waiting.is_finished());
        // Whose place it is going to have is another channel's message.
        while elsewhere.try_recv().is_ok() {}
        waiting.join().unwrap().unwrap();
    });
    receiver.try_recv().unwrap();
}

/// A value for which there is no room in the address space stays where it is.
fn without_address_space() {
    const SIZE: usize = 64 << 20;
    let (sender, receiver) = channel::<Bytes>(4).unwrap();
    sender.send_slice(&vec![7; SIZE]).unwrap();
    let (before, most) = getrlimit(Resource::RLIMIT_AS).unwrap();
    let size = fixture_kit::status("VmSize").trim_end_matches(" kB").parse::<u64>().unwrap() << 10;
    setrlimit(Resource::RLIMIT_AS, size + (SIZE as u64) / 2, most).unwrap();
    let borrowed = receiver.recv_ref().map(drop).unwrap_err().to_string();
    let received = receiver.try_recv().unwrap_err().to_string();
    setrlimit(Resource::RLIMIT_AS, before, most).unwrap();
    assert!(borrowed.contains("os error 12") && received.contains("os error 12"), "{borrowed} {received}");
    assert!(receiver.try_recv().unwrap().iter().all(|byte| *byte == 7));
}

/// It is not forked, and knows none of the channels but its own.
#[process(start = exec)]
fn is_unanswered(answer: Receiver<u64>) -> bool {
    matches!(answer.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected))
}

/// The last receiver is lost in a message of another channel. Whoever then finds that there is none looks after what it has left.
fn lost_receiver() {
    let (requests, received) = channel::<Reply>(4).unwrap();
    let (ends, receivers) = channel::<Receiver<Reply>>(4).unwrap();
    let (reply, answer) = channel(4).unwrap();
    requests.send(reply).unwrap();
    let waits = is_unanswered::spawn(answer).unwrap();
    ends.send(received).unwrap();
    drop((ends, receivers));
    let (another, _answer) = channel(4).unwrap();
    assert!(requests.send(another).is_err());
    assert!(at_once(|| waits.join()).unwrap(), "it waits for an answer that will not come");
}

/// Its reader panics.
#[derive(Serialize)]
struct Unreadable(Bytes);

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = Bytes::deserialize(from)?;
        if bytes[0] == 0 { panic!("on purpose") } else { Ok(Unreadable(bytes)) }
    }
}

#[process]
fn sends_two(values: Sender<Unreadable>, gate: &Gate) {
    values.send(Unreadable(Bytes(vec![0; 100_000]))).unwrap();
    gate.open(1);
    values.send(Unreadable(Bytes(vec![1; 100_000]))).unwrap();
}

/// A sender that sleeps learns that there is room from a receiver that panics while it reads, too.
fn reader_that_panics() {
    let gate = Gate::new();
    let (sender, receiver) = channel_with_room(1, 1 << 20).unwrap();
    let child = sends_two::spawn(sender, &gate).unwrap();
    gate.wait();
    asleep(child.id());
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    assert!(catch_unwind(AssertUnwindSafe(|| receiver.recv().map(drop))).is_err());
    std::panic::set_hook(hook);
    at_once(|| child.join()).unwrap();
    assert_eq!(receiver.recv().unwrap().0[0], 1);
}

#[process]
fn send_many(files: Sender<Vec<Fd<File>>>) {
    let many = (0..100).map(|_| file()).collect();
    stepper::stepped(|| files.send(many).unwrap());
}

/// What a sender that was killed has left is more than the receiver can have: it gets the next message all the same.
fn many_of_the_dead(count: usize) {
    let (sender, receiver) = channel::<Vec<Fd<File>>>(4).unwrap();
    let victim = send_many::spawn(sender.clone()).unwrap();
    stepper::reach(&victim);
    stepper::walk_to(&victim, |number, _| number == libc::SYS_sendmsg);
    stepper::walk_and_kill(victim, Step::Syscall, count).unwrap();
    // It was killed before the descriptors were sent, or after that, and before the message was.
    assert_eq!(receiver.is_empty(), count < 2);
    if !receiver.is_empty() {
        assert_eq!(receiver.try_recv().unwrap().len(), 100);
    }
    sender.send(vec![file()]).unwrap();
    let before = sys::limit_fds(limit_for(20));
    assert_eq!(receiver.recv_timeout(LONG).unwrap().len(), 1);
    sys::limit_fds(before);
}

#[process]
fn replies_without_its_first_thread(requests: Sender<Reply>, reply: Reply) {
    let first = nix::unistd::getpid();
    thread::spawn(move || {
        until(|| stat(first.as_raw() as u32).is_some_and(|(state, _)| state == 'Z'));
        requests.send(reply).unwrap();
        drop(requests);
        sys::leave(0);
    });
    sys::end_thread();
}

/// An end that was sent by a process without its first thread is on its way, whatever becomes of that.
fn sent_without_the_first_thread() {
    let (requests, received) = channel(4).unwrap();
    let (reply, answer) = channel::<u64>(4).unwrap();
    let child = replies_without_its_first_thread::spawn(requests, reply).unwrap();
    assert!(child.join().is_err(), "it has not returned");
    assert!(matches!(answer.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)), "its sender is on its way");
    let reply: Reply = received.recv().unwrap();
    reply.send(7).unwrap();
    assert_eq!(answer.recv().unwrap(), 7);
}

/// What the system refuses is told by its number, also in the middle of a value.
fn without_descriptors() {
    let (sender, receiver) = channel(4).unwrap();
    let (ends, _ends) = channel::<Reply>(4).unwrap();
    let (reply, _answer) = channel(4).unwrap();
    let mut files = vec![file(), file()];
    let before = sys::limit_fds(limit_for(0));
    let failed = [sender.try_send(files.remove(0)).map_err(drop_value), ends.try_send(reply).map_err(drop_value)];
    sys::limit_fds(before);
    assert_eq!(failed, [Err(Some(libc::EMFILE)); 2], "{:?}", fds());
    sender.send(files.remove(0)).unwrap();
    receiver.recv_timeout(Duration::ZERO).unwrap();
}

fn drop_value<T>(error: TrySendError<T>) -> Option<i32> {
    if let TrySendError::Failed(_, error) = error { error.raw_os_error() } else { None }
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "crowded" => crowded(),
        "address-space" => without_address_space(),
        "lost-receiver" => lost_receiver(),
        "panics" => reader_that_panics(),
        "many-of-the-dead" => (0..4).for_each(many_of_the_dead),
        "first-thread" => sent_without_the_first_thread(),
        "descriptors" => without_descriptors(),
        scene => panic!("no scene `{scene}`"),
    }
}
