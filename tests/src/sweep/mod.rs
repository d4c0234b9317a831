//! Kills a program, or one of its processes, at each of its system calls in turn, and looks for what is left.
//!
//! Crash points are enumerated, not sampled: the k-th system call of the n-th process is a place that can be gone back to.
//! `trace` runs a program under one fault; here the faults are counted up until the program has no such place.

pub mod errors;
mod grace;
mod seen;
mod stage;
mod trace;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::time::Duration;

pub use seen::Seen;
pub use trace::run;

/// A program announces its beginning by asking for the session of a process of this id. Faults that are no kills end
/// where a process does so again.
pub const MARK: i32 = 0x005e_edfa;

/// How long after the death of a program its processes may take to be gone. `grace` says how it is counted.
const GRACE: Duration = Duration::from_millis(200);

/// What is done to a run of a program. Processes are numbered in the order of their birth: 0 is the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL for a process that is about to make its k-th system call.
    Before {
        /// Which process.
        process: usize,
        /// Which call, from 1.
        call: usize,
    },
    /// SIGKILL for a process that has made its k-th system call and does not know the answer yet.
    After {
        /// Which process.
        process: usize,
        /// Which call, from 1.
        call: usize,
    },
    /// As `Before` for the program itself, while each process is held at its birth for 20 ms.
    Late {
        /// Which call of the program, from 1.
        call: usize,
    },
    /// A process is held before its k-th system call until the program has been killed and is gone.
    Orphaned {
        /// Which process; not 0.
        process: usize,
        /// Which call of it, from 1.
        call: usize,
    },
    /// A process's k-th system call is not made, and answers with the n-th of its documented errors.
    Fails {
        /// Which process.
        process: usize,
        /// Which call, from 1.
        call: usize,
        /// Which error, from 0; see [`errors::documented`].
        error: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Before { process, call } => write!(f, "SIGKILL before call {call} of process {process}"),
            Fault::After { process, call } => write!(f, "SIGKILL after call {call} of process {process}"),
            Fault::Late { call } => write!(f, "SIGKILL before call {call} of the program, its processes late by 20 ms"),
            Fault::Orphaned { process, call } => {
                write!(f, "program killed while process {process} is before its call {call}")
            }
            Fault::Fails { process, call, error } => {
                write!(f, "call {call} of process {process} fails by error {error} of its list")
            }
        }
    }
}

/// What a sweep has found.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many faults there were.
    pub points: usize,
    /// How many of them left a process behind.
    pub survivors: usize,
    /// The longest time from the death of a program to that of the last of its processes.
    pub slowest: Duration,
    /// The same, without what they and their tracer have waited for a processor meanwhile.
    pub slowest_at_work: Duration,
    /// What was wrong, a line for each.
    pub wrong: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [slowest, at_work] = [self.slowest, self.slowest_at_work].map(|time| time.as_secs_f64() * 1e3);
        write!(f, "points {}, survivors {}, wrong {}", self.points, self.survivors, self.wrong.len())?;
        write!(f, ", all gone after {slowest:.1} ms at the latest, {at_work:.1} ms without waiting for a processor")
    }
}

/// Puts `command` through every `stride`-th of its faults, beginning at `first` (from 1).
pub fn sweep(command: &[OsString], first: usize, stride: usize) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let calls = || (first.max(1)..).step_by(stride.max(1));
    for process in 0.. {
        let mut kinds: Vec<fn(usize, usize) -> Fault> =
            vec![|process, call| Fault::Before { process, call }, |process, call| Fault::After { process, call }];
        kinds.push(match process {
            0 => |_, call| Fault::Late { call },
            _ => |process, call| Fault::Orphaned { process, call },
        });
        let mut exists = false;
        for kind in kinds {
            for call in calls() {
                let fault = kind(process, call);
                let seen = run(command, fault, GRACE)?;
                tally.add(command, fault, &seen);
                if !seen.struck {
                    exists |= seen.processes > process;
                    break;
                }
                exists = true;
            }
        }
        if !exists {
            return Ok(tally);
        }
    }
    Ok(tally)
}

/// Kills `command` itself at every `stride`-th of its system calls, in time and with its processes late.
pub fn kills(command: &[OsString], stride: usize) -> io::Result<Tally> {
    let mut tally = Tally::default();
    let kinds: [fn(usize) -> Fault; 2] = [|call| Fault::Before { process: 0, call }, |call| Fault::Late { call }];
    for kind in kinds {
        for call in (1..).step_by(stride.max(1)) {
            let seen = run(command, kind(call), GRACE)?;
            tally.add(command, kind(call), &seen);
            if !seen.struck {
                break;
            }
        }
    }
    Ok(tally)
}

/// Lets every `stride`-th system call between the marks of `command`, beginning at `first` (from 1), and of those that its `child`-th process
/// makes meanwhile before a mark, fail in turn with each of its documented errors.
pub fn failures(command: &[OsString], child: usize, first: usize, stride: usize) -> io::Result<Tally> {
    let mut tally = Tally::default();
    for process in [0, child] {
        // None fails: that run tells which calls there are.
        let none = Fault::Fails { process, call: 0, error: 0 };
        let seen = run(command, none, GRACE)?;
        tally.add(command, none, &seen);
        for (call, number) in (1..).zip(seen.calls).skip(first.max(1) - 1).step_by(stride.max(1)) {
            for error in 0..errors::documented(number).len() {
                let fault = Fault::Fails { process, call, error };
                tally.add(command, fault, &run(command, fault, GRACE)?);
            }
        }
    }
    Ok(tally)
}

impl Tally {
    /// Adds up two sweeps.
    pub fn plus(mut self, other: Tally) -> Tally {
        self.points += other.points;
        self.survivors += other.survivors;
        self.slowest = self.slowest.max(other.slowest);
        self.slowest_at_work = self.slowest_at_work.max(other.slowest_at_work);
        self.wrong.extend(other.wrong);
        self
    }

    fn add(&mut self, command: &[OsString], fault: Fault, seen: &Seen) {
        // A run without its fault is one of the program as it is: it, too, must leave nothing.
        self.points += usize::from(seen.struck);
        self.survivors += usize::from(!seen.survivors.is_empty());
        self.slowest = self.slowest.max(seen.latency);
        self.slowest_at_work = self.slowest_at_work.max(seen.latency.saturating_sub(seen.queued));
        let failed = seen.failed.map_or(String::new(), |(number, errno)| {
            format!(" (system call {number}: {})", io::Error::from_raw_os_error(errno))
        });
        let words: Vec<_> = command.iter().skip(1).map(|word| word.to_string_lossy()).collect();
        self.wrong.extend(seen.wrong().into_iter().map(|what| format!("{}: {fault}{failed}: {what}", words.join(" "))));
    }
}
