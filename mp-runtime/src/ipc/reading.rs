//! Reading a message that is not merely copied out of the ring: a long one, or one with descriptors.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::ptr;

use nix::errno::Errno;
use serde::de::DeserializeOwned;

use crate::ipc::link::Link;
use crate::ipc::own::Own;
use crate::ipc::patience::{Patience, hindered};
use crate::ipc::receiver::Missed;
use crate::ipc::{inbox, parcel, spill};
use crate::shm::memory::Mapped;
use crate::shm::ring::{Front, Receiving};
use crate::shm::turn::Verdict;
use crate::sys::identity::Identity;

/// From here on a message is read where it is, which saves a copy but keeps other receivers waiting.
pub(crate) const LARGE: u32 = 32 << 10;

thread_local! {
    /// Of which channels this thread is reading a message where it is: of several, if one is received in the middle of another.
    static IN_PLACE: RefCell<Vec<*const Link>> = const { RefCell::new(Vec::new()) };
}

/// Whether this thread is in the middle of reading a message of `link` where it is. Then it has the turn to receive, and would wait for
/// itself.
#[cold]
pub(crate) fn is_inside(link: &Link) -> bool {
    IN_PLACE.try_with(|links| links.borrow().iter().any(|inside| ptr::eq(*inside, link))).unwrap_or(false)
}

/// As [`hindered`], for a turn to receive.
#[inline]
pub(crate) fn hindered_in(link: &Link, me: Identity, patience: Patience) -> impl FnMut(u64) -> Verdict {
    let mut hindered = hindered(patience);
    move |holder| if holder == me.raw() && is_inside(link) { Verdict::Enough } else { hindered(holder) }
}

/// A message that is read where it is. Dropped, it is taken, also when reading it panics: nobody else could read it either.
struct InPlace<'a> {
    link: &'a Link,
    /// There until it is dropped.
    turn: Option<Own<Receiving<'a, Mapped>>>,
    front: Front,
}

impl<'a> InPlace<'a> {
    fn new(link: &'a Link, turn: Own<Receiving<'a, Mapped>>, front: Front) -> InPlace<'a> {
        // A thread at its end notes nothing any more.
        let _ = IN_PLACE.try_with(|links| links.borrow_mut().push(link));
        InPlace { link, turn: Some(turn), front }
    }
}

impl Drop for InPlace<'_> {
    fn drop(&mut self) {
        let _ = IN_PLACE.try_with(|links| links.borrow_mut().pop());
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
    let message = InPlace::new(link, turn, front);
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::*;
    use crate::ipc::channel::channel_with_room;
    use crate::ipc::receiver::Receiver;

    thread_local! {
        static CHANNEL: RefCell<Option<Receiver<Curious>>> = const { RefCell::new(None) };
    }

    /// A long value that looks for another one while it is read; what comes of it.
    struct Curious(Vec<String>);

    impl Serialize for Curious {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            vec![0_u8; LARGE as usize].serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for Curious {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Vec::<u8>::deserialize(deserializer)?;
            CHANNEL.with_borrow(|channel| {
                let receiver = channel.as_ref().expect("it was put there");
                let tried = [
                    receiver.recv().map_err(|error| error.to_string()),
                    receiver.try_recv().map_err(|error| error.to_string()),
                ];
                Ok(Curious(tried.into_iter().filter_map(Result::err).collect()))
            })
        }
    }

    #[test]
    fn a_receive_in_the_middle_of_a_long_message_of_the_same_channel_is_an_error() {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let (sender, receiver) = channel_with_room(2, 1 << 20).expect("memory is to be had");
            (0..2).for_each(|_| sender.send(Curious(Vec::new())).expect("there is room"));
            let receive = receiver.clone();
            CHANNEL.set(Some(receiver));
            let received = [(); 2].map(|()| receive.recv().expect("it is there"));
            tell.send(received.map(|Curious(errors)| errors)).expect("somebody waits for it");
        });
        for errors in told.recv_timeout(Duration::from_secs(10)).expect("nobody waits for himself") {
            assert!(errors.len() == 2 && errors.iter().all(|error| error.contains("in the middle of")), "{errors:?}");
        }
    }
}
