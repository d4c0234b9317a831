//! Everything between the fork and the user's function, and from there to the end of the process.

use std::convert::Infallible;
use std::ffi::CString;
use std::io::{self, Write};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, MutexGuard};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid, setpgid};

use crate::error::Stage;
use crate::process::ending::{self, Order};
use crate::process::identity::Identity;
use crate::process::panic as panics;
use crate::process::registry::Registry;
use crate::process::report::{Outbox, Payload, Report, mine};
use crate::sys::{exit, fault, signal, stdio};
use crate::wire::frame::State;

/// The process function with its arguments; writes its value to the payload, or says why there is none.
pub(crate) type Run<'a> = &'a mut dyn FnMut(&mut Payload<'_>) -> Result<(), String>;

/// What a child gets from its parent, beside the copy of its memory.
pub(crate) struct Birth {
    /// The parent's registry, held since before the fork.
    pub(crate) registry: MutexGuard<'static, Registry>,
    pub(crate) identity: Identity,
    pub(crate) report: Arc<Report>,
    pub(crate) started: Instant,
    pub(crate) parent: Pid,
    /// Whether the thread that forked is the parent's first, which lives as long as the parent does.
    pub(crate) by_first_thread: bool,
}

/// Lives the life of a child.
///
/// It runs on a copy of the parent's stack, heap and descriptors, in a process with one thread, all signals
/// blocked. The steps, in an order that matters:
///
/// 1. The registry becomes the child's: the parent's children are siblings now, their handles inert, their
///    descriptors closed. After this no code of the runtime can act in the parent's name.
/// 2. Own process group, so that a signal to "all of us" from inside reaches only this child's tree.
/// 3. The parent's signal handlers are put back to default. They would run the parent's code.
/// 4. The death signal is armed, *then* the parent checked: had it died before the arming, no signal would come.
///    Only the first thread of the parent can arm it, for it is sent when the forking *thread* ends.
/// 5. The name is set, for `ps` and `top`.
/// 6. Faults and panics are watched, for the report.
/// 7. Signals are let through. One that arrived since the fork takes effect here, by its default action.
/// 8. "Began" is committed, and the user's function runs. Nothing it does can return or unwind past step 9.
/// 9. Its own children are brought to their end, output is flushed, the report is committed, `_exit`.
///
/// It leaves by `_exit` on every path: the exit handlers and destructors it inherited are the parent's.
pub(crate) fn run(birth: Birth, run: Run<'_>) -> Infallible {
    let Birth { mut registry, identity, report, started, parent, by_first_thread } = birth;
    let outbox = Outbox::open(report, started);
    let name = comm(&identity.name);
    registry.become_child(identity);
    drop(registry);

    let armed = prepare(parent, by_first_thread, &name);
    if let Err((stage, errno)) = armed {
        let stage = Stage::ALL.iter().position(|other| *other == stage).unwrap_or_default();
        // Two integers always encode.
        let _ = outbox.send(State::NotStarted, &(stage as u8, errno as i32));
        exit::exit_now(1);
    }
    // A report that cannot be written is one the parent does without.
    let _ = outbox.commit(State::Began, 0);

    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut payload = outbox.payload();
        run(&mut payload)?;
        payload.finish().map_err(|error| format!("its result could not be stored: {error}"))
    }));
    let outcome = match outcome {
        Ok(Ok(length)) => Outcome::Returned(length),
        Ok(Err(message)) => Outcome::Failed(message),
        Err(payload) => {
            let panic = panics::caught(&*payload);
            // Its destructor could panic again, with nobody left to catch it.
            mem::forget(payload);
            Outcome::Panicked(panic)
        }
    };
    let _ = panic::catch_unwind(|| ending::finish(Order::DaemonsFirst));
    flush();
    exit::exit_now(outcome.report(outbox))
}

/// Steps 2 to 7.
fn prepare(parent: Pid, by_first_thread: bool, name: &CString) -> Result<(), (Stage, Errno)> {
    let me = Pid::from_raw(0);
    // EACCES and EPERM cannot be: the child neither has executed a program nor leads a session.
    setpgid(me, me).map_err(|errno| (Stage::ProcessGroup, errno))?;
    signal::reset_handlers();
    if by_first_thread {
        prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| (Stage::DeathSignal, errno))?;
        if getppid() != parent {
            exit::exit_now(1);
        }
    }
    // A name is a convenience; no process fails for it.
    let _ = prctl::set_name(name);
    fault::on_stack_overflow(|| {
        if let Some(outbox) = mine() {
            let _ = outbox.commit(State::Overflowed, 0);
        }
    });
    panics::watch();
    signal::unblock_all().map_err(|errno| (Stage::SignalMask, errno))
}

/// How the user's function ended, if it did.
enum Outcome {
    /// With a value, whose bytes, this many, are in the payload.
    Returned(u64),
    Failed(String),
    Panicked(panics::Panic),
}

impl Outcome {
    /// Commits the report; the exit code that goes with it.
    fn report(self, outbox: &Outbox) -> i32 {
        match self {
            Outcome::Returned(length) => match outbox.commit(State::Returned, length) {
                Ok(()) => 0,
                Err(_) => 1,
            },
            Outcome::Failed(message) => {
                // A string always encodes.
                let _ = outbox.send(State::Failed, &message);
                1
            }
            Outcome::Panicked(panic) => {
                panic.send(outbox, State::Panicked);
                101
            }
        }
    }
}

/// Writes out what std and C have buffered.
fn flush() {
    // A stdout that takes nothing any more: what was printed before told the user's code so.
    let _ = io::stdout().flush();
    stdio::flush_c();
}

/// The name as the kernel keeps it: 15 bytes, no part of a character.
fn comm(name: &str) -> CString {
    let end = name.floor_char_boundary(15.min(name.len()));
    CString::new(&name[..end]).unwrap_or_default()
}
