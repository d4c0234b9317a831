//! One line of the warden's report, as written by the warden and as read by the test.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::census::Process;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// PROGRAM runs (its exec succeeded) under this id.
    Pid(i32),
    /// PROGRAM could not be started: errno.
    NotStarted(i32),
    /// PROGRAM was stopped by this signal.
    Stopped(i32),
    /// Open at the exit and not at the start.
    LeakedFd(String),
    /// A zombie PROGRAM left.
    Unreaped(Process),
    /// A child that lived when PROGRAM exited.
    ChildAtExit(Process),
    /// PROGRAM ended without a look at its last moment.
    ExitNotSeen,
    /// PROGRAM's end, by itself.
    Exited(i32),
    /// PROGRAM's end, by a signal.
    Signaled(i32),
    /// The time from PROGRAM's start to its end.
    Elapsed(Duration),
    /// A descendant that came to the warden and ended without its doing.
    Adopted(i32),
    /// A descendant that had to be killed.
    Survivor(Process),
    /// The time was over.
    Deadline,
    /// The warden was told to stop everything.
    Interrupted,
    /// One thread of what still ran then.
    Stuck(String),
    /// The last line: no process is left.
    Done,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => write!(f, "pid {pid}"),
            Self::NotStarted(errno) => write!(f, "not-started {errno}"),
            Self::Stopped(signal) => write!(f, "stopped {signal}"),
            Self::LeakedFd(fd) => write!(f, "leaked-fd {fd}"),
            Self::Unreaped(process) => write!(f, "unreaped {process}"),
            Self::ChildAtExit(process) => write!(f, "child-at-exit {process}"),
            Self::ExitNotSeen => f.write_str("exit-not-seen"),
            Self::Exited(code) => write!(f, "status exited {code}"),
            Self::Signaled(signal) => write!(f, "status signaled {signal}"),
            Self::Elapsed(time) => write!(f, "elapsed-us {}", time.as_micros()),
            Self::Adopted(pid) => write!(f, "adopted {pid}"),
            Self::Survivor(process) => write!(f, "survivor {process}"),
            Self::Deadline => f.write_str("deadline"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Stuck(thread) => write!(f, "stuck {thread}"),
            Self::Done => f.write_str("done"),
        }
    }
}

impl FromStr for Line {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = |text: &str| text.parse::<i32>().map_err(drop);
        Ok(match word {
            "pid" => Self::Pid(number(rest)?),
            "not-started" => Self::NotStarted(number(rest)?),
            "stopped" => Self::Stopped(number(rest)?),
            "leaked-fd" => Self::LeakedFd(rest.to_owned()),
            "unreaped" => Self::Unreaped(rest.parse()?),
            "child-at-exit" => Self::ChildAtExit(rest.parse()?),
            "exit-not-seen" => Self::ExitNotSeen,
            "status" => match rest.split_once(' ').ok_or(())? {
                ("exited", code) => Self::Exited(number(code)?),
                ("signaled", signal) => Self::Signaled(number(signal)?),
                _ => return Err(()),
            },
            "elapsed-us" => Self::Elapsed(Duration::from_micros(rest.parse().map_err(drop)?)),
            "adopted" => Self::Adopted(number(rest)?),
            "survivor" => Self::Survivor(rest.parse()?),
            "deadline" => Self::Deadline,
            "interrupted" => Self::Interrupted,
            "stuck" => Self::Stuck(rest.to_owned()),
            "done" => Self::Done,
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads_back_as_it_was_written() {
        let process = Process { pid: 7, state: 'S', comm: "a (b) c".to_owned() };
        let lines = [
            Line::Pid(7),
            Line::NotStarted(2),
            Line::Stopped(19),
            Line::LeakedFd("7 pipe:[123]".to_owned()),
            Line::Unreaped(process.clone()),
            Line::ChildAtExit(process.clone()),
            Line::ExitNotSeen,
            Line::Exited(255),
            Line::Signaled(37),
            Line::Elapsed(Duration::from_micros(1234)),
            Line::Adopted(7),
            Line::Survivor(process),
            Line::Deadline,
            Line::Interrupted,
            Line::Stuck("7/8 S main wchan=0 syscall=1".to_owned()),
            Line::Done,
        ];
        for line in lines {
            assert_eq!(line.to_string().parse(), Ok(line));
        }
    }
}
