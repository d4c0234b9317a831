//! A session at a terminal: its shell, and a user at the other side.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::thread;

use nix::errno::Errno;
use nix::pty::openpty;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout, getpgrp, getpid, setpgid, setsid, tcgetpgrp, tcsetpgrp};

use crate::fixture_kit::sys;

/// The terminal's other side.
pub(crate) struct User(File, String);

impl User {
    pub(crate) fn types(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    /// Types `line`, and waits until `who` says that it got it.
    pub(crate) fn is_answered(&mut self, line: &str, who: &str) {
        self.types(&format!("{line}\n"));
        self.awaits(&format!("{who} got {line}"));
    }

    /// Waits until the terminal shows `text`, behind what was waited for before.
    pub(crate) fn awaits(&mut self, text: &str) {
        let mut buffer = [0; 1024];
        loop {
            if let Some(at) = self.1.find(text) {
                self.1.drain(..at + text.len());
                return;
            }
            let length = self.0.read(&mut buffer).unwrap_or(0);
            assert!(length > 0, "the terminal shows {:?}, and no `{text}`", self.1);
            self.1.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    }
}

/// What the shell does with a job that was stopped by Ctrl-Z.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Fg,
    Bg,
}

/// Runs the program as a job in the foreground; stopped, it is continued at once. If it is stopped for want of the terminal, that is by `fg`.
pub(crate) fn shell(program: impl FnOnce(), foreground: bool, then: Then) {
    sys::ignore(libc::SIGTTOU);
    let job = sys::fork(|| {
        sys::default_action(libc::SIGTTOU);
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).unwrap();
        while foreground && tcgetpgrp(std::io::stdin()) != Ok(getpid()) {
            thread::yield_now();
        }
        program();
    });
    let _ = setpgid(job, job);
    let to_front = |group| while tcsetpgrp(std::io::stdin(), group).is_err() {};
    if foreground {
        to_front(job);
    }
    loop {
        match waitpid(job, Some(WaitPidFlag::WUNTRACED)).unwrap() {
            WaitStatus::Exited(_, 0) => return,
            WaitStatus::Stopped(_, Signal::SIGTSTP) => {
                // As shells do. The job has given the terminal back.
                assert_eq!(tcgetpgrp(std::io::stdin()), Ok(job));
                to_front(getpgrp());
                println!("[stopped]");
                if then == Then::Fg {
                    to_front(job);
                }
                killpg(job, Signal::SIGCONT).unwrap();
            }
            WaitStatus::Stopped(_, Signal::SIGTTIN) if then == Then::Bg => {
                assert_eq!(tcgetpgrp(std::io::stdin()), Ok(getpgrp()));
                println!("[stopped for the terminal]");
                to_front(job);
                killpg(job, Signal::SIGCONT).unwrap();
            }
            other => panic!("the program: {other:?}"),
        }
    }
}

/// Runs `inside` in a session of its own, at a new terminal, and `user` at the other side; how the session ended.
pub(crate) fn at_terminal(inside: impl FnOnce(), user: impl FnOnce(User)) -> WaitStatus {
    let pty = openpty(None, None).unwrap();
    let (master, slave) = (File::from(pty.master), pty.slave);
    let leader = sys::fork(|| {
        sys::close(master.as_raw_fd());
        setsid().unwrap();
        sys::control(&slave);
        dup2_stdin(&slave).unwrap();
        dup2_stdout(&slave).unwrap();
        dup2_stderr(&slave).unwrap();
        sys::close(slave.as_raw_fd());
        inside();
    });
    drop(slave);
    user(User(master, String::new()));
    loop {
        match waitpid(leader, None) {
            Err(Errno::EINTR) => {}
            ended => return ended.unwrap(),
        }
    }
}
