//! For tests: others that hold ends, a process that is killed and a thread that sleeps.

use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::{fs, thread};

use nix::unistd::Pid;

use crate::ipc::link::Link;
use crate::shm::roster::Side;
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

/// Has a thread do something at this side of `link`, over which it sleeps by now; brings what comes of it.
pub(crate) fn sleeper<T: Send + 'static>(
    link: &Link,
    side: Side,
    act: impl FnOnce() -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let ((tell, told), (tell_id, told_id)) = (mpsc::channel(), mpsc::channel());
    let before = link.ring.announced(side);
    thread::spawn(move || {
        tell_id.send(nix::unistd::gettid()).expect("somebody waits for it");
        tell.send(act()).expect("somebody waits for it");
    });
    let stat = format!("/proc/self/task/{}/stat", told_id.recv().expect("it says so"));
    let sleeps = || fs::read_to_string(&stat).is_ok_and(|text| text.contains(") S "));
    while link.ring.announced(side) == before || !sleeps() {
        thread::yield_now();
    }
    told
}
