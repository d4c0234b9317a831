//! What /proc says about the living: processes, their children, their open fds.
//!
//! Children are found by their parent's id in `/proc/PID/stat`: `/proc/PID/task/TID/children` is a kernel option
//! that not every kernel has, and it may skip entries while siblings end.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::str::FromStr;
use std::time::Duration;

/// One process as /proc showed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// The letter of its state: `S` sleeps, `R` runs, `T` is stopped, `Z` is a zombie.
    pub state: char,
    /// Its short name.
    pub comm: String,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.pid, self.state, self.comm)
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.splitn(3, ' ');
        let mut next = || words.next().ok_or(());
        Ok(Self {
            pid: next()?.parse().map_err(drop)?,
            state: next()?.parse().map_err(drop)?,
            comm: next()?.to_owned(),
        })
    }
}

/// Reads a `stat` file: the process or thread, and its parent's id.
fn stat(path: &str) -> Option<(Process, i32)> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    // `PID (COMM) STATE PPID ..`, where COMM may hold anything, also parentheses.
    let (head, tail) = text.rsplit_once(") ")?;
    let (pid, comm) = head.split_once(" (")?;
    let mut words = tail.split(' ');
    let process = Process {
        pid: pid.parse().ok()?,
        state: words.next()?.parse().ok()?,
        comm: comm.replace(char::is_control, "?"),
    };
    Some((process, words.next()?.parse().ok()?))
}

/// The numbers among the names in a directory.
fn numbers(path: &str) -> io::Result<Vec<i32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        found.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(found)
}

/// Every process id in sight.
pub(crate) fn pids() -> io::Result<Vec<i32>> {
    numbers("/proc")
}

fn everybody() -> io::Result<Vec<(Process, i32)>> {
    Ok(pids()?.into_iter().filter_map(|pid| stat(&format!("/proc/{pid}/stat"))).collect())
}

/// The children of a process, of whichever of its threads.
pub(crate) fn children(of: i32) -> io::Result<Vec<Process>> {
    let everybody = everybody()?.into_iter();
    Ok(everybody.filter(|(_, parent)| *parent == of).map(|(process, _)| process).collect())
}

/// The children of a process, and theirs, and so on; parents before children.
pub(crate) fn descendants(of: i32) -> io::Result<Vec<Process>> {
    let everybody = everybody()?;
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![of];
    while let Some(of) = parents.pop() {
        for (process, parent) in &everybody {
            if *parent == of {
                parents.push(process.pid);
                found.push(process.clone());
            }
        }
    }
    Ok(found)
}

/// The open fds of a process, by number and what they point to.
pub(crate) fn fds(of: i32) -> io::Result<BTreeSet<(i32, String)>> {
    let folder = format!("/proc/{of}/fd");
    let target = |fd: i32| {
        let link = fs::read_link(format!("{folder}/{fd}")).ok()?;
        let target = link.to_string_lossy().replace(char::is_control, "?");
        // A file that was removed meanwhile is still the same fd.
        Some((fd, target.trim_end_matches(" (deleted)").to_owned()))
    };
    Ok(numbers(&folder)?.into_iter().filter_map(target).collect())
}

/// One line per thread of a process that hangs: what it is, and where in the kernel it waits.
pub(crate) fn threads(of: i32) -> Vec<String> {
    let first_word = |path: String| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().next().unwrap_or("?").to_owned()
    };
    let describe = |tid: i32| {
        let folder = format!("/proc/{of}/task/{tid}");
        let (thread, _) = stat(&format!("{folder}/stat"))?;
        let wchan = first_word(format!("{folder}/wchan"));
        let syscall = first_word(format!("{folder}/syscall"));
        let Process { state, comm, .. } = thread;
        Some(format!("{of}/{tid} {state} {comm} wchan={wchan} syscall={syscall}"))
    };
    numbers(&format!("/proc/{of}/task")).unwrap_or_default().into_iter().filter_map(describe).collect()
}

/// How long a process has waited for a processor in all its life, by its first thread; nothing where procfs does not say.
pub(crate) fn queued(of: i32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{of}/schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0))
}
