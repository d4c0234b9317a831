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
    looking: Looking,
}

/// Whether one looks for the end of a child by turns of `sched_yield` and `waitid`, the first of which is a `waitid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looking {
    No,
    /// It is in the first look.
    Begins,
    /// It has looked.
    Begun,
    /// It is in a call that is one more turn.
    Inside,
    /// It has taken such a turn.
    Between,
}

impl Actor {
    /// In the place of the number of calls: no more are looked at.
    pub(super) const DONE: usize = usize::MAX;

    /// Whether the system call that it begins, or with `None` ends, is one of those turns behind the first. They do not count: there are as many
    /// as there is time for, in each run others.
    pub(super) fn looks_again(&mut self, entered: Option<(u64, [u64; 6])>) -> bool {
        let yields = |(number, _): (u64, [u64; 6])| number == libc::SYS_sched_yield as u64;
        let looks = |(number, given): (u64, [u64; 6])| {
            let options = given[3] as i32 & (libc::WNOHANG | libc::WNOWAIT);
            number == libc::SYS_waitid as u64 && options == libc::WNOHANG
        };
        let before = self.looking;
        self.looking = match (before, entered) {
            (Looking::Begins, None) => Looking::Begun,
            (Looking::Inside, None) => Looking::Between,
            (Looking::Begun | Looking::Between, Some(call)) if yields(call) => Looking::Inside,
            (Looking::Between, Some(call)) if looks(call) => Looking::Inside,
            (_, Some(call)) if looks(call) => Looking::Begins,
            _ => Looking::No,
        };
        let call = if entered.is_some() { self.looking } else { before };
        call == Looking::Inside
    }
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
            Actor { number, calls: 0, marked: number > 0, born: false, looking: Looking::No }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_behind_the_first_look_do_not_count_and_what_is_beside_them_does() {
        let call = |number: i64, options: i32| Some((number as u64, [0, 0, 0, options as u64, 0, 0]));
        let look = call(libc::SYS_waitid, libc::WEXITED | libc::WNOHANG);
        let wait = call(libc::SYS_waitid, libc::WEXITED | libc::WNOWAIT);
        let ask = call(libc::SYS_waitid, libc::WEXITED | libc::WNOWAIT | libc::WNOHANG);
        let give_way = call(libc::SYS_sched_yield, 0);
        let mut stage = Stage::default();
        let mut counted = |calls: &[Option<(u64, [u64; 6])>]| -> Vec<bool> {
            calls.iter().map(|call| [*call, None].map(|stop| !stage.actor(1).looks_again(stop)) == [true; 2]).collect()
        };
        let turns = [look, give_way, look, give_way, look, wait, look];
        assert_eq!(counted(&turns), [true, false, false, false, false, true, true]);
        // Who gives way for another reason, or asks and takes nothing.
        assert_eq!(counted(&[wait, give_way, look, wait]), [true; 4]);
        assert_eq!(counted(&[look, give_way, ask, give_way]), [true, false, true, true]);
    }
}
