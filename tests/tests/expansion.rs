//! Is an expansion a program that one could have written?
//!
//! The programs of `expansion` and what they expand to, which `mp-macros` compares with its output, are compiled and run.

#[test]
fn a_program_and_its_expansion_both_run() {
    trybuild::TestCases::new().pass("expansion/*.rs");
}
