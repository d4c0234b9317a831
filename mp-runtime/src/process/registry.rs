//! What this process knows of its children.

use std::os::fd::OwnedFd;

use nix::unistd::getpid;

use crate::error::{SpawnErrorKind, Stage};
use crate::process::ending;
use crate::process::identity::MAIN;
use crate::process::launch::{Launch, Origin};
use crate::process::lifeline::{Lifeline, Lifelines};
use crate::process::method::server::Server;
use crate::process::outbox;
use crate::process::record::Record;
use crate::process::report::Spares;
use crate::process::seed::{self, Turns};
use crate::process::stock::Stock;
use crate::sys::counted::{Counted, Weak};
use crate::sys::fd::ProcessFd;
use crate::sys::{direct, exit, fault, pidfd};

pub(crate) use crate::process::own::{has_children, lock, mine, seed, slots_of_records, vigil};

mod inheritance;

#[derive(Debug)]
pub(crate) struct Registry {
    /// How this process was started; `None` in one that no process function runs in.
    launch: Option<&'static Launch>,
    /// What children are told about this process.
    own: Option<&'static Origin>,
    /// A descriptor of the kind that each child takes, to be given up for that when no other can be had.
    reserve: Option<OwnedFd>,
    /// The children that have not been seen to end, in the order of their start.
    children: Stock<Counted<Record>>,
    /// Those that have, and of which there is a handle: they hold descriptors and memory.
    ended: Vec<Weak<Record>>,
    /// Report memory between two uses.
    spares: Spares,
    lifelines: Lifelines,
    /// The fork server, once it was asked for.
    server: Option<Server>,
    /// How many processes it keeps ready.
    parked: usize,
    /// Whether the process is at its end and keeps nothing for later.
    closed: bool,
    /// The code of the first failure that nobody looked at.
    first_failure: Option<u8>,
    /// Whether the exit handler is registered; a child inherits it.
    at_exit: bool,
    /// The process this is the registry of. A copy made by a `fork` of somebody else's is nobody's.
    owner: Option<i32>,
    /// How many children it has started.
    started: u64,
    turns: Turns,
}

impl Registry {
    pub(crate) const fn new() -> Registry {
        Registry {
            launch: None,
            reserve: None,
            own: None,
            children: Stock::new(),
            ended: Vec::new(),
            spares: Spares::none(),
            lifelines: Lifelines::none(),
            server: None,
            parked: 0,
            closed: false,
            first_failure: None,
            at_exit: false,
            owner: None,
            started: 0,
            turns: Turns::none(),
        }
    }

    /// Makes what a fork needs and a process has once; what its children are told about it.
    #[inline]
    pub(crate) fn prepare(&mut self) -> Result<&'static Origin, SpawnErrorKind> {
        let me = direct::id();
        if self.owner != Some(me) {
            self.become_own(me).release();
        }
        self.watch_exits()?;
        let failed = |errno| SpawnErrorKind::Os(Stage::Descriptors, errno as i32);
        let own = match self.own {
            Some(own) if own.pidfd.get().is_some() => own,
            _ => {
                let name = self.launch.map_or(MAIN, |launch| &*launch.name).to_owned();
                let pidfd = ProcessFd::new(pidfd::open(getpid()).map_err(failed)?);
                *self.own.insert(Box::leak(Box::new(Origin { name, id: me, pidfd })))
            }
        };
        if self.reserve.is_none() {
            self.reserve = Some(pidfd::open(getpid()).map_err(failed)?);
        }
        Ok(own)
    }

    /// Has this process, and its children, notice when it exits or uses up its stack.
    pub(crate) fn watch_exits(&mut self) -> Result<(), SpawnErrorKind> {
        if !self.at_exit {
            let os = |error: std::io::Error| error.raw_os_error().unwrap_or(libc::ENOMEM);
            exit::at_exit(ending::at_exit).map_err(|error| SpawnErrorKind::Os(Stage::ExitHandler, os(error)))?;
            self.at_exit = true;
            fault::on_stack_overflow(outbox::overflowed);
        }
        Ok(())
    }

    /// What the random numbers of the next child begin with: what was given, or else the next in a row that begins with
    /// this process's own seed.
    pub(crate) fn next_seed(&mut self, given: Option<u64>) -> u64 {
        self.started += 1;
        given.unwrap_or_else(|| seed::mixed(seed(), self.started))
    }

    /// Turns the hash keys of the calling thread, which may be `alone`, for the next child that it forks; how often that has to turn its own.
    #[inline]
    pub(crate) fn turn_hash_keys(&mut self, alone: bool) -> u8 {
        let (before, after) = self.turns.next(alone);
        seed::turn_hash_keys(before);
        after
    }

    /// Gives the descriptor in reserve up; whether there was one.
    pub(crate) fn yield_reserve(&mut self) -> bool {
        self.reserve.take().is_some()
    }

    /// Whether this is the registry of the calling process.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner == Some(direct::id())
    }

    /// Report memory between two uses.
    pub(crate) fn spares(&mut self) -> &mut Spares {
        &mut self.spares
    }

    /// An end for the life of another child to hang by.
    #[inline]
    pub(crate) fn lower_lifeline(&mut self, owner: i32) -> nix::Result<Lifeline> {
        let others = self.children.len();
        self.lifelines.lower(owner, others)
    }

    /// The fork server, if there is one; it may be dead.
    pub(crate) fn server(&mut self) -> &mut Option<Server> {
        &mut self.server
    }

    /// How many processes the fork server keeps ready.
    pub(crate) fn parked(&mut self) -> &mut usize {
        &mut self.parked
    }

    /// Keeps an end whose child is no more.
    pub(crate) fn reuse_lifeline(&mut self, end: ProcessFd) {
        if !self.closed {
            self.lifelines.keep(end);
        }
    }

    /// Whether the process is at its end and keeps nothing for later.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether there is something to be brought to its end: children, or the server.
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty() || self.server.is_some()
    }

    /// Hides the reports of all children from the next one. Each is shared with its own child only.
    #[inline]
    pub(crate) fn hide_reports(&mut self) {
        self.children.each(|child| child.hide_report());
        if !self.ended.is_empty() {
            self.hide_reports_of_ended();
        }
        self.spares.hide();
        self.server.iter().for_each(Server::hide_reports);
        if let Some(own) = &self.launch {
            own.report.hide();
        }
    }

    /// Hides those of children that have ended and that somebody may hold. Apart: what it takes of the stack would lie in the frame of each start.
    #[inline(never)]
    fn hide_reports_of_ended(&mut self) {
        self.ended.retain(|child| !child.is_gone());
        for child in self.ended.iter().filter_map(Weak::upgrade).collect::<Vec<_>>() {
            child.hide_report();
            // If another thread has dropped the last handle: what would take the registry, which is held, is given back first.
            if let Some(mut last) = child.into_inner() {
                last.bury(self);
            }
        }
    }

    /// Adds the child that is made by `launch`. Held until it runs, or is [withdrawn](Registry::withdraw).
    #[inline]
    pub(crate) fn add(&mut self, launch: Launch) -> Counted<Record> {
        let record = Counted::new(slots_of_records(), || Record::new(launch));
        self.children.push(record.clone());
        record
    }

    /// Takes the child back that was added last: there is no such process.
    pub(crate) fn withdraw(&mut self) {
        self.children.pop();
    }

    /// The children that have not been seen to end, in the order of their start.
    pub(crate) fn children(&self) -> Vec<Counted<Record>> {
        if self.children.is_empty() {
            return Vec::new(); // mostly, and a hundred instructions sooner
        }
        self.children.iter().cloned().collect()
    }

    /// Takes `child` off the list: its end is known. Counts it if it is a failure that nobody has looked at.
    ///
    /// Whether it is such a failure: then there is something to say about it.
    pub(crate) fn remove(&mut self, child: &Counted<Record>) -> bool {
        if !self.take_off(child) {
            return false;
        }
        self.remember(child);
        let failure = child.unseen_failure();
        failure.into_iter().for_each(|exit| self.fail(exit.program_code()));
        failure.is_some()
    }

    /// Takes `child` off the list, of which the user knows the end, with the last handle of it that he has: what it holds is free
    /// for the next.
    #[inline]
    pub(crate) fn bury(&mut self, child: &mut Counted<Record>) {
        // A copy of the registry, in a process that somebody else has forked off, lists the children of its parent.
        if !self.is_ours() || !self.take_off(child) {
            return;
        }
        if child.change(|last| last.bury(self)).is_none() {
            self.remember(child);
        }
    }

    /// Notes that `child` has ended, and that somebody may hold it.
    fn remember(&mut self, child: &Counted<Record>) {
        self.ended.retain(|other| !other.is_gone());
        self.ended.push(child.downgrade());
    }

    /// Takes `child` off the list of those not seen to end; whether it was on it.
    fn take_off(&mut self, child: &Counted<Record>) -> bool {
        self.children.take(|other| other.is(child)).is_some()
    }

    /// Counts a failure that is no child's end.
    pub(crate) fn fail(&mut self, code: u8) {
        self.first_failure.get_or_insert(code);
    }

    /// The code of the first failure that nobody looked at, if there was one.
    pub(crate) fn first_failure(&self) -> Option<u8> {
        self.first_failure
    }

    /// Lets go of what a process keeps from one spawn to the next, and of the children that are detached: they are to be
    /// dropped when the registry is not held.
    #[must_use = "they are to be dropped"]
    pub(crate) fn close(&mut self) -> Vec<Counted<Record>> {
        let (detached, others) = self.children.drain().partition::<Vec<_>, _>(|child| child.is_detached());
        others.into_iter().for_each(|child| self.children.push(child));
        drop(self.own.map(|own| own.pidfd.give())); // what there is to it stays, or a leak would be seen there
        self.reserve = None;
        self.spares.clear();
        self.server = None;
        self.lifelines.cut();
        self.closed = true;
        detached
    }
}
