#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    r#loop: run();
    r#match[1]: run();

    fn main() {
        assert_eq!(r#loop.name(), "loop");
        assert_eq!(r#match[0].name(), "match.0");
    }
}
