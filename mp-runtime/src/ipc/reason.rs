//! Why a part of a value could not be written or read: the codec has no place for it in an error of its own.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::io;

use nix::errno::Errno;
use serde::{de, ser};

use crate::ipc::errors::ChannelError;
use crate::wire::codec::CodecError;

thread_local! {
    static REASON: RefCell<Option<Reason>> = const { RefCell::new(None) };
    /// Whether there is one. Apart from it: there is mostly none, and [`REASON`] has a destructor.
    static HAS_REASON: Cell<bool> = const { Cell::new(false) };
}

/// Why a part of a value could not be written or read.
pub(crate) enum Reason {
    Words(String),
    Os(Errno),
}

impl From<&str> for Reason {
    fn from(words: &str) -> Self {
        Reason::Words(words.to_owned())
    }
}

impl From<Errno> for Reason {
    fn from(errno: Errno) -> Self {
        Reason::Os(errno)
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Reason::of(error.raw_os_error(), &error)
    }
}

impl From<ChannelError> for Reason {
    fn from(error: ChannelError) -> Self {
        Reason::of(error.raw_os_error(), &error)
    }
}

impl Reason {
    fn of(errno: Option<i32>, error: &dyn Error) -> Reason {
        errno.map_or_else(|| Reason::Words(error.to_string()), |errno| Reason::Os(Errno::from_raw(errno)))
    }
}

/// An error of the codec, which becomes one that says `why` where the value was packed or unpacked.
pub(crate) fn refuse<E: ser::Error>(why: impl Into<Reason>) -> E {
    give(why.into());
    E::custom("see `reason::explained`")
}

/// As [`refuse`], for a part being read.
pub(crate) fn refuse_to_read<E: de::Error>(why: impl Into<Reason>) -> E {
    give(why.into());
    E::custom("see `reason::explained`")
}

fn give(why: Reason) {
    let given = REASON.try_with(|reason| reason.replace(Some(why)));
    HAS_REASON.set(given.is_ok());
}

/// Forgets the reason of a part whose error the value around it has not passed on.
#[inline]
pub(crate) fn forget() {
    if HAS_REASON.get() {
        drop(take());
    }
}

#[cold]
fn take() -> Option<Reason> {
    HAS_REASON.set(false);
    REASON.try_with(RefCell::take).ok().flatten()
}

/// The error that a part has given a reason for, or else the codec's own.
#[cold]
pub(crate) fn explained(error: CodecError) -> ChannelError {
    match take() {
        None => error.into(),
        Some(Reason::Words(words)) => CodecError::new(words).into(),
        Some(Reason::Os(errno)) => ChannelError::of_part(errno),
    }
}
