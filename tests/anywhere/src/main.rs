//! The lines in a binary.
#![allow(clippy::print_stdout, reason = "the lines print")]

include!("../lines.rs");

fn main() {
    mp_tests_anywhere::stop_a_chain();
    println!("{:?}", shouts());
}
