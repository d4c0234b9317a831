//! The system floor: one family of system calls per file, nothing above it touches a raw descriptor.
//!
//! Invariant of every file here: a safe function is safe for any caller in any state of the process.
//! Descriptors come in as [`BorrowedFd`](std::os::fd::BorrowedFd) and go out as
//! [`OwnedFd`](std::os::fd::OwnedFd), close-on-exec from birth. What a process has open or mapped is looked up in
//! `/proc/thread-self`: `/proc/self` shows nothing of that once its first thread has ended.
#![allow(unsafe_code, reason = "the system floor is where `unsafe` lives")]

pub(crate) mod adopted;
pub(crate) mod atfork;
pub(crate) mod atomic;
pub(crate) mod clock;
pub(crate) mod clone;
pub(crate) mod counted;
pub(crate) mod direct;
pub(crate) mod environ;
#[cfg(feature = "tokio")]
pub(crate) mod epoll;
pub(crate) mod event;
pub(crate) mod exec;
pub(crate) mod exit;
pub(crate) mod fault;
pub(crate) mod fd;
pub(crate) mod fdpass;
pub(crate) mod first_in_page;
pub(crate) mod fork;
pub(crate) mod futex;
pub(crate) mod handler;
pub(crate) mod hold;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod latest;
pub(crate) mod lifeline;
pub(crate) mod limit;
pub(crate) mod loads;
pub(crate) mod mark;
pub(crate) mod memory;
pub(crate) mod namespace;
pub(crate) mod near;
pub(crate) mod page;
pub(crate) mod pidfd;
pub(crate) mod profile;
#[cfg(feature = "tokio")]
pub(crate) mod readable;
pub(crate) mod roll;
pub(crate) mod sameness;
pub(crate) mod signal;
pub(crate) mod stack;
pub(crate) mod stdio;
pub(crate) mod syscall;
pub(crate) mod terminal;
pub(crate) mod thread;
pub(crate) mod wait;
