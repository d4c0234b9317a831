//! What can go wrong with a channel.

use std::error::Error;
use std::fmt;
use std::io;

use nix::errno::Errno;

use crate::wire::codec::CodecError;

/// Why an end cannot be used, or a value cannot cross, although the other side is there.
///
/// ```
/// use mp_runtime::{SendError, Sender, channel, process};
///
/// #[process]
/// fn borrow(numbers: &Sender<u32>) -> Result<(), SendError<u32>> {
///     numbers.send(1)
/// }
///
/// # fn main() {
/// let (numbers, _receiver) = channel::<u32>(8).unwrap();
/// let error = borrow::spawn(&numbers).unwrap().join().unwrap_err();
/// assert!(error.to_string().contains("was not moved into this process"), "{error}");
/// # }
/// ```
#[derive(Clone)]
pub struct ChannelError(Kind);

#[derive(Clone)]
enum Kind {
    NotMoved,
    Full,
    Corrupt,
    Codec(CodecError),
    /// What the system refused in the middle of a value.
    Part(Errno),
    Os(Errno),
}

impl ChannelError {
    pub(crate) fn not_moved() -> Self {
        ChannelError(Kind::NotMoved)
    }

    pub(crate) fn full() -> Self {
        ChannelError(Kind::Full)
    }

    pub(crate) fn of_value(why: &str) -> Self {
        ChannelError(Kind::Codec(CodecError::new(why.to_owned())))
    }

    pub(crate) fn corrupt() -> Self {
        ChannelError(Kind::Corrupt)
    }

    /// Whether the end belongs to another process: this one has only inherited or borrowed it.
    pub fn is_not_moved(&self) -> bool {
        matches!(self.0, Kind::NotMoved)
    }

    pub(crate) fn of_part(errno: Errno) -> Self {
        ChannelError(Kind::Part(errno))
    }

    /// Whether the value could not be written, or not be read back: one that was received is gone then.
    pub fn is_codec(&self) -> bool {
        matches!(self.0, Kind::Codec(_) | Kind::Part(_))
    }

    /// The error number of the system call that failed, if one did; in the middle of a value, too.
    pub fn raw_os_error(&self) -> Option<i32> {
        match self.0 {
            Kind::Os(errno) | Kind::Part(errno) => Some(errno as i32),
            _ => None,
        }
    }
}

impl From<Errno> for ChannelError {
    fn from(errno: Errno) -> Self {
        ChannelError(Kind::Os(errno))
    }
}

impl From<CodecError> for ChannelError {
    fn from(error: CodecError) -> Self {
        ChannelError(Kind::Codec(error))
    }
}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NotMoved => f.write_str(
                "this end of the channel was not moved into this process; pass it by value to the process function, or to the \
                 workers of a pool by `start_given`",
            ),
            Kind::Full => f.write_str("the channel has as many ends as it can; move ends instead of cloning them"),
            Kind::Corrupt => f.write_str("the memory of the channel holds what no sender has written"),
            Kind::Codec(error) => write!(f, "the value could not cross: {error}"),
            Kind::Part(errno) => {
                write!(f, "the value could not cross: {}", io::Error::from_raw_os_error(*errno as i32))
            }
            Kind::Os(errno) => write!(f, "{}", io::Error::from_raw_os_error(*errno as i32)),
        }
    }
}

impl fmt::Debug for ChannelError {
    /// As `Display`: it is what `unwrap` shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ChannelError {}

const NO_RECEIVER: &str = "every receiver of the channel is gone";
const NO_SENDER: &str = "the channel is empty, and every sender of it is gone";

/// A value that [`Sender::send`](crate::Sender::send) could not send.
///
/// ```
/// use mp_runtime::{SendError, channel};
///
/// let (sender, receiver) = channel::<u32>(8).unwrap();
/// drop(receiver);
/// assert!(matches!(sender.send(7), Err(SendError::Disconnected(7))));
/// ```
#[non_exhaustive]
pub enum SendError<T> {
    /// Every receiver is gone: dropped, or its process has ended.
    Disconnected(T),
    /// Something else is wrong.
    Failed(T, ChannelError),
}

/// A value that [`Sender::try_send`](crate::Sender::try_send) could not send.
///
/// ```
/// use mp_runtime::{TrySendError, channel};
///
/// let (sender, _receiver) = channel::<u32>(1).unwrap();
/// sender.try_send(1).unwrap();
/// assert!(matches!(sender.try_send(2), Err(TrySendError::Full(2))));
/// ```
#[non_exhaustive]
pub enum TrySendError<T> {
    /// There is no room for it now.
    Full(T),
    /// Every receiver is gone: dropped, or its process has ended.
    Disconnected(T),
    /// Something else is wrong.
    Failed(T, ChannelError),
}

/// A value that [`Sender::send_timeout`](crate::Sender::send_timeout) could not send.
///
/// ```
/// use std::time::Duration;
/// use mp_runtime::{SendTimeoutError, channel};
///
/// let (sender, _receiver) = channel::<u32>(1).unwrap();
/// sender.send(1).unwrap();
/// let error = sender.send_timeout(2, Duration::from_millis(1)).unwrap_err();
/// assert!(matches!(error, SendTimeoutError::Timeout(2)));
/// ```
#[non_exhaustive]
pub enum SendTimeoutError<T> {
    /// There was no room for it in time.
    Timeout(T),
    /// Every receiver is gone: dropped, or its process has ended.
    Disconnected(T),
    /// Something else is wrong.
    Failed(T, ChannelError),
}

/// Why [`Receiver::recv`](crate::Receiver::recv) gave no value.
///
/// ```
/// use mp_runtime::{RecvError, channel};
///
/// let (sender, receiver) = channel::<u32>(8).unwrap();
/// drop(sender);
/// assert!(matches!(receiver.recv(), Err(RecvError::Disconnected)));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum RecvError {
    /// The channel is empty and every sender is gone: dropped, or its process has ended.
    Disconnected,
    /// Something else is wrong.
    Failed(ChannelError),
}

/// Why [`Receiver::try_recv`](crate::Receiver::try_recv) gave no value.
///
/// ```
/// use mp_runtime::{TryRecvError, channel};
///
/// let (_sender, receiver) = channel::<u32>(8).unwrap();
/// assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum TryRecvError {
    /// There is none now.
    Empty,
    /// The channel is empty and every sender is gone: dropped, or its process has ended.
    Disconnected,
    /// Something else is wrong.
    Failed(ChannelError),
}

/// Why [`Receiver::recv_timeout`](crate::Receiver::recv_timeout) gave no value.
///
/// ```
/// use std::time::Duration;
/// use mp_runtime::{RecvTimeoutError, channel};
///
/// let (_sender, receiver) = channel::<u32>(8).unwrap();
/// let error = receiver.recv_timeout(Duration::from_millis(1)).unwrap_err();
/// assert!(matches!(error, RecvTimeoutError::Timeout));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum RecvTimeoutError {
    /// There was none in time.
    Timeout,
    /// The channel is empty and every sender is gone: dropped, or its process has ended.
    Disconnected,
    /// Something else is wrong.
    Failed(ChannelError),
}

macro_rules! of_a_value {
    ($error:ident, $($missed:ident: $text:literal)?) => {
        impl<T> $error<T> {
            /// The value.
            pub fn into_inner(self) -> T {
                match self {
                    $($error::$missed(value) => value,)?
                    $error::Disconnected(value) | $error::Failed(value, _) => value,
                }
            }
        }

        impl<T> fmt::Display for $error<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($error::$missed(_) => f.write_str($text),)?
                    $error::Disconnected(_) => f.write_str(NO_RECEIVER),
                    $error::Failed(_, error) => error.fmt(f),
                }
            }
        }

        impl<T> fmt::Debug for $error<T> {
            /// As `Display`, and for any value: it is what `unwrap` shows.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl<T> Error for $error<T> {}
    };
}

of_a_value!(SendError,);
of_a_value!(TrySendError, Full: "the channel is full");
of_a_value!(SendTimeoutError, Timeout: "there was no room in the channel in time");

macro_rules! of_no_value {
    ($error:ident, $($missed:ident: $text:literal)?) => {
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($error::$missed => f.write_str($text),)?
                    $error::Disconnected => f.write_str(NO_SENDER),
                    $error::Failed(error) => error.fmt(f),
                }
            }
        }

        impl fmt::Debug for $error {
            /// As `Display`: it is what `unwrap` shows.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Error for $error {}
    };
}

of_no_value!(RecvError,);
of_no_value!(TryRecvError, Empty: "the channel is empty");
of_no_value!(RecvTimeoutError, Timeout: "nothing came through the channel in time");
