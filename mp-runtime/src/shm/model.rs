//! Models of the protocols of a ring: every interleaving of a few threads, which stand for processes, is run.
//!
//! The bytes of the ring are cells that must not be accessed by two at once: a model fails when the protocol lets that
//! happen. A process that is killed is a thread that stops and forgets its turn.

use std::mem;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::shm::memory::{Field, Memory, Word};
use crate::shm::packet::Packet;
use crate::shm::ring::Ring;
use crate::shm::roster::Side;
use crate::shm::turn::{Turn, Verdict};
use crate::sys::identity::Identity;

impl Word for AtomicU64 {
    fn get(&self) -> u64 {
        self.load(Ordering::Acquire)
    }

    fn get_own(&self) -> u64 {
        self.load(Ordering::Relaxed)
    }

    fn set(&self, value: u64) {
        self.store(value, Ordering::Release);
    }

    // The model knows sequential consistency of fences only.
    fn announce(&self, value: u64) {
        self.swap(value, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }

    fn look(&self) -> u64 {
        fence(Ordering::SeqCst);
        self.load(Ordering::Acquire)
    }

    fn replace(&self, old: u64, new: u64) -> Result<(), u64> {
        let replaced = self.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
        fence(Ordering::SeqCst);
        replaced.map(drop)
    }

    fn count(&self) -> u64 {
        let before = self.fetch_add(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        before
    }

    fn raise(&self, value: u64) {
        self.fetch_max(value, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }
}

/// Memory of a ring of four words, for the model.
pub(super) struct Cells {
    fields: Vec<AtomicU64>,
    places: [AtomicU64; 2],
    /// The ring's words.
    words: Vec<UnsafeCell<u64>>,
    ledger: AtomicU64,
}

const SIZE: usize = 32;
const FIELDS: [Field; 11] = [
    Field::SendTurn,
    Field::HeadSeen,
    Field::Tail,
    Field::ReceiveTurn,
    Field::TailSeen,
    Field::Head,
    Field::ReceiversAsleep,
    Field::ReceiversWoken,
    Field::Places,
    Field::Changes,
    Field::Serial,
];

// SAFETY: the cells panic when they are accessed by two at once, which is what the models are for.
unsafe impl Sync for Cells {}
// SAFETY: as above.
unsafe impl Send for Cells {}

impl Memory for Cells {
    type Word = AtomicU64;

    fn field(&self, field: Field) -> &AtomicU64 {
        let index = FIELDS.iter().position(|other| *other == field);
        &self.fields[index.expect("the models use these only")]
    }

    fn places(&self) -> &[AtomicU64] {
        &self.places
    }

    fn write(&self, offset: usize, bytes: &[u8]) {
        let word = u64::from_ne_bytes(bytes.try_into().expect("messages of the models are words"));
        self.write_word(offset, word);
    }

    fn read(&self, offset: usize, length: usize, bytes: &mut Vec<u8>) {
        assert_eq!(length, 8);
        bytes.extend(self.read_word(offset).to_ne_bytes());
    }

    fn write_word(&self, offset: usize, word: u64) {
        // SAFETY: loom checks that nobody else accesses it meanwhile.
        self.words[offset % SIZE / 8].with_mut(|cell| unsafe { *cell = word });
    }

    fn read_word(&self, offset: usize) -> u64 {
        // SAFETY: loom checks that nobody writes to it meanwhile.
        self.words[offset % SIZE / 8].with(|cell| unsafe { *cell })
    }

    fn word(&self, _: usize) -> &AtomicU64 {
        &self.ledger
    }
}

/// A ring for two messages of a word.
pub(super) fn ring() -> Arc<Ring<Cells>> {
    let cells = Cells {
        fields: FIELDS.iter().map(|_| AtomicU64::new(0)).collect(),
        places: [(); 2].map(|()| AtomicU64::new(0)),
        words: (0..SIZE / 8).map(|_| UnsafeCell::new(0)).collect(),
        ledger: AtomicU64::new(0),
    };
    Arc::new(Ring::over(cells, SIZE, 2))
}

const PACKET: Packet = Packet { length: 8, enclosed: false, spilled: false };

pub(super) fn process(number: u64) -> Identity {
    Identity::from_raw(number).expect("not 0")
}

fn wait(_: u64) -> Verdict {
    thread::yield_now();
    Verdict::Again
}

/// Puts `number` in; `false` if there is no room.
fn put(ring: &Ring<Cells>, me: u64, number: u64) -> bool {
    let turn = ring.sending(process(me), wait).expect("it waits");
    let room = turn.has_room(PACKET);
    if room {
        turn.put(PACKET, None, &number.to_ne_bytes());
    }
    room
}

fn take(ring: &Ring<Cells>, me: u64) -> Option<u64> {
    let turn = ring.receiving(process(me), wait).expect("it waits");
    let front = turn.front().expect("nothing is corrupt")?;
    let mut bytes = Vec::new();
    turn.copy(&front, &mut bytes);
    turn.take(front);
    Some(u64::from_ne_bytes(bytes.try_into().expect("a word")))
}

#[test]
fn two_senders_and_a_receiver_never_meet_in_a_word_and_nothing_is_lost() {
    loom::model(|| {
        let ring = ring();
        let senders = [1, 2].map(|me| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || assert!(put(&ring, me, me * 10)))
        });
        let mut received: Vec<_> = (0..2).filter_map(|_| take(&ring, 3)).collect();
        senders.into_iter().for_each(|sender| sender.join().expect("it has sent"));
        received.extend(std::iter::from_fn(|| take(&ring, 3)));
        received.sort_unstable();
        assert_eq!(received, [10, 20]);
    });
}

#[test]
fn a_place_is_used_again_only_when_it_has_been_read() {
    loom::model(|| {
        let ring = ring();
        assert!(put(&ring, 1, 1) && put(&ring, 1, 2));
        let sender = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || put(&ring, 1, 3))
        };
        assert_eq!(take(&ring, 2), Some(1));
        let sent = sender.join().expect("it has tried");
        let rest: Vec<_> = std::iter::from_fn(|| take(&ring, 2)).collect();
        assert_eq!(rest, if sent { vec![2, 3] } else { vec![2] });
    });
}

#[test]
fn two_receivers_never_get_the_same_message() {
    loom::model(|| {
        let ring = ring();
        assert!(put(&ring, 1, 1));
        let other = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || take(&ring, 2))
        };
        let got = [take(&ring, 3), other.join().expect("it has tried")];
        assert_eq!(got.iter().flatten().count(), 1);
    });
}

#[test]
fn a_receiver_that_falls_asleep_is_woken() {
    loom::model(|| {
        let (ring, event) = (ring(), Arc::new(Notify::new()));
        let sender = {
            let (ring, event) = (Arc::clone(&ring), Arc::clone(&event));
            thread::spawn(move || {
                assert!(put(&ring, 1, 7));
                ring.wake(Side::Receive, || event.notify());
            })
        };
        loop {
            ring.fall_asleep(Side::Receive);
            if ring.has_message() {
                break;
            }
            // Without a signal this waits for ever, and the model says so. It may also wake for nothing.
            event.wait();
        }
        assert_eq!(take(&ring, 2), Some(7));
        sender.join().expect("it has sent");
    });
}

#[test]
fn a_turn_of_the_dead_is_taken_over_by_one_at_a_time() {
    loom::model(|| {
        let word = Arc::new(AtomicU64::new(9));
        let inside = Arc::new(AtomicUsize::new(0));
        let heirs = [1, 2].map(|me| {
            let (word, inside) = (Arc::clone(&word), Arc::clone(&inside));
            thread::spawn(move || {
                let judge = |holder| if holder == 9 { Verdict::Ended } else { wait(holder) };
                let _turn = Turn::take(&*word, me, judge).expect("it waits");
                assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                inside.fetch_sub(1, Ordering::Relaxed);
            })
        });
        heirs.into_iter().for_each(|heir| heir.join().expect("it had its turn"));
        assert_eq!(word.load(Ordering::Relaxed), 0);
    });
}

/// A sender is killed in its turn, before it has sent or after; what it has sent is received, and so is what the next sends.
fn killed_in_its_turn(after: bool) {
    loom::model(move || {
        let (ring, dead) = (ring(), Arc::new(AtomicBool::new(false)));
        let victim = {
            let (ring, dead) = (Arc::clone(&ring), Arc::clone(&dead));
            thread::spawn(move || {
                let turn = ring.sending(process(1), wait).expect("it waits");
                if after {
                    turn.put(PACKET, None, &10_u64.to_ne_bytes());
                    // Killed before the turn is given back: that store never came.
                    ring.memory.field(Field::SendTurn).set(1);
                } else {
                    ring.memory.write_word(0, 99);
                    mem::forget(turn);
                }
                dead.store(true, Ordering::Release);
            })
        };
        let judge = |holder| match dead.load(Ordering::Acquire) {
            true if holder == 1 => Verdict::Ended,
            _ => wait(holder),
        };
        victim.join().expect("it is dead");
        let turn = ring.sending(process(2), judge).expect("it takes over");
        turn.put(PACKET, None, &20_u64.to_ne_bytes());
        let received: Vec<_> = std::iter::from_fn(|| take(&ring, 3)).collect();
        assert_eq!(received, if after { vec![10, 20] } else { vec![20] });
    });
}

#[test]
fn a_sender_killed_before_it_has_sent_leaves_nothing() {
    killed_in_its_turn(false);
}

#[test]
fn a_sender_killed_after_it_has_sent_leaves_its_message() {
    killed_in_its_turn(true);
}
