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
    /// Tells it from earlier and later uses of the same index.
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

    /// Gives the end at `place` up, if it still travels.
    pub(crate) fn strand(&self, place: Place) {
        // Fails if it has arrived, or somebody else has done this.
        let _ = self.0.places()[place.index].replace(place.travelling(), 0);
        self.changed();
    }

    /// The places of the ends of this side that travel.
    pub(crate) fn travellers(&self, side: Side) -> impl Iterator<Item = Place> + use<'a, M> {
        self.used().iter().enumerate().filter_map(move |(index, word)| {
            let word = word.look();
            let place = Place { index, ..Place::from_word(word)? };
            (word & TRAVELS != 0 && place.side == side).then_some(place)
        })
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
        self.used().iter().filter_map(move |word| {
            let (of, who) = holder(word.look())?;
            (of == side).then_some(who)
        })
    }

    /// Changes when an end has been taken, handed over or given up. Not always: see [`Field::Changes`].
    #[inline]
    pub(crate) fn changes(&self) -> u64 {
        self.0.field(Field::Changes).get()
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
