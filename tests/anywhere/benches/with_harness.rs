//! The lines in a benchmark that libtest runs: `cargo test` runs its tests, and `cargo bench` none of them.
#![allow(clippy::print_stdout, reason = "the lines print")]

include!("../lines.rs");

#[test]
fn benchmark_runs_the_lines() {
    mp_tests_anywhere::stop_a_chain();
    assert_eq!(shouts(), ["FORK", "FORKSERVER", "EXEC"]);
}
