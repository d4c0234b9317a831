//! What this process knows of itself and of its children.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::{Pid, getpid};

use crate::error::{SpawnErrorKind, Stage};
use crate::process::ending;
use crate::process::identity::{Identity, MAIN, Origin};
use crate::process::record::Record;
use crate::sys::{exit, pidfd};

/// The one registry of this process. Held across a fork, so that the child finds it free.
static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    identity: None,
    own: None,
    children: Vec::new(),
    first_failure: None,
    at_exit: false,
    owner: None,
});

#[derive(Debug)]
pub(crate) struct Registry {
    /// Who this process is; `None` in one that no process function runs in.
    identity: Option<Arc<Identity>>,
    /// This process's own descriptor, for its children to watch it by.
    own: Option<Arc<OwnedFd>>,
    /// The children that have not been seen to end, in the order of their start.
    children: Vec<Arc<Record>>,
    /// The code of the first failure that nobody looked at.
    first_failure: Option<u8>,
    /// Whether the exit handler is registered; a child inherits it.
    at_exit: bool,
    /// The process this is the registry of. A copy made by a `fork` of somebody else's is nobody's.
    owner: Option<Pid>,
}

/// The registry of this process.
pub(crate) fn lock() -> MutexGuard<'static, Registry> {
    // What is behind it is valid after any panic: each change is a single push, take or remove.
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    pub(crate) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.clone()
    }

    /// Makes what a fork needs and a process has once.
    pub(crate) fn prepare(&mut self) -> Result<(), SpawnErrorKind> {
        if !self.at_exit {
            let os = |error: std::io::Error| error.raw_os_error().unwrap_or(libc::ENOMEM);
            exit::at_exit(ending::at_exit).map_err(|error| SpawnErrorKind::Os(Stage::ExitHandler, os(error)))?;
            self.at_exit = true;
        }
        self.owner = Some(getpid());
        if self.own.is_none() {
            let own = pidfd::open(getpid()).map_err(|errno| SpawnErrorKind::Os(Stage::Descriptors, errno as i32))?;
            self.own = Some(Arc::new(own));
        }
        Ok(())
    }

    /// What a child of this process is told about it. `None` before [`prepare`](Registry::prepare).
    pub(crate) fn origin(&self) -> Option<Origin> {
        let name = self.identity.as_ref().map_or(MAIN, |identity| &identity.name).to_owned();
        Some(Origin { name, id: std::process::id(), pidfd: Arc::clone(self.own.as_ref()?) })
    }

    /// Turns the copy that a child has inherited into the child's own.
    pub(crate) fn become_child(&mut self, identity: Identity) {
        self.identity = Some(Arc::new(identity));
        self.own = None;
        self.first_failure = None;
        self.owner = Some(getpid());
        for sibling in self.children.drain(..) {
            sibling.release();
        }
    }

    /// Whether this is the registry of the calling process.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner == Some(getpid())
    }

    pub(crate) fn add(&mut self, child: Arc<Record>) {
        self.children.push(child);
    }

    /// The children that have not been seen to end, in the order of their start.
    pub(crate) fn children(&self) -> Vec<Arc<Record>> {
        self.children.clone()
    }

    /// Takes `child` off the list: its end is known. Counts it if it is a failure that nobody has looked at.
    ///
    /// Whether it is such a failure: then there is something to say about it.
    pub(crate) fn remove(&mut self, child: &Arc<Record>) -> bool {
        let Some(at) = self.children.iter().position(|other| Arc::ptr_eq(other, child)) else { return false };
        self.children.remove(at);
        match child.unseen_failure() {
            Some(exit) => {
                self.first_failure.get_or_insert(exit.program_code());
                true
            }
            None => false,
        }
    }

    /// Counts a failure that is no child's end.
    pub(crate) fn fail(&mut self, code: u8) {
        self.first_failure.get_or_insert(code);
    }

    /// The code of the first failure that nobody looked at, if there was one.
    pub(crate) fn first_failure(&self) -> Option<u8> {
        self.first_failure
    }

    /// Lets go of what a process keeps from one spawn to the next.
    pub(crate) fn close(&mut self) {
        self.own = None;
    }
}
