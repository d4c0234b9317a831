//! Is a process what its settings say, before its function begins?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(word: &str) {
    let outcome = fixture("fixture_settings").arg(word).run();
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""));
}

#[test]
fn environment_and_directory_are_its_own() {
    scene("environment");
}

#[test]
fn limits_and_place_among_the_processors_are_its_own() {
    scene("limits");
}

#[test]
fn setting_that_fails_is_named_with_its_error() {
    scene("refusals");
}

#[test]
fn piped_streams_end_with_their_process() {
    scene("pipes");
}

#[test]
fn streams_may_be_files_or_nothing() {
    scene("files");
}

#[test]
fn seeds_differ_between_siblings_and_are_the_same_below_one_that_is_given() {
    scene("seeds");
}
