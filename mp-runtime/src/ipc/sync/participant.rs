//! The other processes, as a lock knows them.

use std::fmt;

use crate::shm::who::Who;

/// A process that takes part in a lock: who holds it, or who died of it.
///
/// It may have ended since, and the system may have given its id to another.
///
/// ```
/// use mp_runtime::sync::Mutex;
///
/// # fn main() -> std::io::Result<()> {
/// let mutex = Mutex::new(0_u32)?;
/// let guard = mutex.lock().unwrap();
/// assert_eq!(mutex.holder().unwrap().id(), std::process::id());
/// # drop(guard);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Participant(pub(crate) Who);

impl Participant {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Up to 15 bytes of its name: what it was started as, or for the first process of a program, the program's name.
    pub fn name(&self) -> String {
        self.0.name()
    }
}

impl fmt::Display for Participant {
    /// As in `` `worker` (pid 7) ``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` (pid {})", self.name().escape_debug(), self.id())
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Processes for `Debug`.
pub(crate) fn all(whos: Vec<Who>) -> Vec<Participant> {
    whos.into_iter().map(Participant).collect()
}
