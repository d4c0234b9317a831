//! Who holds the ends of a channel: one place for each end, a word that names its process and its side.
//!
//! A place is taken, handed over and given up by replacing exactly the word that was there. A process that is killed leaves
//! its name, and whoever finds out that it has ended clears it: no other process has that name, so this is right
//! whenever it happens.

use crate::shm::memory::{Field, Memory, Word};
pub(crate) use crate::shm::place::{Entry, Place, Side, holders};
use crate::shm::place::{SERIALS, ends};
use crate::sys::identity::Identity;

/// So often the roster may change while it is looked through.
const MOST_CHANGES: u32 = 100;

/// The roster in the memory of a ring.
#[derive(Debug)]
pub(crate) struct Roster<'a, M>(pub(crate) &'a M);

impl<'a, M: Memory> Roster<'a, M> {
    /// Takes a place for an end of `who`; `None` when all are taken.
    pub(crate) fn take(&self, side: Side, who: Identity) -> Option<Place> {
        let serial = (self.0.field(Field::Serial).count() & SERIALS) as u16;
        let place = Place { index: 0, side, serial };
        let index = self.occupy(place.of(who))?;
        self.changed();
        Some(Place { index, ..place })
    }

    /// Puts `value` where there is nothing, and says where.
    fn occupy(&self, value: u64) -> Option<usize> {
        for (index, word) in self.0.places().iter().enumerate() {
            if word.get() != 0 {
                continue;
            }
            // First, so that whoever goes through the places does not stop short of a used one.
            self.0.field(Field::Places).raise(index as u64 + 1);
            if word.replace(0, value).is_ok() {
                return Some(index);
            }
        }
        None
    }

    /// Whether the end at `place` belongs to `who`.
    pub(crate) fn belongs(&self, place: Place, who: Identity) -> bool {
        self.0.places()[place.index].look() == place.of(who)
    }

    /// Hands the end at `place` over, if it is `from`'s; whether it was. One that `to` has [declined](Roster::decline) is given up.
    pub(crate) fn hand_over(&self, place: Place, from: Identity, to: Identity) -> bool {
        let handed = self.0.places()[place.index].replace(place.of(from), place.of(to)).is_ok();
        self.give_up_declined(place, to);
        self.changed();
        handed
    }

    /// Has the end at `place` given up as soon as it is `who`'s: that has no use for it. `who` calls it.
    ///
    /// Who declines leaves a word and then looks whether the end is its; who hands over stores whose the end is and then
    /// looks for that word. So one of them sees the other's, and who takes the word away gives the end up. Killed between the two,
    /// who hands over leaves the end to `who` until that ends. Without room for a word it is the same.
    pub(crate) fn decline(&self, place: Place, who: Identity) {
        if self.occupy(place.declined_by(who)).is_some() && self.belongs(place, who) {
            self.give_up_declined(place, who);
        }
    }

    fn give_up_declined(&self, place: Place, who: Identity) {
        let declined = place.declined_by(who);
        if self.used().iter().any(|word| word.look() == declined && word.replace(declined, 0).is_ok()) {
            self.give_up(place, who);
        }
    }

    /// Gives the end at `place` up, if it is `who`'s.
    pub(crate) fn give_up(&self, place: Place, who: Identity) {
        // Fails only when somebody has found that `who` has ended.
        let _ = self.0.places()[place.index].replace(place.of(who), 0);
        self.changed();
    }

    /// Notes that the end at `place` of `who` travels.
    pub(crate) fn depart(&self, place: Place, who: Identity) {
        // Fails only when somebody has found that `who` has ended.
        let _ = self.0.places()[place.index].replace(place.of(who), place.travelling());
        self.changed();
    }

    /// Gives the end at `place`, which travels, to `who`; `false` if it does not.
    pub(crate) fn arrive(&self, place: Place, who: Identity) -> bool {
        let arrived = self.0.places()[place.index].replace(place.travelling(), place.of(who)).is_ok();
        self.changed();
        arrived
    }

    /// Gives the end at `place` up, if it still travels; `false` if it has arrived, or somebody else has done this.
    pub(crate) fn strand(&self, place: Place) -> bool {
        let stranded = self.0.places()[place.index].replace(place.travelling(), 0).is_ok();
        self.changed();
        stranded
    }

    /// The words of all ends, each read once: an end that arrives meanwhile is seen in one state or the other.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + use<'a, M> {
        self.used().iter().map(Word::look)
    }

    /// The ends of this side.
    pub(crate) fn ends(&self, side: Side) -> impl Iterator<Item = Entry> + use<'a, M> {
        ends(self.words(), side)
    }

    /// Clears all ends of a process that has ended, and what it has declined.
    pub(crate) fn bury(&self, who: Identity) {
        for word in self.used() {
            let value = word.get();
            if Identity::from_raw(value) == Some(who) {
                // Fails if another process has done it.
                let _ = word.replace(value, 0);
            }
        }
        self.changed();
    }

    /// Who holds ends of this side; a process once for each.
    pub(crate) fn holders(&self, side: Side) -> impl Iterator<Item = Identity> + use<'a, M> {
        holders(self.words(), side)
    }

    /// Whether there is an end of this side that somebody holds, or that travels and `may_arrive`.
    ///
    /// That there is none is said only if nothing has changed while the words were read: an end may have been cloned to a
    /// place that was read already, and dropped from one that was not.
    pub(crate) fn is_attended(&self, side: Side, mut may_arrive: impl FnMut(Place) -> bool) -> bool {
        for _ in 0..MOST_CHANGES {
            let changes = self.changes();
            let attends = |end| match end {
                Entry::Held(_) => true,
                Entry::Travels(place) => may_arrive(place),
            };
            if self.ends(side).any(attends) {
                return true;
            }
            if self.changes() == changes {
                return false;
            }
        }
        true // it was, a moment ago: who makes the last change wakes those who sleep for lack of news
    }

    /// Whether there are ends of this side, and all of them travel.
    pub(crate) fn only_travel(&self, side: Side) -> bool {
        let mut ends = self.ends(side).peekable();
        ends.peek().is_some() && ends.all(|end| matches!(end, Entry::Travels(_)))
    }

    /// Changes when an end has been taken, handed over or given up. Not always: see [`Field::Changes`].
    #[inline]
    pub(crate) fn changes(&self) -> u64 {
        self.0.field(Field::Changes).look()
    }

    fn used(&self) -> &'a [M::Word] {
        let places = self.0.places();
        let used = self.0.field(Field::Places).look() as usize;
        &places[..used.min(places.len())]
    }

    fn changed(&self) {
        self.0.field(Field::Changes).count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::memory::Mapped;
    use crate::sys::identity;

    #[test]
    fn an_end_that_is_declined_is_given_up_whoever_comes_first() {
        let (memory, child) = (Mapped::new(1 << 16, 1).expect("pages are to be had"), identity::current());
        let roster = Roster(&memory);
        let parent = Identity::from_raw(child.raw() + 1).expect("it is not 0");
        for declined_first in [true, false] {
            let place = roster.take(Side::Send, parent).expect("there are places");
            let decline = || {
                roster.decline(place, child);
                assert!(declined_first == roster.holders(Side::Send).eq([parent]));
            };
            if declined_first {
                decline();
            }
            assert!(roster.hand_over(place, parent, child));
            if !declined_first {
                assert!(roster.holders(Side::Send).eq([child]));
                decline();
            }
            assert!(roster.words().all(|word| word == 0) && !roster.is_attended(Side::Send, |_| true));
        }
    }

    #[test]
    fn what_is_declined_and_never_handed_over_stays_its_owners_and_goes_with_who_declined() {
        let (memory, child) = (Mapped::new(1 << 16, 1).expect("pages are to be had"), identity::current());
        let roster = Roster(&memory);
        let parent = Identity::from_raw(child.raw() + 1).expect("it is not 0");
        let place = roster.take(Side::Send, parent).expect("there are places");
        roster.decline(place, child);
        roster.bury(child);
        assert!(roster.words().filter(|word| *word != 0).count() == 1 && roster.belongs(place, parent));
        let another = Identity::from_raw(child.raw() + 2).expect("it is not 0");
        roster.decline(place, another);
        assert!(roster.hand_over(place, parent, child) && roster.belongs(place, child));
    }

    #[test]
    fn an_end_that_is_cloned_behind_the_look_and_dropped_before_it_is_seen() {
        let (memory, me) = (Mapped::new(1 << 16, 1).expect("pages are to be had"), identity::current());
        let roster = Roster(&memory);
        let [behind, travelling, before] = [(); 3].map(|()| roster.take(Side::Send, me).expect("there are places"));
        roster.give_up(behind, me);
        roster.depart(travelling, me);
        let mut looks = 0;
        let attended = roster.is_attended(Side::Send, |_| {
            looks += 1;
            if looks == 1 {
                assert_eq!(roster.take(Side::Send, me).map(Place::index), Some(behind.index()));
                roster.give_up(before, me);
            }
            false
        });
        assert!(attended);
    }

    #[test]
    fn a_side_without_ends_is_not_attended() {
        let (memory, me) = (Mapped::new(1 << 16, 1).expect("pages are to be had"), identity::current());
        let roster = Roster(&memory);
        let place = roster.take(Side::Send, me).expect("there are places");
        assert!(roster.is_attended(Side::Send, |_| false) && !roster.is_attended(Side::Receive, |_| true));
        roster.depart(place, me);
        assert!(roster.is_attended(Side::Send, |_| true) && !roster.is_attended(Side::Send, |_| false));
        roster.give_up(place, me);
        assert!(roster.strand(place) && !roster.is_attended(Side::Send, |_| true));
    }
}
