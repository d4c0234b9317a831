#![allow(warnings)]

use mp_runtime::{mp_main, process};

mp_main! {
    #[process]
    fn run() {}
}
