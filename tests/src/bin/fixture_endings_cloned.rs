//! `fixture_endings_cloned WAY PLACE`: as `fixture_endings`, but without a word of `pthread_atfork`, so that its processes
//! are made by `clone3`.

use std::env;

use mp_tests::endings::run;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [way, place] = args.as_slice() else { panic!("expected a way and a place, found {args:?}") };
    run(way, place);
}
