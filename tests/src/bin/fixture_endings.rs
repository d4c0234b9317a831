//! `fixture_endings WAY PLACE`: starts the process that ends in that way, from that place; prints what its parent is
//! told, and then that the rest of main has run, and where.
//!
//! It imports `pthread_atfork`, so that its processes are made by the C library's `fork`.

use std::env;

use mp_tests::endings::{run, sys};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [way, place] = args.as_slice() else { panic!("expected a way and a place, found {args:?}") };
    if way == "never_begins" {
        sys::kill_children_at_birth();
    }
    run(way, place);
}
