//! Making a channel.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ipc::end::End;
use crate::ipc::errors::ChannelError;
use crate::ipc::link::Link;
use crate::ipc::links;
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;
use crate::shm::cursor::Cursor;
use crate::shm::roster::Side;

/// A channel has at least this much room, in bytes.
const LEAST_ROOM: usize = 64 << 10;

/// And of itself not more than this, however many messages it may hold.
const MOST_ROOM: usize = 16 << 20;

/// So much room is made for each message.
const USUAL_MESSAGE: usize = 64;

/// Makes a channel between processes, for up to `capacity` messages of any serde type.
///
/// Both ends can be cloned, and moved into processes as arguments. A value sent is received by one receiver, once; what
/// one sender sends arrives in that order. A message that is there is received even when its sender has been killed.
///
/// ```
/// use mp_runtime::{Receiver, Sender, channel, process};
///
/// #[process]
/// fn double(numbers: Receiver<u32>, doubled: Sender<u32>) {
///     for number in numbers {
///         doubled.send(2 * number).unwrap();
///     }
/// }
///
/// # fn main() {
/// let (numbers, receiver) = channel(16).unwrap();
/// let (sender, doubled) = channel(16).unwrap();
/// let child = double::spawn(receiver, sender).unwrap();
/// numbers.send(4).unwrap();
/// numbers.send(5).unwrap();
/// drop(numbers); // the last sender: the loop in `double` ends
/// assert_eq!(doubled.into_iter().collect::<Vec<_>>(), [8, 10]);
/// child.join().unwrap();
/// # }
/// ```
///
/// The channel is memory that the processes share, of 64 bytes for each message it can hold, but between 64 KiB and
/// 16 MiB; what is sent fills it by bytes as well as by messages. See [`channel_with_room`] for other sizes.
///
/// Room is for whoever finds it, and none is set aside. So while others send small values faster than they are received, and take each bit of
/// room that comes free, the sender of a large one waits; for ever, if they never stop. Send such by a channel of their own, or make so much
/// room that the number of messages fills the channel first: `capacity` times the size of the largest.
///
/// # Errors
///
/// When there is no memory for it, or no descriptor.
///
/// # Panics
///
/// If `capacity` is 0, or more than 8 million.
pub fn channel<T: Serialize + DeserializeOwned>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), ChannelError> {
    let (send, receive) = ends(capacity, None)?;
    Ok((Sender::new(send), Receiver::new(receive)))
}

/// Makes a [`channel`] of at least `room` bytes.
///
/// A value of more than half of that does not go through the shared memory, but through a file in memory of its
/// own: that works, and is slower. So make room for two of the largest values that are sent often. That memory is not the
/// channel's: as many of such values as it has `capacity` can be on their way.
///
/// ```
/// use mp_runtime::channel_with_room;
///
/// let (frames, receiver) = channel_with_room::<Vec<u8>>(4, 4 << 20).unwrap();
/// frames.send(vec![1; 1 << 20]).unwrap();
/// assert_eq!(receiver.recv().unwrap().len(), 1 << 20);
/// ```
///
/// # Errors
///
/// When there is no memory for it, or no descriptor.
///
/// # Panics
///
/// If `capacity` is 0, or more than 8 million.
pub fn channel_with_room<T: Serialize + DeserializeOwned>(
    capacity: usize,
    room: usize,
) -> Result<(Sender<T>, Receiver<T>), ChannelError> {
    let (send, receive) = ends(capacity, Some(room))?;
    Ok((Sender::new(send), Receiver::new(receive)))
}

/// The two ends of a channel of this much room, or of as much as is usual.
pub(crate) fn ends(capacity: usize, room: Option<usize>) -> Result<(End, End), ChannelError> {
    assert!(capacity > 0, "a channel needs a capacity of at least 1");
    assert!(capacity <= Cursor::MOST_MESSAGES, "a channel has a capacity of at most {}", Cursor::MOST_MESSAGES);
    let room = room.unwrap_or_else(|| capacity.saturating_mul(USUAL_MESSAGE).min(MOST_ROOM));
    let size = room.max(LEAST_ROOM).checked_next_power_of_two().ok_or(nix::errno::Errno::ENOMEM)?;
    let link = Arc::new(Link::new(size, capacity)?);
    links::add(&link);
    Ok((End::new(Arc::clone(&link), Side::Send)?, End::new(link, Side::Receive)?))
}
