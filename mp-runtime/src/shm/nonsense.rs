//! What a receiver makes of memory that no sender has written: it stays within the ring, and does not panic.

use crate::shm::cursor::Cursor;
use crate::shm::memory::{Field, Mapped, Memory, Word};
use crate::shm::ring::{Corrupt, Ring};
use crate::shm::turn::Verdict;
use crate::sys::identity;

/// Receives from a ring whose head, tail, and tail that was seen are the first three words of `image`, and whose content at
/// the head is the rest: as a channel, and then as a queue does. How many messages there were.
pub(crate) fn receive(ring: &Ring<Mapped>, image: &[u8]) -> Result<usize, Corrupt> {
    let (words, content) = image.as_chunks().0.split_at_checked(3).ok_or(Corrupt)?;
    let words = [words[0], words[1], words[2]].map(u64::from_le_bytes);
    let me = identity::current();
    let lay_out = || {
        for (field, word) in [Field::Head, Field::Tail, Field::TailSeen].into_iter().zip(words) {
            ring.memory.field(field).set(word);
        }
        let at = Cursor::from_raw(words[0]).offset(ring.size);
        ring.memory.write(at, &vec![0; ring.size]);
        ring.memory.write(at, &content.as_flattened()[..(content.len() * 8).min(ring.size)]);
        ring.receiving(me, |_| Verdict::Enough).ok_or(Corrupt)
    };

    let turn = lay_out()?;
    let mut count = 0;
    while let Some(front) = turn.front()? {
        let mut bytes = Vec::new();
        turn.copy(&front, &mut bytes);
        assert!(bytes.len() == front.packet.length as usize && bytes.len() <= ring.size);
        turn.take(front);
        count += 1;
    }
    drop(turn);

    let turn = lay_out()?;
    let mut taken = Vec::new();
    while let Some(item) = turn.take_one(me, |_| true, &mut Vec::new())? {
        taken.push(item);
        assert!(taken.len() <= ring.size / 8, "an item was taken twice");
    }
    for (number, item) in taken.into_iter().enumerate() {
        if number % 2 == 0 {
            ring.finish(item)
        } else {
            ring.give_back(item)
        }
        assert!(item.attempt() >= 1);
    }
    turn.clear()?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shm::packet::Packet;

    #[test]
    fn nonsense_in_the_memory_is_an_error_or_a_message_within_it() {
        const SIZE: usize = 1 << 16;
        let ring = Ring::new(SIZE, 16).expect("there is memory");
        let me = identity::current();
        let mut random = fastrand::Rng::with_seed(7);
        let (mut read, mut refused) = (0, 0);
        for _ in 0..100_000 {
            let head = random.u64(..);
            // Of half of them the distance makes sense, and of half of those the head of the message.
            let tail = if random.u64(..) & 1 == 0 { random.u64(..) } else { head.wrapping_add(random.u64(..) % 9000) };
            let word = match random.u64(..) & 1 {
                0 => random.u64(..),
                _ => Packet { length: (random.u64(..) % 70_000) as u32, enclosed: head & 8 == 0, spilled: false }
                    .encode(),
            };
            for (field, value) in [(Field::Head, head), (Field::Tail, tail), (Field::TailSeen, random.u64(..))] {
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
}
