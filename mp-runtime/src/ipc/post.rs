//! Putting a message into the ring, with what goes beside it.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::ipc::link::{Company, Link};
use crate::ipc::patience::{HELD_UP, Patience, hindered};
use crate::ipc::sender::Unsent;
use crate::ipc::{inbox, queue, spin};
use crate::shm::memory::Mapped;
use crate::shm::packet::Packet;
use crate::shm::ring::Sending;
use crate::shm::roster::Side;
use crate::sys::identity::Identity;
use crate::sys::{clock, fdpass};

/// What goes with a message: the packet says whether there is something.
#[derive(Clone, Copy)]
pub(crate) enum Beside<'a> {
    Nothing,
    /// Descriptors, found by a stamp.
    Fds(&'a [BorrowedFd<'a>]),
    /// A word in the place of the stamp: the message is an item of a queue.
    Word(u64),
}

/// How long to wait where there is no place for descriptors on their way. The kernel counts those of all channels of all programs of
/// a user, so nothing in this channel tells when there is some.
const CROWDED: Duration = Duration::from_millis(10);

/// Puts a message into the ring, as soon as there is room.
#[inline]
pub(crate) fn post(
    link: &Link,
    me: Identity,
    patience: Patience,
    packet: Packet,
    bytes: &[u8],
    beside: Beside<'_>,
) -> Result<(), Unsent> {
    loop {
        if !link.has_receivers(me) {
            return Err(Unsent::Disconnected);
        }
        let mut crowded = None;
        let turn = link.ring.sending(me, hindered(patience));
        let refused = turn.is_none();
        if let Some(turn) = turn
            && turn.has_room(packet)
        {
            let sent = match beside {
                Beside::Nothing => Ok(None),
                Beside::Word(word) => Ok(Some(word)),
                Beside::Fds(fds) => {
                    // Only here: to look at the head takes its memory away from the receivers.
                    crowded = Some(link.ring.head());
                    enclose(link, &turn, fds).map(Some)
                }
            };
            match sent {
                Ok(stamp) => {
                    turn.put(packet, stamp, bytes);
                    link.wake(Side::Receive);
                    spin::done(Side::Send);
                    return Ok(());
                }
                // Too many descriptors are on their way.
                Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        let changes = link.ring.roster().changes();
        if let (Beside::Word(_), None) = (beside, crowded)
            && !refused
        {
            match queue::clear(link, me, patience.briefly()) {
                Ok(false) => {}
                Ok(true) => continue,
                Err(Unsent::HeldUp) if patience.lasts() => {
                    clock::nap(HELD_UP);
                    continue;
                }
                Err(unsent) => return Err(unsent),
            }
        }
        let deadline = match patience {
            // For `Until`, for all that time.
            _ if refused => return Err(Unsent::HeldUp),
            Patience::Until(deadline) => deadline,
            // A future would not be woken when there is a place.
            _ if crowded.is_some() && !link.ring.has_message() => return Err(Unsent::HeldUp),
            _ => return Err(Unsent::Full),
        };
        let slice = crowded.map(|_| Instant::now() + CROWDED);
        let until = slice.map_or(deadline, |slice| Some(deadline.map_or(slice, |deadline| deadline.min(slice))));
        let ready = || match (crowded, beside) {
            (Some(head), _) => link.ring.head() != head,
            // A worker that has gone may have left an item that is done and not cleared away.
            (None, Beside::Word(_)) => link.ring.has_room(packet) || link.ring.roster().changes() != changes,
            (None, _) => link.ring.has_room(packet),
        };
        let company = if let Beside::Word(_) = beside { Company::All } else { Company::Others };
        if !link.wait(Side::Send, company, me, until, ready)? && until == deadline {
            return Err(Unsent::Full);
        }
    }
}

/// As [`post`], with descriptors beside the message; `spilled` says that the first is a file of its bytes.
pub(crate) fn post_beside(
    link: &Link,
    me: Identity,
    patience: Patience,
    bytes: &[u8],
    fds: &[BorrowedFd<'_>],
    spilled: bool,
) -> Result<(), Unsent> {
    let packet = Packet { length: bytes.len() as u32, enclosed: true, spilled };
    post(link, me, patience, packet, bytes, Beside::Fds(fds))?;
    // The last receiver may have gone while it was sent, and looked after what it left before this was there.
    inbox::sweep(link, me);
    Ok(())
}

/// Sends the descriptors ahead of their message; the stamp by which it will find them.
///
/// Killed after this, the sender leaves descriptors without a message: see [`inbox::sweep`]. Also whoever receives the next ones,
/// of a higher stamp, throws them away.
fn enclose(link: &Link, turn: &Sending<'_, Mapped>, fds: &[BorrowedFd<'_>]) -> nix::Result<u64> {
    let stamp = turn.stamp();
    let send = || fdpass::send(link.outbox(), &stamp.to_ne_bytes(), fds);
    match send() {
        // It is our turn, so without a message nobody comes for what is there.
        Err(Errno::EAGAIN) if !link.ring.has_message() => {
            inbox::clear(link);
            send()
        }
        sent => sent,
    }?;
    Ok(stamp)
}
