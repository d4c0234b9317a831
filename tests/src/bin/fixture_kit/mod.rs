//! What the fixtures share: gates to wait at, and what /proc says about this program.
#![allow(dead_code, reason = "each fixture uses a part of it")]

use std::fs;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::thread::{park_timeout, yield_now};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

pub(crate) mod cores;
pub(crate) mod ends;
pub(crate) mod fork_handlers;
pub(crate) mod programs;
pub(crate) mod stepper;
pub(crate) mod sys;
pub(crate) mod victim;

/// A place where processes wait for each other: `open(n)` lets n of those pass that `wait`, now or later.
pub(crate) struct Gate {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        let (reader, writer) = pipe().expect("a pipe");
        Gate { reader, writer }
    }

    /// Its descriptors.
    pub(crate) fn numbers(&self) -> [i32; 2] {
        [self.reader.as_raw_fd(), self.writer.as_raw_fd()]
    }

    pub(crate) fn open(&self, count: usize) {
        (&self.writer).write_all(&vec![0; count]).expect("a gate opens");
    }

    pub(crate) fn wait(&self) {
        (&self.reader).read_exact(&mut [0]).expect("a gate is passed");
    }
}

/// Waits for what no descriptor tells: asks again and again. The deadline is the runner's.
pub(crate) fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        yield_now();
    }
}

/// Lets time pass, as work that takes so long does. Nothing is synchronised by it.
pub(crate) fn pass(time: Duration) {
    let begin = Instant::now();
    while let Some(left) = time.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
        park_timeout(left);
    }
}

/// Waits until a child has ended, and leaves its status where it is.
pub(crate) fn ended(id: u32) {
    let waited = waitid(Id::Pid(pid(id)), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
    // nix has no word for an end by a real-time signal.
    assert!(matches!(waited, Ok(_) | Err(Errno::EINVAL)), "{waited:?}");
}

/// Waits until a process sleeps: in what it does just then, if it sleeps over nothing else.
pub(crate) fn asleep(id: u32) {
    until(|| stat(id).is_some_and(|(state, _)| state == 'S'));
}

pub(crate) fn pid(id: u32) -> Pid {
    Pid::from_raw(id as i32)
}

/// The letter of the state of a process and its parent's id; `None` if there is no such process.
pub(crate) fn stat(id: u32) -> Option<(char, u32)> {
    let text = String::from_utf8_lossy(&fs::read(format!("/proc/{id}/stat")).ok()?).into_owned();
    let mut words = text.rsplit_once(") ")?.1.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// How often a process has gone to sleep.
pub(crate) fn sleeps(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).expect("procfs");
    let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).expect("a count")
}

/// The children of this process by their state, zombies included.
pub(crate) fn children() -> Vec<(u32, char)> {
    children_of(std::process::id())
}

/// The children of a process, as above.
pub(crate) fn children_of(process: u32) -> Vec<(u32, char)> {
    let ids = fs::read_dir("/proc").expect("procfs").flatten();
    let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = |id| stat(id).filter(|(_, parent)| *parent == process).map(|(state, _)| (id, state));
    ids.filter_map(ours).collect()
}

/// What the descriptors of this process point to, sorted; without the one that reads the list.
pub(crate) fn fds() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fd").expect("procfs").flatten();
    let targets = entries.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_string_lossy().into_owned()));
    let own = format!("/proc/{}/fd", std::process::id());
    let mut targets: Vec<_> = targets.filter(|target| *target != own).collect();
    targets.sort_unstable();
    targets
}

/// The limit under which this process may open `count` descriptors more: no number at or above it is given away.
pub(crate) fn limit_for(count: usize) -> u64 {
    let open = |number: &u64| fs::read_link(format!("/proc/self/fd/{number}")).is_ok();
    (0..).filter(|number| !open(number)).nth(count).expect("a number that is free")
}

/// A line of `/proc/self/status`, without its head.
pub(crate) fn status(head: &str) -> String {
    let text = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = text.lines().find_map(|line| line.strip_prefix(head)?.strip_prefix(':'));
    line.expect("a line of that head").trim().to_owned()
}
