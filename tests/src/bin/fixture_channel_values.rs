//! What values carry through channels: much, descriptors, other ends; the first argument names a scene. Silent and code 0 if
//! all is as it should be.

use std::env;
use std::fs::File;
use std::io::{PipeReader, Read, Write, pipe, read_to_string};
use std::os::fd::OwnedFd;
use std::time::Duration;

use fixture_kit::{Gate, ended, fds, limit_for, sys};
use mp_runtime::{
    Bytes, Duplex, Fd, Receiver, RecvError, RecvTimeoutError, SendError, Sender, TryRecvError, channel, duplex, process,
};
use serde::{Deserialize, Serialize};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

/// A question, and where the answer goes.
#[derive(Serialize, Deserialize)]
struct Question {
    number: u64,
    answer: Sender<u64>,
}

#[process]
fn answer(questions: Receiver<Question>) {
    for Question { number, answer } in questions {
        answer.send(number * number).unwrap();
    }
}

#[process]
fn echo(bytes: Receiver<Vec<u8>>, back: Sender<Vec<u8>>) {
    bytes.into_iter().for_each(|bytes| back.send(bytes).unwrap());
}

/// Sends its only sender away and ends.
#[process]
fn send_away(senders: Sender<Sender<u64>>, sender: Sender<u64>) {
    senders.send(sender).unwrap();
}

#[process]
fn read_all(pipes: Receiver<Fd<PipeReader>>) -> Vec<String> {
    let read = |mut pipe: Fd<PipeReader>| {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    };
    pipes.into_iter().map(read).collect()
}

/// What serde refuses to write when it is odd.
#[derive(Debug, Deserialize)]
struct Even(u64);

impl Serialize for Even {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 2 {
            0 => serializer.serialize_u64(self.0),
            _ => Err(serde::ser::Error::custom("it is odd")),
        }
    }
}

/// A sender, and something that serde refuses after it.
#[derive(Serialize, Deserialize)]
struct WithEven(Sender<u64>, Even);

#[process]
fn say_all(sent: Sender<String>, raw: Sender<Bytes>, words: Vec<String>) {
    for word in words {
        sent.send(word.clone()).unwrap();
        raw.send_slice(word.as_bytes()).unwrap();
    }
}

#[process]
fn write_foo(files: Receiver<Fd<File>>) {
    files.recv().unwrap().0.write_all(b"foo").unwrap();
}

#[process]
fn echo_words(there: Duplex<Vec<u32>, Vec<u32>>) {
    while let Ok(value) = there.recv() {
        there.send(value).unwrap();
    }
}

fn main() {
    let gate = Gate::new();
    let (sender, receiver) = channel::<u64>(64).unwrap();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "large" => {
            let (there, bytes) = channel(4).unwrap();
            let (back, received) = channel(4).unwrap();
            let child = echo::spawn(bytes, back).unwrap();
            for length in [0, 1, 100, 32_000, 33_000, 65_536, 70_000, 3 << 20, 7] {
                let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
                there.send(value.clone()).unwrap();
                assert!(received.recv().unwrap() == value, "{length} bytes");
            }
            drop(there);
            child.join().unwrap();
        }
        "large-and-small" => {
            let (there, bytes) = channel(16).unwrap();
            let (back, received) = channel(16).unwrap();
            let child = echo::spawn(bytes, back).unwrap();
            for round in 0..100 {
                let lengths = [3, 50_000, 0, 40_000, 17];
                lengths.iter().for_each(|length| there.send(vec![round; *length]).unwrap());
                lengths.iter().for_each(|length| assert!(received.recv().unwrap() == vec![round; *length]));
            }
            drop(there);
            child.join().unwrap();
        }
        "files" => {
            let (pipes, received) = channel(4).unwrap();
            let child = read_all::spawn(received).unwrap();
            let before = fds().len();
            for n in 0..300 {
                let (reader, mut writer) = pipe().unwrap();
                write!(writer, "{n}").unwrap();
                pipes.send(Fd(reader)).unwrap();
            }
            assert!(fds().len() <= before + 2, "more than what is kept to wait with");
            drop(pipes);
            assert_eq!(child.join().unwrap(), (0..300).map(|n| n.to_string()).collect::<Vec<_>>());
        }
        "many-files" => {
            let (files, received) = channel::<Vec<Fd>>(4).unwrap();
            let open = |count: usize| (0..count).map(|_| Fd(OwnedFd::from(File::open("/dev/null").unwrap()))).collect();
            files.send(open(253)).unwrap();
            let error = files.send(open(254)).unwrap_err();
            assert!(matches!(error, SendError::Failed(_, error) if error.raw_os_error() == Some(libc::EINVAL)));
            assert_eq!(received.recv().unwrap().len(), 253);
        }
        "no-descriptors" => {
            // Not as many as the message has: it stays, and none of them does.
            let (files, received) = channel::<Vec<Fd>>(4).unwrap();
            files.send((0..8).map(|_| Fd(OwnedFd::from(File::open("/dev/null").unwrap()))).collect()).unwrap();
            let before = fds().len();
            let limit = sys::limit_fds(limit_for(3));
            let errors = [(); 4].map(|()| received.try_recv().unwrap_err());
            sys::limit_fds(limit);
            assert_eq!(fds().len(), before);
            for error in errors {
                assert!(
                    matches!(&error, TryRecvError::Failed(error) if error.raw_os_error() == Some(libc::EMFILE)),
                    "{error}"
                );
            }
            assert_eq!(received.recv().unwrap().len(), 8);
        }
        "crowded" => {
            // More descriptors than the socket takes: the channel is full then.
            let (files, received) = channel::<Fd>(4096).unwrap();
            let null = || Fd(OwnedFd::from(File::open("/dev/null").unwrap()));
            let sent = (0..4096).take_while(|_| files.try_send(null()).is_ok()).count();
            assert!((100..4096).contains(&sent), "{sent}");
            assert_eq!(received.try_iter().count(), sent);
            files.try_send(null()).unwrap();
        }
        "answers" => {
            let (questions, received) = channel(4).unwrap();
            let child = answer::spawn(received).unwrap();
            let before = fds().len();
            for number in 0..200 {
                let (answer, answers) = channel(1).unwrap();
                questions.send(Question { number, answer }).unwrap();
                assert_eq!(answers.recv().unwrap(), number * number);
                assert!(matches!(answers.recv(), Err(RecvError::Disconnected)));
            }
            assert!(fds().len() <= before + 2, "more than what is kept to wait with");
            drop(questions);
            child.join().unwrap();
        }
        "travelling" => {
            // The process that sent the end has ended before it is received.
            let (senders, received) = channel(1).unwrap();
            let child = send_away::spawn(senders, sender).unwrap();
            ended(child.id());
            child.join().unwrap();
            assert!(matches!(receiver.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)));
            let sender = received.recv().unwrap();
            sender.send(9).unwrap();
            assert_eq!(receiver.recv().unwrap(), 9);
            drop(sender);
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        "lost" => {
            // The channel with the end in it is gone; this process, which sent it, lives.
            let (senders, received) = channel(1).unwrap();
            senders.send(sender).unwrap();
            assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
            drop((senders, received));
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        "refused" => {
            let (evens, received) = channel::<WithEven>(4).unwrap();
            let before = fds().len();
            let error = evens.send(WithEven(sender.clone(), Even(1))).unwrap_err();
            assert!(matches!(&error, SendError::Failed(_, error) if error.is_codec()), "{error}");
            drop(error);
            assert_eq!(fds().len(), before);
            evens.send(WithEven(sender, Even(2))).unwrap();
            let WithEven(sender, even) = received.recv().unwrap();
            assert_eq!(even.0, 2);
            drop(sender);
            assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
        }
        "own-end" => {
            // The receiver of a channel in a message of that channel.
            let (receivers, received) = channel::<Receiver<u64>>(4).unwrap();
            receivers.send(receiver).unwrap();
            sender.send(3).unwrap();
            let receiver = received.recv().unwrap();
            assert_eq!(receiver.recv().unwrap(), 3);
            gate.open(1);
            gate.wait();
        }
        "boundaries" => {
            let words = ["", "a", "b", "cd", "", "", "efg", ""];
            let (sent, received) = channel::<String>(16).unwrap();
            let (raw, received_raw) = channel::<Bytes>(16).unwrap();
            let child = say_all::spawn(sent, raw, words.map(str::to_owned).to_vec()).unwrap();
            assert_eq!(received.iter().collect::<Vec<_>>(), words);
            let bytes: Vec<_> = received_raw.iter().map(|bytes| bytes.0).collect();
            assert_eq!(bytes, words.map(str::as_bytes));
            child.join().unwrap();
        }
        "high-number" => {
            let (files, received) = channel::<Fd<File>>(4).unwrap();
            let child = write_foo::spawn(received).unwrap();
            let (reader, writer) = pipe().unwrap();
            // So many that the next has a number beyond 256.
            let others: Vec<_> = (0..260).map(|_| writer.try_clone().unwrap()).collect();
            files.send(Fd(File::from(OwnedFd::from(writer.try_clone().unwrap())))).unwrap();
            drop((others, writer, files));
            assert_eq!(read_to_string(reader).unwrap(), "foo");
            child.join().unwrap();
        }
        "echo" => {
            let (here, there) = duplex::<Vec<u32>, Vec<u32>>(2).unwrap();
            let child = echo_words::spawn(there).unwrap();
            // 16 MiB, beside the ring; and nothing at all.
            for length in [4 << 20, 0, 1] {
                let value: Vec<u32> = (0..length).map(|number: u32| number.wrapping_mul(2_654_435_761)).collect();
                here.send(value.clone()).unwrap();
                assert!(here.recv().unwrap() == value, "{length} words came back others");
            }
            drop(here);
            child.join().unwrap();
        }
        scene => panic!("no scene `{scene}`"),
    }
}
