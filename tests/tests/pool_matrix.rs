//! However a worker comes to grief, at whatever stage of a task: is that told of this task, and no other?

use std::time::Duration;

use mp_tests::fixture;

#[track_caller]
fn case(how: &str, stage: &str, expected: &str) {
    for chunk in ["1", "6"] {
        let outcome = fixture("fixture_pool_matrix").args([how, stage, chunk]).deadline(Duration::from_secs(10)).run();
        outcome.assert_code(0);
        assert_eq!(outcome.stdout, format!("ok\nok\nok\n3 {expected}\nok\nok\n"), "chunk {chunk}");
    }
}

#[test]
fn panic_is_told_with_its_stage() {
    case("panic", "decode", "panicked Reading out of luck");
    case("panic", "body", "panicked Running out of luck");
    case("panic", "encode", "panicked Writing out of luck");
}

#[test]
fn exit_is_told_with_its_stage() {
    case("exit", "decode", "exited 7 Reading");
    case("exit", "body", "exited 7 Running");
    case("exit", "encode", "exited 7 Writing");
}

#[test]
fn abort_is_told_with_its_stage() {
    case("abort", "decode", "signal 6 Reading");
    case("abort", "body", "signal 6 Running");
    case("abort", "encode", "signal 6 Writing");
}

#[test]
fn crash_is_told_with_its_stage() {
    case("segv", "decode", "signal 11 Reading");
    case("segv", "body", "signal 11 Running");
    case("segv", "encode", "signal 11 Writing");
}

#[test]
fn error_of_the_codec_is_told_in_its_words() {
    case("error", "decode", "Unreadable(\"Serde Deserialization Error\")");
    case("error", "encode", "Unwritable(\"Serde Serialization Error\")");
}
