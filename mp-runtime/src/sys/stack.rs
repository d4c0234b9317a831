//! Where on the stack a call is made.
//!
//! A forked child copies each page that it writes to: 2 % of a start. What it writes to on the stack, from the body of the process down to
//! the frame of the user's function, takes 2.5 KB, and where the kernel puts the stack is another place in each run: so it would lie in two
//! pages in six runs of ten.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;

/// The smallest page there is. Where they are larger, what lies in one of these lies in one of those.
const PAGE: usize = 4096;
/// What they take, and a fifth as much again.
const ROOM: usize = 3072;
/// How far to go down at a time.
const STEP: usize = 512;

/// Makes `call`, which begins a frame of its own, where there are [`ROOM`] bytes of one page for its frames.
pub(crate) fn in_one_page<R>(call: impl FnOnce() -> R) -> R {
    if left_in_page() < ROOM { further_down(call) } else { call() }
}

/// How much of the page is left below the caller's frame.
#[inline(never)]
fn left_in_page() -> usize {
    let here = 0_u8;
    ptr::from_ref(black_box(&here)).addr() % PAGE
}

/// Looks again a step further down; nothing is written to what lies between.
#[inline(never)]
fn further_down<R>(call: impl FnOnce() -> R) -> R {
    let between = MaybeUninit::<[u8; STEP]>::uninit();
    let result = in_one_page(call);
    black_box(&between);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(never)]
    fn from_depth(depth: usize) -> usize {
        let frame = black_box([0_u8; 100]);
        let left = if depth == 0 { in_one_page(left_in_page) } else { from_depth(depth - 1) };
        black_box(&frame);
        left
    }

    #[test]
    fn there_is_room_wherever_it_is_called_from() {
        const FRAME: usize = 256; // of `in_one_page` itself, in a debug build
        let left: Vec<usize> = (0..100).map(from_depth).collect();
        assert!(left.iter().all(|left| *left >= ROOM - FRAME), "{left:?}");
    }
}
