//! Do the examples of channels print what their heads promise?

use mp_tests::{Outcome, example};

#[track_caller]
fn lines(outcome: &Outcome) -> Vec<&str> {
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    outcome.stdout.lines().collect()
}

#[test]
fn pipeline_adds_up_and_waits_when_it_is_full() {
    let outcome = example("pipeline").run();
    let expected = ["the sum of the squares from 1 to 10000 is 333383335000", "never more than 8 ahead: true"];
    assert_eq!(lines(&outcome), expected);
}

#[test]
fn chat_lets_everybody_hear_everybody() {
    let outcome = example("chat").run();
    let mut lines = lines(&outcome);
    let (said, heard) = lines.split_at_mut(3);
    said.sort_unstable();
    assert_eq!(said, ["ada: hello, I am ada", "bob: hello, I am bob", "eve: hello, I am eve"]);
    assert_eq!(heard, ["ada", "bob", "eve"].map(|name| format!("{name} has heard 2 others")));
}
