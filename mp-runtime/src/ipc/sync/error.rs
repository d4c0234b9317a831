//! Why a lock was not had, or is had with a warning.

use std::error::Error;
use std::fmt;
use std::io;

use crate::ipc::sync::participant::Participant;
use crate::shm::barrier::Failed;
use crate::shm::monitor::NoSeat;
use crate::shm::robust::{MOST, NotTaken};
use crate::shm::who::{SEATS, Who};

/// Why a wait did not end as it should.
///
/// ```
/// use mp_runtime::sync::Semaphore;
///
/// # fn main() -> std::io::Result<()> {
/// let semaphore = Semaphore::new(0)?;
/// let error = semaphore.try_acquire().unwrap_err();
/// assert!(error.is_timeout());
/// assert_eq!(error.to_string(), "the time was over before others let go");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WaitError(Kind);

#[derive(Clone)]
enum Kind {
    Late,
    Deadlock,
    Full,
    TooMany,
    Broken(Option<Who>),
    Os(i32),
}

impl WaitError {
    /// Whether the time was over; at once, for the `try_` functions.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, Kind::Late)
    }

    /// Whether the calling thread would have waited for itself.
    pub fn is_deadlock(&self) -> bool {
        matches!(self.0, Kind::Deadlock)
    }

    /// Whether as many processes as can take part do so already.
    pub fn is_full(&self) -> bool {
        matches!(self.0, Kind::Full)
    }

    /// Whether a [`Barrier`](crate::sync::Barrier) is broken.
    pub fn is_broken(&self) -> bool {
        matches!(self.0, Kind::Broken(_))
    }

    /// The process whose death broke it, if one did.
    pub fn culprit(&self) -> Option<Participant> {
        if let Kind::Broken(who) = self.0 { who.map(Participant) } else { None }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Late => f.write_str("the time was over before others let go"),
            Kind::Deadlock => f.write_str("this thread holds it already and would wait for itself"),
            Kind::Full => write!(f, "{SEATS} processes use it already; that is the most"),
            Kind::TooMany => write!(f, "this thread holds {MOST} locks already; that is the most"),
            Kind::Broken(Some(who)) => {
                write!(f, "the barrier is broken, for process {} has ended; `reset` makes it new", Participant(who))
            }
            Kind::Broken(None) => f.write_str("the barrier is broken; `reset` makes it new"),
            Kind::Os(errno) => fmt::Display::fmt(&io::Error::from_raw_os_error(errno), f),
        }
    }
}

impl fmt::Debug for WaitError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for WaitError {}

impl From<WaitError> for io::Error {
    fn from(error: WaitError) -> io::Error {
        let kind = match error.0 {
            Kind::Late => io::ErrorKind::TimedOut,
            Kind::Deadlock => io::ErrorKind::Deadlock,
            Kind::Full | Kind::TooMany => io::ErrorKind::QuotaExceeded,
            Kind::Broken(_) => io::ErrorKind::Other,
            Kind::Os(errno) => return io::Error::from_raw_os_error(errno),
        };
        io::Error::new(kind, error)
    }
}

impl From<NotTaken> for WaitError {
    fn from(not_taken: NotTaken) -> WaitError {
        WaitError(match not_taken {
            NotTaken::Busy => Kind::Late,
            NotTaken::Deadlock => Kind::Deadlock,
            NotTaken::TooMany => Kind::TooMany,
            NotTaken::Os(errno) => Kind::Os(errno),
        })
    }
}

impl From<NoSeat> for WaitError {
    fn from(no_seat: NoSeat) -> WaitError {
        match no_seat {
            NoSeat::NotTaken(not_taken) => not_taken.into(),
            NoSeat::Full => WaitError(Kind::Full),
        }
    }
}

impl From<Failed> for WaitError {
    fn from(failed: Failed) -> WaitError {
        match failed {
            Failed::Late => WaitError(Kind::Late),
            Failed::Broken(who) => WaitError(Kind::Broken(who)),
            Failed::NoSeat(no_seat) => no_seat.into(),
        }
    }
}

/// Why a lock was not given, or was given with a warning.
///
/// A process that dies or panics with the lock may leave what is behind it half changed. Whoever takes the lock after that
/// gets this error, with the guard inside, until one of them has put things in order and said so by `clear_poison`.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::{LockError, Mutex};
///
/// #[process]
/// fn die_with_it(balance: &Mutex<i64>) {
///     let mut balance = balance.lock().unwrap();
///     *balance -= 100;
///     std::process::abort();
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let balance = Mutex::new(1000_i64)?;
/// let child = die_with_it::spawn(&balance).unwrap();
/// let id = child.id();
/// child.join().unwrap_err();
///
/// let error = balance.lock().unwrap_err();
/// assert_eq!(error.culprit().unwrap().id(), id);
/// let mut guard = error.recover().unwrap();
/// *guard = 1000; // what is right is for the program to know
/// balance.clear_poison();
/// drop(guard);
/// assert_eq!(*balance.lock().unwrap(), 1000);
/// # Ok(())
/// # }
/// ```
pub struct LockError<G>(Lock<G>);

enum Lock<G> {
    Poisoned(G, Who),
    NotTaken(WaitError),
}

impl<G> LockError<G> {
    /// Gives the guard, if the lock was taken and the error is a warning only.
    ///
    /// `mutex.lock().or_else(LockError::recover)?` goes on in spite of the warning.
    ///
    /// # Errors
    ///
    /// `self`, if the lock was not taken.
    pub fn recover(self) -> Result<G, LockError<G>> {
        match self.0 {
            Lock::Poisoned(guard, _) => Ok(guard),
            not_taken => Err(LockError(not_taken)),
        }
    }

    /// Whether a process died or panicked with the lock, and what is behind it may be half changed.
    pub fn is_poisoned(&self) -> bool {
        matches!(self.0, Lock::Poisoned(..))
    }

    /// The process that did.
    pub fn culprit(&self) -> Option<Participant> {
        if let Lock::Poisoned(_, who) = &self.0 { Some(Participant(*who)) } else { None }
    }

    /// Whether that process has panicked, and may live on; otherwise it has died.
    pub fn is_panic(&self) -> bool {
        matches!(&self.0, Lock::Poisoned(_, who) if who.has_panicked())
    }

    /// Whether the time was over before the lock was free; at once, for the `try_` functions.
    pub fn is_timeout(&self) -> bool {
        matches!(&self.0, Lock::NotTaken(error) if error.is_timeout())
    }

    /// Whether the calling thread holds the lock already.
    pub fn is_deadlock(&self) -> bool {
        matches!(&self.0, Lock::NotTaken(error) if error.is_deadlock())
    }

    pub(crate) fn poisoned(guard: G, who: Who) -> Self {
        LockError(Lock::Poisoned(guard, who))
    }
}

impl<G> From<NotTaken> for LockError<G> {
    fn from(not_taken: NotTaken) -> Self {
        LockError(Lock::NotTaken(not_taken.into()))
    }
}

impl<G> From<NoSeat> for LockError<G> {
    fn from(no_seat: NoSeat) -> Self {
        LockError(Lock::NotTaken(no_seat.into()))
    }
}

impl<G> fmt::Display for LockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Lock::Poisoned(_, who) => {
                let how = if who.has_panicked() { "panicked" } else { "died" };
                write!(f, "process {} {how} while it held the lock; `recover` gives the guard", Participant(*who))
            }
            Lock::NotTaken(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl<G> fmt::Debug for LockError<G> {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<G> Error for LockError<G> {}
