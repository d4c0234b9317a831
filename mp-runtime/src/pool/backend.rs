//! What the workers of a pool are: processes, or something that a debugger has an easier time with.

use std::env;

use crate::pool::trouble::PoolError;

/// What the workers of a pool are. See [`PoolBuilder::backend`](crate::PoolBuilder::backend).
///
/// The same program, with the same values, and what differs:
///
/// | | `Processes` | `Threads` | `Sequential` |
/// |---|---|---|---|
/// | the function runs | in processes, several at once | in threads, several at once | in whoever waits for the pool, one item after the other |
/// | memory | a copy for each worker | the program's | the program's |
/// | a panic | fails the item | fails the item; so it does not with `panic = "abort"` | as with `Threads` |
/// | an `exit`, an abort, a crash | fails the item | ends the program | ends the program |
/// | [`timeout`](crate::PoolBuilder::timeout) | kills the worker | is not held | is not held |
/// | [`Task::cancel`](crate::Task::cancel) | of any task | of one that has not begun | of one that has not begun |
/// | [`max_tasks`](crate::PoolBuilder::max_tasks), [`retries`](crate::PoolBuilder::retries) | are held | have no meaning | have no meaning |
/// | starting processes beside it | works | is refused by `fork`, for there are threads | works |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Backend {
    /// Processes.
    #[default]
    Processes,
    /// Threads of this process.
    Threads,
    /// Nobody: whoever waits for the pool does the work.
    Sequential,
}

/// The environment variable that chooses for pools whose program does not.
const VARIABLE: &str = "MP_POOL_BACKEND";

impl Backend {
    /// The choice of the environment.
    pub(crate) fn of_environment() -> Result<Backend, PoolError> {
        match env::var_os(VARIABLE) {
            None => Ok(Backend::Processes),
            Some(name) => {
                Backend::named(&name.to_string_lossy()).ok_or_else(|| PoolError::backend(&name.to_string_lossy()))
            }
        }
    }

    fn named(name: &str) -> Option<Backend> {
        match name {
            "" | "processes" => Some(Backend::Processes),
            "threads" => Some(Backend::Threads),
            "sequential" => Some(Backend::Sequential),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_three_and_no_other() {
        let named = ["processes", "threads", "sequential", ""].map(Backend::named);
        let expected = [Backend::Processes, Backend::Threads, Backend::Sequential, Backend::Processes];
        assert_eq!(named, expected.map(Some));
        assert_eq!(Backend::named("Threads"), None);
    }
}
