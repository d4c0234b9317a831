//! What a pool and one of its workers share.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ipc::link::Link;
use crate::ipc::{parcel, reason};
use crate::pool::desk::DRAFT;
use crate::pool::lane::{MESSAGES, ROOM};
use crate::pool::terms::Terms;
use crate::shm::draft::Draft;

/// What a pool and one of its workers share: made before the start, and inherited by a fork, or sent as an argument.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) tasks: Arc<Link>,
    pub(crate) results: Arc<Link>,
    pub(crate) draft: Arc<Draft>,
    pub(crate) terms: Terms,
}

/// What is written of it: the number of its first descriptor, and the terms.
type Written = (u32, Option<u64>, Option<Duration>);

impl Shared {
    pub(crate) fn new(terms: Terms) -> nix::Result<Shared> {
        let link = || Link::new(ROOM, MESSAGES).map(Arc::new);
        Ok(Shared { tasks: link()?, results: link()?, draft: Arc::new(Draft::new(DRAFT)?), terms })
    }

    /// Copies of its descriptors: those of each lane, and the draft's.
    fn fds(&self) -> Result<Vec<OwnedFd>, std::io::Error> {
        let mut fds = Vec::with_capacity(2 * Link::FDS + 1);
        for link in [&self.tasks, &self.results] {
            fds.extend(link.fds(link.ring.file().try_clone_to_owned()?)?);
        }
        fds.push(self.draft.file().try_clone_to_owned()?);
        Ok(fds)
    }
}

impl Serialize for Shared {
    /// The ends of the lanes do not travel: both sides know who is to have which.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let first = parcel::enclose::<S::Error>(self.fds().map_err(reason::refuse)?, None)?;
        let written: Written = (first, self.terms.growth, self.terms.idle);
        written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (first, growth, idle) = Written::deserialize(from)?;
        let tasks = link::<D::Error>(first)?;
        let results = link::<D::Error>(first.saturating_add(Link::FDS as u32))?;
        let [draft] = row::<1, D::Error>(first.saturating_add(2 * Link::FDS as u32))?;
        let draft = Arc::new(Draft::open(draft).map_err(reason::refuse_to_read)?);
        Ok(Shared { tasks, results, draft, terms: Terms { growth, idle } })
    }
}

fn link<E: de::Error>(first: u32) -> Result<Arc<Link>, E> {
    Link::open(row(first)?).map(Arc::new).map_err(reason::refuse_to_read)
}

fn row<const COUNT: usize, E: de::Error>(first: u32) -> Result<[OwnedFd; COUNT], E> {
    parcel::take_row(first).ok_or_else(|| reason::refuse_to_read("a lane came without its descriptors"))
}
