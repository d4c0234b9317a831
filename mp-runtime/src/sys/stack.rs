//! Where on the stack a call is made.
//!
//! A forked child copies each page that it writes to: 2 % of a start. What it writes to on the stack, from the body of the process down to
//! the frame of the user's function, takes 1.4 KB if the body is small, and where the kernel puts the stack is another place in each run:
//! so it would lie in two pages in one run of three.
//!
//! Where it goes down the parent writes to a page of stack more, in as many runs as [`ROOM`] is of a page: another 2 %. So what lies between
//! `Builder::spawn` and the user's function has small frames; what is done before the fork, and what only some starts do, is in functions
//! that have returned by then.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;

/// The smallest page there is. Where they are larger, what lies in one of these lies in one of those.
const PAGE: usize = 4096;
/// What they take, in optimised code (by the stack pointers of its functions), and a tenth as much again. If they outgrow it, a start takes
/// a page more in some runs.
const ROOM: usize = 1536;
/// How far to go down at a time.
const STEP: usize = 512;

/// Makes `call`, which begins a frame of its own, where there are [`ROOM`] bytes of one page for its frames. It captures no more than
/// references: what is captured is in the way of each step down.
pub(crate) fn in_one_page<F: FnOnce() -> R, R>(call: F) -> R {
    const { assert!(size_of::<F>() <= 2 * size_of::<usize>(), "what is captured takes up the steps") };
    go_down(call, PAGE / STEP)
}

/// Makes `call` here, or after at most so many steps.
#[inline]
fn go_down<R>(call: impl FnOnce() -> R, steps: usize) -> R {
    if left_in_page() < ROOM && steps > 0 { further_down(call, steps - 1) } else { call() }
}

/// How much of the page is left below the caller's frame.
#[inline(never)]
fn left_in_page() -> usize {
    let here = 0_u8;
    ptr::from_ref(black_box(&here)).addr() % PAGE
}

/// Looks again a step further down; nothing is written to what lies between.
#[inline(never)]
fn further_down<R>(call: impl FnOnce() -> R, steps: usize) -> R {
    let between = MaybeUninit::<[u8; STEP]>::uninit();
    let result = go_down(call, steps);
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
