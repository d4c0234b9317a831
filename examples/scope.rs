//! Checksums a buffer of 256 MiB that it only borrows, in as many processes as there are cpus.
//!
//! Each process has the buffer from its parent by copy-on-write: nothing of it is sent, and, as nobody writes to it, nothing
//! is copied. Prints the sum that the processes came to, and that of one pass alone.
use std::thread::available_parallelism;

use mp_runtime::{Builder, scope};

/// Bytes of the buffer.
const SIZE: usize = 256 << 20;

/// FNV-1a over the words of a block, the blocks added up: so a buffer can be summed in parts.
fn checksum(words: &[u64]) -> u64 {
    let of_block = |block: &[u64]| {
        block.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3))
    };
    words.chunks(BLOCK).map(of_block).fold(0, u64::wrapping_add)
}

/// Words in a block.
const BLOCK: usize = 512;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let buffer: Vec<u64> = (0..SIZE as u64 / 8).collect();
    let parts = available_parallelism()?.get();
    let part = buffer.len().div_ceil(parts).next_multiple_of(BLOCK);

    let sum = scope(|scope| {
        let parts = buffer.chunks(part).enumerate().map(|(index, words)| {
            // `words` is borrowed from `buffer`: the scope ends before it does.
            scope.start(Builder::closure(|| checksum(words)).name(format!("part.{index}")))
        });
        let parts: Vec<_> = parts.collect::<Result<_, _>>()?;
        parts
            .into_iter()
            .try_fold(0, |sum: u64, part| Ok::<_, Box<dyn std::error::Error>>(sum.wrapping_add(part.join()?)))
    })?;

    println!("{sum:016x} by {parts} processes");
    println!("{:016x} by one", checksum(&buffer));
    Ok(())
}
