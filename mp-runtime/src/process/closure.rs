//! Processes made of closures.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Caller, SpawnError};
use crate::process::body::{self, Body};
use crate::process::builder::Builder;
use crate::process::handle::Child;

/// The name of a process made of a closure, which has none of its own.
const NAME: &str = "closure";

/// Starts a process that runs `closure`, as [`std::thread::spawn`] does a thread.
///
/// The closure runs in a copy of this process as it is now: it may borrow what it likes, and what it changes stays in
/// the process. Its value comes back by [`Child::join`]. For settings, or a closure that says what went wrong, see
/// [`Builder::closure`] and [`Builder::fallible`]; for processes that end with a block, [`scope`](crate::scope()).
///
/// # Errors
///
/// As [`Builder::spawn`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = String::from("lucky is a good man");
/// let words = mp_runtime::spawn(|| text.split(' ').count())?;
/// assert_eq!(words.join()?, 5);
/// # Ok(())
/// # }
/// ```
pub fn spawn<F, T>(closure: F) -> Result<Child<T>, SpawnError>
where
    F: FnOnce() -> T,
    T: Serialize + DeserializeOwned,
{
    Builder::closure(closure).spawn()
}

impl Builder<()> {
    /// A process that runs `closure`, named `closure` unless [`name`](Builder::name) says otherwise.
    ///
    /// ```
    /// use mp_runtime::{Builder, current};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = Builder::closure(|| current().name().len()).name("four").spawn()?;
    /// assert_eq!(child.join()?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn closure<F, T>(closure: F) -> Builder<impl Body<Value = T>>
    where
        F: FnOnce() -> T,
        T: Serialize + DeserializeOwned,
    {
        Builder::of(NAME, body::returns(closure)).caller(Caller::Closure)
    }

    /// A process that runs a closure which gives a `Result`: an `Err` reaches the parent as its text, as with a process
    /// function.
    ///
    /// ```
    /// use mp_runtime::Builder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = Builder::fallible(|| "seven".parse::<u32>()).name("parser").spawn()?;
    /// let error = child.join().unwrap_err();
    /// assert!(error.to_string().ends_with("failed: invalid digit found in string"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn fallible<F, T, E>(closure: F) -> Builder<impl Body<Value = T>>
    where
        F: FnOnce() -> Result<T, E>,
        T: Serialize + DeserializeOwned,
        E: fmt::Display,
    {
        Builder::of(NAME, body::fails(closure)).caller(Caller::Closure)
    }
}
