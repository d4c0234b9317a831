//! Do the examples with shared memory print what their heads promise?

use mp_tests::example;

/// What stands between the fences in the head of an example.
fn promised(source: &str) -> String {
    let head =
        source.lines().map_while(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line));
    let lines = head.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn shared_counter_counts_each_and_tells_of_the_saboteur() {
    let outcome = example("shared_counter").run();
    outcome.assert_code(0);
    let promised = promised(include_str!("../../examples/shared_counter.rs"));
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (&*promised, ""));
}

#[test]
fn matrix_is_all_right() {
    let outcome = example("matrix").run();
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (&*promised(include_str!("../../examples/matrix.rs")), ""));
    for (size, processes, blocks) in [("1", "1", 1), ("7", "3", 3), ("5", "9", 5), ("200", "8", 8)] {
        let outcome = example("matrix").args([size, processes]).run();
        outcome.assert_code(0);
        assert_eq!(outcome.stdout, format!("{size} x {size}, {blocks} processes: all right\n"));
    }
}

#[test]
fn matrix_does_the_block_of_a_dead_process_again() {
    let outcome = example("matrix").args(["40", "4", "crash"]).run();
    outcome.assert_code(0);
    let (first, rest) = outcome.stdout.split_once('\n').unwrap();
    assert!(first.starts_with("block 0: process `multiplier` (pid ") && first.contains(" died while it held the lock"));
    assert_eq!(rest, "40 x 40, 4 processes: all right\n");
}
