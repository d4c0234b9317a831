//! The channels that this process knows.

use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};
use std::thread;

use crate::ipc::inbox;
use crate::ipc::link::Link;
use crate::shm::roster::Side;
use crate::sys::identity::Identity;

static LINKS: Mutex<Vec<Weak<Link>>> = Mutex::new(Vec::new());

/// Notes a channel, of which this process has an end.
pub(crate) fn add(link: &Arc<Link>) {
    if let Some(mut links) = links() {
        if links.len() == links.capacity() {
            links.retain(|link| link.strong_count() > 0);
        }
        links.push(Arc::downgrade(link));
    }
}

/// Looks after the messages with ends in them that are lost with the receivers of a channel, in each that this process knows:
/// whoever waits for one of these ends cannot tell which channel it is in.
#[cold]
pub(crate) fn sweep(me: Identity) {
    let links: Vec<_> = links().iter().flat_map(|links| links.iter().filter_map(Weak::upgrade)).collect();
    for link in links.iter().filter(|link| link.ring.has_stamped()) {
        // Buries receivers that have died, of which perhaps nobody has taken notice.
        let _ = link.is_alive(Side::Receive, me);
        inbox::sweep(link, me);
    }
}

/// `None` when another thread had the list at the fork that this process came from: then it has none, for good.
fn links() -> Option<MutexGuard<'static, Vec<Weak<Link>>>> {
    for _ in 0..PATIENCE {
        match LINKS.try_lock() {
            Ok(links) => return Some(links),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    None
}

/// Another thread has it for less time than this takes.
const PATIENCE: u32 = 1000;
