//! The end of a process that has children: daemons are stopped, the others waited for, failures told.

use std::fmt;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic;
use std::time::{Duration, Instant};

use crate::process::method::server::Server;
use crate::process::outbox;
use crate::process::record::Record;
use crate::process::streams::{self, Streams};
use crate::process::{registry, stopping, strays};
use crate::sys::counted::Counted;
use crate::sys::{pidfd, wait};

/// Which children have their turn first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As Python's `multiprocessing` has it when a program ends: daemons are stopped, then the others waited for.
    DaemonsFirst,
    /// As `mp_main!` has it: daemons serve the others until the last of these has ended.
    DaemonsLast,
}

/// Brings all children of this process to their end.
pub(crate) fn finish(order: Order) {
    // Somebody else may have forked this process off: then it has inherited the list, but no children.
    if registry::lock().is_ours() {
        if order == Order::DaemonsFirst {
            stop_daemons();
        }
        join_others();
        stop_daemons();
        conclude_detached();
        let living = registry::lock().close();
        drop(living); // the lock is not held any more
    }
    if stopping::is_attending() {
        strays::stop(|| false, |id| say(&format_args!("stopped {}", Stray(id))));
    }
}

/// Stops all children but those that are detached, in the reverse order of their start.
pub(crate) fn stop_all() {
    if registry::lock().is_ours() {
        stop(|child| !child.is_detached());
    }
}

/// The C library calls this when the process exits. After `mp_main!` nothing is left to do.
pub(crate) extern "C" fn at_exit() {
    // No unwinding through the C library. What panics here has been printed.
    let _ = panic::catch_unwind(|| finish(Order::DaemonsFirst));
    stopping::give_way();
    // Another thread may be about to report a value just now: then that counts.
    if let Some(outbox) = outbox::mine().filter(|outbox| outbox.claim()) {
        outbox.leave();
    }
}

/// Takes a child that has ended off the books, and says so if it failed and nobody has looked.
pub(crate) fn conclude(child: &Counted<Record>) {
    let untold = registry::lock().remove(child);
    if untold && let Some(exit) = child.unseen_failure() {
        say(exit);
    }
}

/// Concludes the children that have ended and whose handles are gone.
#[inline]
pub(crate) fn conclude_abandoned() {
    reap_strays();
    let children = registry::lock().children();
    if children.is_empty() {
        return;
    }
    // Two owners: the registry, and the list just made.
    let abandoned = children.into_iter().filter(|child| child.count() == 2);
    conclude_in_order(abandoned.filter(|child| child.poll().is_some()).collect());
}

/// Reaps what processes have left behind and what has ended, where this process adopts that.
pub(crate) fn reap_strays() {
    if !stopping::is_attending() {
        return;
    }
    let mut registry = registry::lock();
    let servers = registry.server().as_ref().map(Server::all_ids).unwrap_or_default();
    let children = registry.children();
    // The registry is held: what another thread starts meanwhile would not be among those known.
    strays::reap_dead(|id| servers.contains(&id) || children.iter().any(|child| child.id() == id.unsigned_abs()));
}

/// How often to look for strays that have ended while the program waits for its processes: nothing tells of them.
const SLICE: Duration = Duration::from_secs(1);

/// Waits until the process behind `pidfd` has ended; or comes back early.
pub(crate) fn block(pidfd: BorrowedFd<'_>) {
    if !stopping::is_attending() {
        return wait::block(pidfd);
    }
    loop {
        match pidfd::wait(pidfd, Some(Instant::now() + SLICE)) {
            Ok(true) => return,
            Ok(false) => reap_strays(),
            Err(_) => return wait::block(pidfd), // `poll` is refused
        }
    }
}

/// Concludes the children that have ended and are not detached.
pub(crate) fn conclude_ended() {
    let children = registry::lock().children().into_iter().filter(|child| !child.is_detached());
    conclude_all_of(children.collect());
}

/// Concludes those of `children` that have ended.
fn conclude_all_of(mut children: Vec<Counted<Record>>) {
    children.retain(|child| child.poll().is_some());
    conclude_in_order(children);
}

/// Concludes children that have ended, in the order of their ends as far as it is known.
fn conclude_in_order(mut children: Vec<Counted<Record>>) {
    children.sort_by_key(|child| child.ended_at());
    children.iter().for_each(conclude);
}

/// A process that was left behind, in words.
struct Stray(i32);

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comm = std::fs::read_to_string(format!("/proc/{}/comm", self.0)).unwrap_or_default();
        write!(f, "process {} (`{}`), which had been left behind", self.0, comm.trim_end().escape_debug())
    }
}

/// Writes one line to stderr. A stderr that is closed or full is no reason to stop reaping.
pub(crate) fn say(what: &dyn std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Waits for all children but the daemons and those that are detached, and concludes each when it ends. What comes by a pipe
/// that nobody took is thrown away: they might wait for it to be read.
fn join_others() {
    let mut ready = Vec::new();
    let mut output = Vec::new();
    loop {
        let mut children = registry::lock().children();
        children.retain(|child| !child.is_daemon() && !child.is_detached());
        output.extend(children.iter().filter_map(|child| child.streams()).flat_map(Streams::abandon));
        let mut pidfds: Vec<_> = children.iter().filter_map(|child| child.pidfd().get()).collect();
        if pidfds.is_empty() {
            return;
        }
        pidfds.extend(output.iter().map(AsFd::as_fd));
        let until = stopping::is_attending().then(|| Instant::now() + SLICE);
        let waited = pidfd::wait_any(&pidfds, &mut ready, until);
        if waited == Ok(false) {
            reap_strays();
            continue;
        }
        if waited.is_ok() {
            let spoken = ready.split_off(children.len().min(ready.len()));
            let mut spoken = spoken.into_iter();
            output.retain(|end| spoken.next() != Some(true) || streams::skip(end));
        } else {
            // More children than descriptors are allowed now: wait for one after the other.
            children.truncate(1);
            ready = vec![true];
        }
        let ended = children.into_iter().zip(&ready).filter(|(_, ready)| **ready).map(|(child, _)| child);
        let ended: Vec<_> = ended.collect();
        for child in &ended {
            child.wait(None);
        }
        // And the daemons that have: one of them may have been the first.
        conclude_ended();
    }
}

/// Concludes the detached processes that have ended.
fn conclude_detached() {
    let detached = registry::lock().children().into_iter().filter(|child| child.is_detached());
    conclude_all_of(detached.collect());
}

fn stop_daemons() {
    stop(Record::is_daemon);
}

fn stop(which: impl Fn(&Record) -> bool) {
    let mut children = registry::lock().children();
    children.retain(|child| which(child));
    conclude_all_of(children.clone());
    for child in children.iter().rev() {
        match stopping::stop(child, child.ladder().grace) {
            Ok(_) => conclude(child),
            Err(error) => {
                // Once is enough.
                let mut registry = registry::lock();
                registry.fail(1);
                registry.remove(child);
                drop(registry);
                strays::give_up(child.id() as i32);
                say(&format_args!("process `{}` (pid {}) could not be stopped: {error}", child.name(), child.id()));
            }
        }
    }
}
