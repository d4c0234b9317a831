//! Reading a message that is not merely copied out of the ring: a long one, or one with descriptors.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use serde::de::DeserializeOwned;

use crate::ipc::link::Link;
use crate::ipc::own::Own;
use crate::ipc::receiver::Missed;
use crate::ipc::{inbox, parcel, spill};
use crate::shm::memory::Mapped;
use crate::shm::ring::{Front, Receiving};

/// From here on a message is read where it is, which saves a copy but keeps other receivers waiting.
pub(crate) const LARGE: u32 = 32 << 10;

/// A message that is read where it is. Dropped, it is taken, also when reading it panics: nobody else could read it either.
struct InPlace<'a> {
    link: &'a Link,
    /// There until it is dropped.
    turn: Option<Own<Receiving<'a, Mapped>>>,
    front: Front,
}

impl Drop for InPlace<'_> {
    fn drop(&mut self) {
        if let Some(turn) = self.turn.take_if(|turn| turn.is_ours()) {
            self.link.take(turn.into_inner(), self.front);
        }
    }
}

/// Receives a message where it is.
pub(crate) fn in_place<T: DeserializeOwned>(
    link: &Link,
    turn: Own<Receiving<'_, Mapped>>,
    front: Front,
) -> Result<T, Missed> {
    let message = InPlace { link, turn: Some(turn), front };
    let value = message.turn.as_ref().map(|turn| parcel::unpack(turn.get().payload(&front), Vec::new()));
    drop(message);
    match value {
        Some(value) => Ok(value?),
        None => unreachable!("the turn was put there just now"),
    }
}

/// Receives a message that descriptors belong to; `None` if it was a dead receiver's.
pub(crate) fn with_descriptors<T: DeserializeOwned>(
    link: &Link,
    turn: Receiving<'_, Mapped>,
    front: Front,
    bytes: &mut Vec<u8>,
) -> Result<Option<T>, Missed> {
    turn.copy(&front, bytes);
    let open = |mut fds: Vec<OwnedFd>| {
        let file = match front.packet.spilled {
            true if fds.is_empty() => return Err(Errno::ENODATA),
            true => Some(spill::open(fds.remove(0))?),
            false => None,
        };
        Ok((file, fds))
    };
    let Some((file, fds)) = inbox::take(link, turn, front, open)? else { return Ok(None) };
    let bytes = file.as_deref().unwrap_or(bytes);
    Ok(Some(parcel::unpack(bytes, fds)?))
}
