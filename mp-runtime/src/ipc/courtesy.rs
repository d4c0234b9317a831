//! Giving way once, before a thread sleeps that sends and receives in turns.
//!
//! The kernel mostly wakes a process on the core of who wakes it. There it waits until that one sleeps, and when it answers it
//! has to wake that one in its turn. Who gives way instead finds the answer when it comes back, and has not slept; and who gives
//! way after an answer lets the other go on before it goes to sleep. Two on one core that exchange a message now and then take
//! 1.1 times as long as a pipe with this, and 1.35 times without (by hand; the benchmark `channel` shows the first). If the peer
//! was woken on another core, it is a system call in vain, a small part of what the waking there takes.
//!
//! But whoever gives way comes back only when all others on its core have had their turn, and where these do not stop by
//! themselves, that takes milliseconds; a thread that is woken is let in at once. So after each time that it took long, whatever
//! came of it, a thread does not give way for some waits, and for twice as many the next time; one fewer after each time that it
//! was short.

use std::time::Duration;

use crate::ipc::habit::LONG;

/// For how many waits it is left out after it has taken long, at first and at most.
const LEAST: u32 = 64;
const MOST: u32 = 1 << 13;

/// Whether a thread gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Courtesy {
    /// For so many waits it does not.
    left_out: u32,
    /// For how many it will not the next time that it took long.
    next: u32,
}

impl Courtesy {
    pub(super) const NEW: Courtesy = Courtesy { left_out: 0, next: LEAST };

    /// Whether to give way in this wait. Asked once for each.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.left_out == 0;
        self.left_out = self.left_out.saturating_sub(1);
        due
    }

    /// Notes that it was given way, which took so long.
    pub(super) fn note(&mut self, took: Duration) {
        if took <= LONG {
            self.next = LEAST.max(self.next - 1);
        } else {
            *self = Courtesy { left_out: self.next, next: MOST.min(2 * self.next) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In how many of so many waits a thread gives way, and how many of these are late, if one of so many is.
    fn given_way(waits: u32, one_of: u32) -> (u32, u32) {
        let (mut courtesy, mut given, mut late) = (Courtesy::NEW, 0, 0);
        for _ in 0..waits {
            if courtesy.is_due() {
                given += 1;
                let is_late = given % one_of == 0;
                late += u32::from(is_late);
                courtesy.note(if is_late { 30 * LONG } else { LONG });
            }
        }
        (given, late)
    }

    #[test]
    fn who_comes_back_soon_gives_way_each_time_and_who_comes_back_late_seldom() {
        assert_eq!(given_way(1_000_000, u32::MAX), (1_000_000, 0));
        // Also one that is late now and then.
        for one_of in [1, 3, 10, 30] {
            let (_, late) = given_way(1_000_000, one_of);
            assert!((100..150).contains(&late), "{late} of one in {one_of}");
        }
    }

    #[test]
    fn one_that_was_late_by_chance_costs_little() {
        let (given, late) = given_way(1_000_000, 100_000);
        assert!(late == 9 && given + late * LEAST == 1_000_000, "{given}, {late}");
    }
}
