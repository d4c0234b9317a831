//! What a receiver makes of memory that no sender has written: it stays within the ring, and does not panic.

use crate::shm::cursor::Cursor;
use crate::shm::memory::{Field, Memory, Word};
use crate::shm::packet::Packet;
use crate::shm::ring::{Corrupt, Ring};
use crate::shm::turn::Verdict;

/// Xorshift, with a fixed seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn nonsense_in_the_memory_is_an_error_or_a_message_within_it() {
    const SIZE: usize = 1 << 16;
    let ring = Ring::new(SIZE, 16).expect("there is memory");
    let me = crate::sys::identity::current();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..100_000 {
        let head = random.next();
        // Of half of them the distance makes sense, and of half of those the head of the message.
        let tail = if random.next() & 1 == 0 { random.next() } else { head.wrapping_add(random.next() % 9000) };
        let word = match random.next() & 1 {
            0 => random.next(),
            _ => Packet { length: (random.next() % 70_000) as u32, enclosed: head & 8 == 0, spilled: false }.encode(),
        };
        for (field, value) in [(Field::Head, head), (Field::Tail, tail), (Field::TailSeen, random.next())] {
            ring.memory.field(field).set(value);
        }
        ring.memory.write_word(Cursor::from_raw(head).offset(SIZE), word);
        let turn = ring.receiving(me, |_| Verdict::Enough).expect("nobody has it");
        match turn.front() {
            Ok(Some(front)) => {
                let mut bytes = Vec::new();
                turn.copy(&front, &mut bytes);
                assert!(bytes.len() == front.packet.length as usize && bytes.len() <= SIZE);
                turn.take(front);
                read += 1;
            }
            Ok(None) => {}
            Err(Corrupt) => refused += 1,
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} were read, {refused} refused");
}
