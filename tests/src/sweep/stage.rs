//! The processes of a program that is swept, as its tracer knows them.

use std::collections::HashMap;

/// One process.
#[derive(Debug)]
pub(super) struct Actor {
    /// Its number, in the order of birth.
    pub(super) number: usize,
    /// How many system calls it has begun; of the program, since its mark.
    pub(super) calls: usize,
    /// Whether its calls are counted.
    pub(super) marked: bool,
    /// Whether its first stop has been dealt with.
    pub(super) born: bool,
}

impl Actor {
    /// In the place of the number of calls: no more are looked at.
    pub(super) const DONE: usize = usize::MAX;
}

/// All of them, by process id.
#[derive(Debug, Default)]
pub(super) struct Stage {
    actors: HashMap<i32, Actor>,
    entered: usize,
}

impl Stage {
    /// The process, which may be seen here for the first time.
    pub(super) fn actor(&mut self, pid: i32) -> &mut Actor {
        let entered = &mut self.entered;
        self.actors.entry(pid).or_insert_with(|| {
            let number = *entered;
            *entered += 1;
            Actor { number, calls: 0, marked: number > 0, born: false }
        })
    }

    /// The ids of those that are there.
    pub(super) fn ids(&self) -> impl Iterator<Item = i32> {
        self.actors.keys().copied()
    }

    pub(super) fn leave(&mut self, pid: i32) {
        self.actors.remove(&pid);
    }

    /// How many there have been.
    pub(super) fn count(&self) -> usize {
        self.entered
    }
}
