#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process(start = forkserver)]
fn double(number: u32) -> u32 {
    2 * number
}

const READY: usize = 2;

mp_main! {
    #![parked = READY, require(lifeline)]
    first: double(21);

    fn main() {
        assert_eq!(first.join().unwrap(), 42);
    }
}
