//! The place of one end in the roster of a channel, and the words that can be there.

use crate::shm::memory::PLACES;
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
    pub(super) index: usize,
    pub(super) side: Side,
    /// Tells it from earlier and later uses of the same index, but for one that is a multiple of 32 768 ends younger.
    pub(super) serial: u16,
}

const USED: u64 = 1 << 63;
/// Instead of a name: the end is in a message that nobody has received.
const TRAVELS: u64 = 1 << 62;
const SERIAL: u32 = 47;
pub(super) const SERIALS: u64 = (1 << 15) - 1;
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
    pub(super) fn travelling(self) -> u64 {
        TRAVELS | (self.to_word() & !((1 << SIDE) - 1))
    }

    /// What the word is while the end belongs to `who`.
    pub(super) fn of(self, who: Identity) -> u64 {
        USED | u64::from(self.serial) << SERIAL | u64::from(self.side == Side::Receive) << SIDE | who.raw()
    }

    /// The word, of no place, by which `who` says that it does not want the end: see [`Roster::decline`].
    pub(super) fn declined_by(self, who: Identity) -> u64 {
        self.of(who) & !USED
    }
}

/// Whose end a word is, and of which side.
fn holder(word: u64) -> Option<(Side, Identity)> {
    let side = if word >> SIDE & 1 == 0 { Side::Send } else { Side::Receive };
    if word & USED == 0 { None } else { Some((side, Identity::from_raw(word)?)) }
}

/// The ends of a side, by the [words](Roster::words) of all.
pub(super) fn ends(words: impl Iterator<Item = u64>, side: Side) -> impl Iterator<Item = Entry> {
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

/// An end, as the roster has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Held(Identity),
    /// In a message that nobody has received.
    Travels(Place),
}
