//! Processes by name and identity, as they are noted in shared memory.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, compiler_fence};

use crate::sys::identity::{self, Identity};

/// How many processes may take part in one lock. More are told that it is full.
pub(crate) const SEATS: usize = 120;

/// A process as it was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who {
    /// Its identity, and perhaps [`PANICKED`].
    word: u64,
    name: [u64; 2],
}

/// Set in the word of a process that did not die, but panicked.
const PANICKED: u64 = 1 << 63;

impl Who {
    /// The calling process.
    pub(crate) fn me() -> Who {
        static WORD: AtomicU64 = AtomicU64::new(0);
        static NAME: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
        let word = identity::current().raw();
        // A copy that was made by a fork holds another word. Threads that come here at once note the same.
        if WORD.load(Acquire) != word {
            let mut name = [0; 16];
            let read = std::fs::read("/proc/self/comm").unwrap_or_default();
            let read = read.trim_ascii_end();
            let length = read.len().min(name.len());
            name[..length].copy_from_slice(&read[..length]);
            let (words, _) = name.as_chunks::<8>();
            NAME.iter().zip(words).for_each(|(place, word)| place.store(u64::from_ne_bytes(*word), Relaxed));
            WORD.store(word, Release);
        }
        Who { word, name: [NAME[0].load(Relaxed), NAME[1].load(Relaxed)] }
    }

    /// The same, as one that panicked.
    pub(crate) fn panicked(self) -> Who {
        Who { word: self.word | PANICKED, ..self }
    }

    pub(crate) fn has_panicked(self) -> bool {
        self.word & PANICKED != 0
    }

    /// Its process id.
    pub(crate) fn id(self) -> u32 {
        Identity::from_raw(self.word).map_or(0, |identity| identity.id().unsigned_abs())
    }

    /// Up to 15 bytes of its name.
    pub(crate) fn name(self) -> String {
        let bytes: Vec<u8> =
            self.name.iter().flat_map(|word| word.to_ne_bytes()).take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A place in shared memory for a process's name and identity. One process at a time writes to it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Tag {
    /// 0 for nobody.
    word: AtomicU64,
    name: [AtomicU64; 2],
}

impl Tag {
    /// Notes a process: the identity last, so that whoever reads it has the name that goes with it.
    pub(crate) fn set(&self, who: Who) {
        self.clear();
        self.name.iter().zip(who.name).for_each(|(place, word)| place.store(word, Relaxed));
        // What holds for other processes holds for a kill, too: these are stores in this order.
        compiler_fence(Release);
        self.word.store(who.word, Release);
    }

    pub(crate) fn clear(&self) {
        self.word.store(0, Release);
    }

    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        self.word.load(Acquire) != 0
    }

    #[inline]
    pub(crate) fn is(&self, identity: Identity) -> bool {
        self.word.load(Acquire) == identity.raw()
    }

    pub(crate) fn get(&self) -> Option<Who> {
        let word = self.word.load(Acquire);
        (word != 0).then(|| Who { word, name: [self.name[0].load(Acquire), self.name[1].load(Acquire)] })
    }

    /// Whether a process is noted that has ended.
    pub(crate) fn has_ended(&self) -> bool {
        Identity::from_raw(self.word.load(Acquire)).is_some_and(Identity::has_ended)
    }
}
