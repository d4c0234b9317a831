//! Descriptors inside values.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ipc::{parcel, reason};

/// A file, socket or other descriptor inside a value that is sent through a channel.
///
/// Any type that has a descriptor will do: `File`, `TcpStream`, `UnixStream`, `OwnedFd` and so on. The receiver gets a
/// copy of the descriptor; the sender's is closed when the value sent is dropped, as always.
///
/// ```
/// use std::io::{Read, Write, pipe};
/// use std::os::fd::OwnedFd;
/// use mp_runtime::{Fd, Receiver, channel, process};
///
/// #[process]
/// fn write_to(pipes: Receiver<(String, Fd)>) {
///     for (text, pipe) in pipes {
///         std::fs::File::from(pipe.into_inner()).write_all(text.as_bytes()).unwrap();
///     }
/// }
///
/// # fn main() {
/// let (pipes, receiver) = channel(4).unwrap();
/// let child = write_to::spawn(receiver).unwrap();
/// let (mut reader, writer) = pipe().unwrap();
/// pipes.send(("hello".to_owned(), Fd(OwnedFd::from(writer)))).unwrap();
/// let mut text = String::new();
/// reader.read_to_string(&mut text).unwrap();
/// assert_eq!(text, "hello");
/// # drop(pipes);
/// # child.join().unwrap();
/// # }
/// ```
///
/// Up to 253 descriptors go with one message, 252 with one that is too large for the channel's memory. A channel end in a value counts
/// as four. The kernel allows a user without privileges as many on their way, in all channels, as one process of that user may have open: a channel
/// is full while there are too many, which a [`Select`](crate::Select) does not see.
pub struct Fd<F = OwnedFd>(
    /// What has the descriptor.
    pub F,
);

impl<F> Fd<F> {
    /// What has the descriptor.
    pub fn into_inner(self) -> F {
        self.0
    }
}

impl<F> Deref for Fd<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F> DerefMut for Fd<F> {
    fn deref_mut(&mut self) -> &mut F {
        &mut self.0
    }
}

impl<F> From<F> for Fd<F> {
    fn from(file: F) -> Self {
        Fd(file)
    }
}

impl<F: AsFd> AsFd for Fd<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl<F: AsFd> fmt::Debug for Fd<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fd").field(&self.0.as_fd()).finish()
    }
}

impl<F: AsFd> Serialize for Fd<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let copy = self.0.as_fd().try_clone_to_owned().map_err(reason::refuse)?;
        parcel::enclose::<S::Error>(vec![copy], None)?.serialize(serializer)
    }
}

impl<'de, F: From<OwnedFd>> Deserialize<'de> for Fd<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fd = parcel::take_out(u32::deserialize(deserializer)?);
        fd.map(|fd| Fd(F::from(fd))).ok_or_else(|| reason::refuse_to_read("the value came without its descriptor"))
    }
}
