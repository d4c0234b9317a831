//! Is the expansion of an `async` function a program that one could have written? As `expansion` of `mp-tests`.

#[test]
fn a_program_and_its_expansion_both_run() {
    trybuild::TestCases::new().pass("expansion/*.rs");
}
