//! Everything between the fork and the user's function, and from there to the end of the process.

use std::any::Any;
use std::convert::Infallible;
use std::io::{Stdout, Write};
use std::mem;
use std::os::fd::BorrowedFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::MutexGuard;

use nix::errno::Errno;

use crate::error::Stage;
use crate::process::ending::{self, Order};
use crate::process::launch::Launch;
use crate::process::lifeline;
use crate::process::outbox::{self, Outbox, Payload};
use crate::process::panic as panics;
use crate::process::registry::{self, Registry};
use crate::process::seed;
use crate::process::tie::Tie;
use crate::sys::fork::Handlers;
use crate::sys::near::{lay_near, near};
use crate::sys::{direct, profile, stdio};
use crate::wire::frame::State;

/// The process function with its arguments.
pub(crate) trait Runs {
    /// Writes its value to the payload, or says why there is none.
    fn run(&mut self, payload: &mut Payload) -> Result<(), String>;
}

pub(crate) type Run<'a> = &'a mut dyn Runs;

/// The name of a process as the kernel keeps it.
pub(crate) type Comm = [u8; 16];

/// By what a child differs from the copy of its parent.
pub(crate) struct Mark {
    /// The name as the kernel keeps it.
    pub(crate) comm: Comm,
    /// How often it turns its hash keys.
    pub(crate) turns: u8,
}

/// What a child gets from its parent, beside the copy of its memory. All of it made before the fork.
pub(crate) struct Birth<'a> {
    /// The parent's registry, held since before the fork, for the child to let go of its copy. Its own record is in there.
    pub(crate) registry: &'a mut Option<MutexGuard<'static, Registry>>,
    /// Whether the thread that forked is the parent's first, which lives as long as the parent does.
    pub(crate) by_first_thread: bool,
    pub(crate) mark: Mark,
    /// std's output stream: to ask for it is a call into a page of code that a child does not have yet.
    pub(crate) out: Stdout,
    /// What has gone wrong before, if anything has.
    pub(crate) told: Result<(), (Stage, Errno)>,
}

near! {
    /// Lives the life of a child: [`live`], which is too long to stand in a macro.
    #[inline(never)]
    pub(crate) fn run(birth: &mut Birth<'_>, handlers: Handlers, run: Run<'_>) -> Infallible {
        lay_near!(weight: 1000, self::run => <&Stdout as Write>::flush);
        live(birth, handlers, run)
    }
}

/// Lives the life of a child.
///
/// It runs on a copy of the parent's stack, heap and descriptors, in a process with one thread, all signals
/// blocked. Until the user's function it writes to as few pages and calls into as few as it can: each is a fault.
/// The steps, in an order that matters:
///
/// 1. The registry becomes the child's: the parent's children are siblings now, their handles inert, their
///    descriptors closed. After this no code of the runtime can act in the parent's name.
/// 2. Own process group, so that a signal to "all of us" from inside reaches only this child's tree.
/// 3. The parent's signal handlers are put back to default, unless the kernel has done it. They would run the
///    parent's code.
/// 4. The lifeline is tied to the child's group, *then* the parent's end of it let go of, of which the fork has made a
///    copy: while the child holds it there is no hang-up to miss. If the parent is gone, this is the end of the child.
///    The death signal is armed, too, and *then* the parent checked: had it died before the arming, no signal would come.
///    Only the first thread of the parent can arm it, for it is sent when the forking *thread* ends.
///    A child that is detached does none of this but lead a session of its own.
/// 5. What the user wants otherwise is set: streams, environment, limits. The name is set, for `ps` and `top`.
/// 6. Signals are let through. One that arrived since the fork takes effect here, by its default action.
/// 7. "Began" is committed, and the user's function runs. Nothing it does can return or unwind past step 8.
/// 8. Its own children are brought to their end, output is flushed, the report is committed, and the counts of a
///    program that is measured for coverage are written, `_exit`.
///
/// It leaves by `_exit` on every path: the exit handlers and destructors it inherited are the parent's.
#[inline(always)]
fn live(birth: &mut Birth<'_>, handlers: Handlers, run: Run<'_>) -> Infallible {
    let Birth { registry, by_first_thread, mark, out, told } = birth;
    let Some(mut registry) = registry.take() else { direct::exit(1) }; // nobody else could have let go of it
    let me = direct::id();
    let Some((launch, held)) = registry.become_child(me) else { direct::exit(1) }; // it was put there before the fork
    drop(registry);
    seed::turn_hash_keys(mark.turns);
    let (outbox, parent) = (Outbox(launch), launch.parent.id);
    let armed = prepare(me, parent, *by_first_thread, handlers, &launch.tie);
    held.release();
    let armed = armed.and(*told).and_then(|()| set(launch));
    direct::set_name(&mark.comm);
    direct::unblock_signals();
    if let Err((stage, errno)) = armed {
        refuse(outbox, stage, errno);
    }
    outbox.begin();

    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut payload = outbox.payload();
        let unstored = |error| format!("its result could not be stored: {error}");
        run.run(&mut payload).map_err(|message| payload.error().map_or(message, unstored))?;
        payload.finish().map_err(unstored)
    }));
    let outcome = match outcome {
        Ok(Ok(length)) => Outcome::Returned(length),
        Ok(Err(message)) => Outcome::Failed(message),
        Err(payload) => panicked(payload),
    };
    if !outbox.is_ours() {
        // The function has forked by other means, and this is the copy, come back from it: the report is not its.
        flush(out);
        profile::end();
        direct::exit(outcome.code());
    }
    if registry::has_children() {
        let _ = panic::catch_unwind(|| ending::finish(Order::DaemonsFirst));
    }
    flush(out);
    let code = outcome.code();
    outcome.report(outbox);
    profile::end();
    direct::exit(code)
}

/// Ends a process that could not be made what it was to be. Apart: what it takes would lie in the frame of every child.
#[cold]
#[inline(never)]
fn refuse(outbox: Outbox, stage: Stage, errno: Errno) -> ! {
    let stage = Stage::ALL.iter().position(|other| *other == stage).unwrap_or_default();
    // If not even that can be written, the exit status tells of it.
    let _ = outbox.send(State::NotStarted, &(stage as u8, errno as i32));
    direct::exit(1)
}

/// Steps 2 to 4.
#[inline]
fn prepare(me: i32, parent: i32, by_first_thread: bool, handlers: Handlers, tie: &Tie) -> Result<(), (Stage, Errno)> {
    let Tie::Lifeline(lifeline) = tie else { return prepare_detached(handlers, tie) };
    direct::own_process_group().map_err(|errno| (Stage::ProcessGroup, errno))?;
    if handlers == Handlers::Inherited {
        direct::reset_signals();
    }
    lifeline.tie(me).map_err(|errno| (Stage::Lifeline, errno))?;
    arm(parent, by_first_thread)
}

/// Arms the death signal, if the forking thread lives as long as the parent; *then* looks for the parent.
#[inline]
fn arm(parent: i32, by_first_thread: bool) -> Result<(), (Stage, Errno)> {
    if by_first_thread {
        direct::die_with_parent().map_err(|errno| (Stage::DeathSignal, errno))?;
        // 0: the parent is outside of this PID namespace, and lives or not, its id says nothing.
        if ![parent, 0].contains(&direct::parent()) {
            direct::exit(1);
        }
    }
    Ok(())
}

/// Steps 2 to 4 of a child that is detached.
#[cold]
fn prepare_detached(handlers: Handlers, tie: &Tie) -> Result<(), (Stage, Errno)> {
    if handlers == Handlers::Inherited {
        direct::reset_signals();
    }
    tie.detach().map_err(|errno| (Stage::Session, errno))
}

/// Steps 2 to 4 for a child that was sent its end of a lifeline, and has no handlers to reset.
pub(crate) fn tie_to_parent(parent: i32, by_first_thread: bool, end: BorrowedFd<'_>) -> Result<(), (Stage, Errno)> {
    direct::own_process_group().map_err(|errno| (Stage::ProcessGroup, errno))?;
    lifeline::tie_sent(direct::id(), end).map_err(|errno| (Stage::Lifeline, errno))?;
    arm(parent, by_first_thread)
}

/// What it has otherwise than its parent.
fn set(launch: &Launch) -> Result<(), (Stage, Errno)> {
    if let Some(streams) = &launch.streams {
        streams.install()?;
    }
    launch.settings.as_ref().map_or(Ok(()), |settings| settings.apply())
}

/// How the user's function ended, if it did.
enum Outcome {
    /// With a value, whose bytes, this many, are in the payload.
    Returned(u64),
    Failed(String),
    Panicked(Box<panics::Panic>),
}

/// What has become of a function that panicked. Apart, as [`refuse`] is.
#[cold]
#[inline(never)]
fn panicked(payload: Box<dyn Any + Send>) -> Outcome {
    let panic = panics::caught(&*payload);
    // Its destructor could panic again, with nobody left to catch it.
    mem::forget(payload);
    Outcome::Panicked(Box::new(panic))
}

impl Outcome {
    /// The exit code that goes with the report.
    fn code(&self) -> i32 {
        // Asked first and apart: a table of the codes would be a page of its own to touch.
        if let Outcome::Returned(_) = self {
            return 0;
        }
        if let Outcome::Panicked(_) = self { 101 } else { 1 }
    }

    /// Commits the report.
    #[inline]
    fn report(&self, outbox: Outbox) {
        match self {
            Outcome::Returned(length) => outbox.commit(State::Returned, *length),
            Outcome::Failed(message) => fail(outbox, message),
            Outcome::Panicked(panic) => panic.send(outbox, State::Panicked),
        }
    }
}

/// Commits that the function has failed. Apart, as [`refuse`] is.
#[cold]
#[inline(never)]
fn fail(outbox: Outbox, message: &String) {
    outbox.tell(State::Failed, message, || outbox::cut(message));
}

/// Writes out what std and C have buffered.
#[inline]
pub(crate) fn flush(mut out: &Stdout) {
    // A stdout that takes nothing any more: what was printed before told the user's code so.
    let _ = out.flush();
    stdio::flush_c();
}

/// The name as the kernel keeps it: 15 bytes and a zero, no part of a character.
pub(crate) fn comm(name: &str) -> Comm {
    let mut comm = [0; 16];
    let end = name.floor_char_boundary(15);
    comm[..end].copy_from_slice(&name.as_bytes()[..end]);
    comm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(&comm("crunch")[..7], b"crunch\0");
        assert_eq!(&comm("0123456789abcdefg"), b"0123456789abcde\0");
        assert_eq!(&comm("0123456789abcd\u{e9}"), b"0123456789abcd\0\0");
    }
}
