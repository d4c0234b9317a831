//! For tests: another process that holds ends, and is killed.

use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use nix::unistd::Pid;

use crate::sys::identity::Identity;
use crate::sys::pidfd;

/// A process that does nothing. What it is said to have done, the test does in its name. Dropped, it has ended.
#[derive(Debug)]
pub(crate) struct StandIn {
    child: Child,
    pub(crate) name: Identity,
}

impl StandIn {
    pub(crate) fn new() -> StandIn {
        // It has nothing to read, for as long as its standard input is not closed.
        let child = Command::new("cat").stdin(Stdio::piped()).spawn().expect("there is such a program");
        let id = child.id() as i32;
        let pidfd = pidfd::open(Pid::from_raw(id)).expect("it is not reaped yet");
        let name = Identity::of(pidfd.as_fd(), id).expect("it can be told from others");
        StandIn { child, name }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.child.kill().expect("it is not reaped yet");
        self.child.wait().expect("nobody else reaps it");
    }
}
