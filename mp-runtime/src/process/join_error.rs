//! Why a join gave no value.

use std::error::Error;
use std::fmt;

use crate::process::exit::Exit;

/// Why joining a process gave no value: it ended otherwise than by returning one.
///
/// `Display` is one sentence that names the process. [`exit`](JoinError::exit) has the particulars.
///
/// ```
/// use mp_runtime::process;
///
/// #[process]
/// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
///     text.parse()
/// }
///
/// # fn main() {
/// let child = parse::spawn("seven").unwrap();
/// let id = child.id();
/// let error = child.join().unwrap_err();
/// assert_eq!(error.to_string(), format!("process `parse` (pid {id}) failed: invalid digit found in string"));
/// # }
/// ```
#[derive(Clone)]
pub struct JoinError {
    kind: Box<Kind>,
}

#[derive(Clone)]
enum Kind {
    Ended(Exit),
    Undecodable(Exit, String),
    Foreign { name: String, id: u32 },
}

impl JoinError {
    pub(crate) fn ended(exit: Exit) -> JoinError {
        JoinError { kind: Box::new(Kind::Ended(exit)) }
    }

    pub(crate) fn undecodable(exit: Exit, why: String) -> JoinError {
        JoinError { kind: Box::new(Kind::Undecodable(exit, why)) }
    }

    pub(crate) fn foreign(name: &str, id: u32) -> JoinError {
        JoinError { kind: Box::new(Kind::Foreign { name: name.to_owned(), id }) }
    }

    /// The name of the process.
    pub fn name(&self) -> &str {
        match &*self.kind {
            Kind::Ended(exit) | Kind::Undecodable(exit, _) => exit.name(),
            Kind::Foreign { name, .. } => name,
        }
    }

    /// The process id it had, or, if the handle was used in another process, has.
    pub fn id(&self) -> u32 {
        match &*self.kind {
            Kind::Ended(exit) | Kind::Undecodable(exit, _) => exit.id(),
            Kind::Foreign { id, .. } => *id,
        }
    }

    /// How the process ended. `Returned`, if it returned a value that could not be read back.
    ///
    /// `None` if the handle was used in another process than the one that started it: only that one can know.
    pub fn exit(&self) -> Option<&Exit> {
        match &*self.kind {
            Kind::Ended(exit) | Kind::Undecodable(exit, _) => Some(exit),
            Kind::Foreign { .. } => None,
        }
    }

    /// How the process ended, by value.
    pub fn into_exit(self) -> Option<Exit> {
        match *self.kind {
            Kind::Ended(exit) | Kind::Undecodable(exit, _) => Some(exit),
            Kind::Foreign { .. } => None,
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::Ended(exit) => exit.fmt(f),
            Kind::Undecodable(exit, why) => write!(f, "{exit}, but its value could not be read: {why}"),
            Kind::Foreign { name, id } => {
                write!(f, "process `{name}` (pid {id}) was started by another process; only that one can join it")
            }
        }
    }
}

impl fmt::Debug for JoinError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for JoinError {}
