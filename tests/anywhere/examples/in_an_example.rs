//! The lines in an example.
#![allow(clippy::print_stdout, reason = "the lines print")]

include!("../lines.rs");

fn main() {
    mp_tests_anywhere::stop_a_chain();
    println!("{:?}", shouts());
}
