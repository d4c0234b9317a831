//! All that reads bytes which another process has written, one function each: for a fuzzer (`fuzz/`), and for the test below,
//! which stands in for it. Each says whether the bytes were taken for something; whatever they are, it neither panics nor takes
//! more memory than there are bytes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};

use crate::ipc::channel::channel;
use crate::ipc::fd::Fd;
use crate::ipc::parcel;
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;
use crate::pool::frame::Frames;
use crate::pool::message::Head;
use crate::process::order::{Order, Own};
use crate::process::panic::Panic;
use crate::process::report::{INLINE, Report};
use crate::shm::memory::Mapped;
use crate::shm::nonsense;
use crate::shm::ring::Ring;
use crate::sys::memory;
use crate::sys::page::Page;
use crate::wire::{codec, prefix};

/// A function that reads bytes.
pub type Decoder = fn(&[u8]) -> bool;

/// All of them, by the names of their targets and of what is in the corpus for each.
pub const ALL: [(&str, Decoder); 5] =
    [("message", message), ("ends", ends), ("order", order), ("ring", ring), ("report", report)];

/// Some of each kind of thing that the codec knows.
type Value = (String, Vec<u64>, Option<char>, BTreeMap<u16, Vec<u8>>, Result<IpAddr, bool>, i128);

/// Messages of channels and of pools.
pub fn message(bytes: &[u8]) -> bool {
    if let Some(start) = prefix::start(bytes) {
        assert!(start <= bytes.len());
    }
    if let Some((head, items)) = Head::read(bytes) {
        let length: usize = items.clone().map(|(_, item)| item.len()).sum();
        assert!(length <= bytes.len() && items.clone().skip_items(head.count) <= bytes.len());
        return Frames(items.0).next().is_some();
    }
    let Ok(value) = codec::decode::<Value>(bytes) else { return false };
    let mut again = Vec::new();
    codec::append(&value, &mut again).expect("it was read");
    assert_eq!(codec::decode::<Value>(&again).expect("it was written"), value);
    true
}

thread_local! {
    static CHANNEL: (Sender<u32>, Receiver<u32>) = channel(4).expect("memory is to be had");
    static RING: Ring<Mapped> = Ring::new(1 << 12, 16).expect("memory is to be had");
    static FILE: OwnedFd = file(&[7; SPILLED]);
}

/// How much the file holds that goes with a message.
const SPILLED: usize = 100;

fn file(bytes: &[u8]) -> OwnedFd {
    let file = memory::create(c"mp-nonsense").expect("a file is to be had");
    memory::write_at(file.as_fd(), bytes, 0).expect("it takes a few bytes");
    file
}

/// Messages that descriptors belong to.
pub fn ends(bytes: &[u8]) -> bool {
    let copy = |file: &OwnedFd| file.try_clone().expect("a descriptor is to be had");
    let mut fds: Vec<OwnedFd> = CHANNEL.with(|(sender, _)| {
        let link = sender.end().link();
        let memory = link.ring.file().try_clone_to_owned().expect("a descriptor is to be had");
        link.fds(memory).expect("descriptors are to be had").into()
    });
    fds.push(FILE.with(copy));
    parcel::unpack::<(Fd, Vec<Sender<u32>>, Option<Receiver<u32>>)>(bytes, fds).is_ok()
}

/// What a process is told that is not forked from its program. The first byte says how many descriptors go with it, and its
/// highest bit, whether the process has its own already.
pub fn order(bytes: &[u8]) -> bool {
    let Some((first, bytes)) = bytes.split_first() else { return false };
    let next = || FILE.with(|file| file.try_clone().ok());
    let own = if first & 0x80 != 0 { Own::take(next) } else { None };
    let fds = (0..first % 16).map_while(|_| next()).collect();
    let Some(mut order) = Order::read(bytes, fds, own) else { return false };
    order.arguments.bytes().is_ok_and(|arguments| {
        assert!(arguments.len() <= bytes.len().max(SPILLED));
        true
    })
}

/// What lies in the memory of a channel or of a queue.
pub fn ring(bytes: &[u8]) -> bool {
    RING.with(|ring| nonsense::receive(ring, bytes).is_ok_and(|count| count > 0))
}

/// What a child has told of itself: the words of the head, then the payload, in the page as far as it fits and in the file. The
/// first byte says whether somebody else maps the file.
pub fn report(bytes: &[u8]) -> bool {
    const GENERATION: u32 = 1;
    let Some((first, bytes)) = bytes.split_first() else { return false };
    let Some((words, payload)) = bytes.as_chunks().0.split_at_checked(3) else { return false };
    let payload = &payload.as_flattened()[..payload.len() * 8];
    let file = file(&[]);
    let mapped = Page::of_file(file.as_fd()).ok().filter(|_| first & 1 != 0);
    let page = Page::new().expect("a page is to be had");
    let report = Report::open(page, file, GENERATION);
    report.fill(&payload[..payload.len().min(INLINE)]).expect("it fits");
    report.append(payload, 0).expect("it takes a few bytes");
    report.lay_out([words[0], words[1], words[2]].map(u64::from_le_bytes));
    let Some(head) = report.head() else { return false };
    let read = report.payload(head, |bytes| {
        assert!(bytes.len() <= payload.len().max(INLINE));
        Panic::decode(bytes).location().is_some() || codec::decode::<Value>(bytes).is_ok()
    });
    drop(mapped);
    read.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};
    use std::{env, fs, panic};

    use super::*;
    use crate::wire::frame::{self, State};
    use crate::wire::mutation::{mutate, seeded};

    /// For how many seconds all of them are run, if not for two.
    const SECONDS: &str = "MP_FUZZ_SECONDS";

    #[test]
    fn nothing_in_the_corpus_or_near_it_is_more_than_an_error() {
        let seconds = env::var(SECONDS).map_or(2, |text| text.parse().expect("a number of seconds"));
        for (name, decoder) in ALL {
            let corpus = corpus(name);
            let mut counts = [0; 2];
            let mut ask = |bytes: &[u8]| {
                let start = Instant::now();
                let answer = panic::catch_unwind(|| decoder(bytes));
                assert!(answer.is_ok() && start.elapsed() < Duration::from_secs(5), "{name}: {bytes:02x?}");
                counts[usize::from(answer.unwrap_or_default())] += 1;
            };
            corpus.iter().for_each(|bytes| ask(bytes));
            let (mut random, start) = (seeded(), Instant::now());
            while start.elapsed() < Duration::from_secs(seconds) / ALL.len() as u32 {
                let seed = random.usize(..corpus.len());
                ask(&mutate(&corpus[seed], &mut random));
            }
            let [refused, read] = counts;
            assert!(read > 0 && refused > 0, "{name}: {read} were read, {refused} refused");
        }
    }

    #[test]
    fn payload_of_a_report_that_is_shorter_than_told_takes_no_memory() {
        let file = file(b"lucky");
        let _mapped = Page::of_file(file.as_fd()).expect("it can be mapped");
        let report = Report::open(Page::new().expect("a page is to be had"), file, 1);
        report.append(b"lucky", 0).expect("it takes a few bytes");
        for length in [INLINE as u64 + 1, 1 << 44, u64::MAX] {
            let head = frame::Head { state: State::Returned, length, run_time: Duration::ZERO };
            let error = report.payload(head, <[u8]>::len).expect_err("it is not there");
            assert_eq!(error.raw_os_error(), Some(libc::ENODATA));
        }
    }

    fn corpus(name: &str) -> Vec<Vec<u8>> {
        let directory = format!("{}/../fuzz/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        let entries = fs::read_dir(&directory).expect("there is a corpus for each");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).expect("it can be read")).collect()
    }
}
