//! Who holds the ends of a channel: one place for each end, a word that names its process and its side.
//!
//! A place is taken, handed over and given up by replacing exactly the word that was there. A process that is killed leaves
//! its name, and whoever finds out that it has ended clears it: no other process has that name, so this is right
//! whenever it happens.

use crate::shm::memory::{Field, Memory, PLACES, Word};
use crate::sys::identity::Identity;

/// The two sides of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Send,
    Receive,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::Send => Side::Receive,
            Side::Receive => Side::Send,
        }
    }
}

/// The place of one end. It goes with the end when that moves to another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    index: usize,
    side: Side,
    /// Tells it from earlier and later uses of the same index, but for one that is a multiple of 32 768 ends younger.
    serial: u16,
}

const USED: u64 = 1 << 63;
/// Instead of a name: the end is in a message that nobody has received.
const TRAVELS: u64 = 1 << 62;
const SERIAL: u32 = 47;
const SERIALS: u64 = (1 << 15) - 1;
const SIDE: u32 = Identity::BITS;

impl Place {
    /// It as a word, which is not 0.
    pub(crate) fn to_word(self) -> u64 {
        USED | u64::from(self.serial) << SERIAL | u64::from(self.side == Side::Receive) << SIDE | self.index as u64
    }

    /// The place in a word of [`Place::to_word`]; `None` for 0.
    pub(crate) fn from_word(word: u64) -> Option<Place> {
        let side = if word >> SIDE & 1 == 0 { Side::Send } else { Side::Receive };
        let index = (word & ((1 << SIDE) - 1)) as usize;
        (word != 0).then_some(Place { index, side, serial: (word >> SERIAL & SERIALS) as u16 })
    }

    pub(crate) fn side(self) -> Side {
        self.side
    }

    /// Whether there is such a place: a word from another process can be any.
    pub(crate) fn is_within(self) -> bool {
        self.index < PLACES
    }

    pub(crate) fn index(self) -> usize {
        self.index
    }

    /// What the word is while the end travels.
    fn travelling(self) -> u64 {
        TRAVELS | (self.to_word() & !((1 << SIDE) - 1))
    }

    /// What the word is while the end belongs to `who`.
    fn of(self, who: Identity) -> u64 {
        USED | u64::from(self.serial) << SERIAL | u64::from(self.side == Side::Receive) << SIDE | who.raw()
    }
}

/// Whose end a word is, and of which side.
fn holder(word: u64) -> Option<(Side, Identity)> {
    let side = if word >> SIDE & 1 == 0 { Side::Send } else { Side::Receive };
    if word & USED == 0 { None } else { Some((side, Identity::from_raw(word)?)) }
}

/// The ends of a side, by the [words](Roster::words) of all.
fn ends(words: impl Iterator<Item = u64>, side: Side) -> impl Iterator<Item = Entry> {
    words.enumerate().filter_map(move |(index, word)| {
        if word & TRAVELS == 0 {
            return holder(word).filter(|(of, _)| *of == side).map(|(_, who)| Entry::Held(who));
        }
        let place = Place { index, ..Place::from_word(word)? };
        (place.side == side).then_some(Entry::Travels(place))
    })
}

/// Who holds ends of a side, by the [words](Roster::words) of all; a process once for each.
pub(crate) fn holders(words: impl Iterator<Item = u64>, side: Side) -> impl Iterator<Item = Identity> {
    ends(words, side).filter_map(|end| if let Entry::Held(who) = end { Some(who) } else { None })
}

/// So often the roster may change while it is looked through.
const MOST_CHANGES: u32 = 100;

/// An end, as the roster has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Held(Identity),
    /// In a message that nobody has received.
    Travels(Place),
}

/// The roster in the memory of a ring.
#[derive(Debug)]
pub(crate) struct Roster<'a, M>(pub(crate) &'a M);

impl<'a, M: Memory> Roster<'a, M> {
    /// Takes a place for an end of `who`; `None` when all are taken.
    pub(crate) fn take(&self, side: Side, who: Identity) -> Option<Place> {
        let serial = (self.0.field(Field::Serial).count() & SERIALS) as u16;
        for (index, word) in self.0.places().iter().enumerate() {
            if word.get() != 0 {
                continue;
            }
            let place = Place { index, side, serial };
            // First, so that whoever goes through the places does not stop short of a used one.
            self.0.field(Field::Places).raise(index as u64 + 1);
            if word.replace(0, place.of(who)).is_ok() {
                self.changed();
                return Some(place);
            }
        }
        None
    }

    /// Whether the end at `place` belongs to `who`.
    pub(crate) fn belongs(&self, place: Place, who: Identity) -> bool {
        self.0.places()[place.index].get() == place.of(who)
    }

    /// Hands the end at `place` over, if it is `from`'s; whether it was.
    pub(crate) fn hand_over(&self, place: Place, from: Identity, to: Identity) -> bool {
        let handed = self.0.places()[place.index].replace(place.of(from), place.of(to)).is_ok();
        self.changed();
        handed
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

    /// Clears all ends of a process that has ended.
    pub(crate) fn bury(&self, who: Identity) {
        for word in self.used() {
            let value = word.get();
            if holder(value).is_some_and(|(_, holder)| holder == who) {
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
