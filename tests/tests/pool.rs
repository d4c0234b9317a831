//! Does a pool give each item its value, or say exactly what became of it?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    fixture("fixture_pool").args(words).run().assert_code(0);
}

#[test]
fn maps_give_each_value_in_its_place_for_any_chunk() {
    scene(&["maps"]);
}

#[test]
fn maps_of_one_pool_may_be_interleaved() {
    scene(&["together"]);
}

#[test]
fn no_more_input_is_pulled_than_the_cap_allows() {
    scene(&["exact-cap"]);
}

#[test]
fn infinite_input_is_read_as_far_as_it_is_needed() {
    scene(&["infinite"]);
}

#[test]
fn panic_of_the_input_is_the_callers_and_the_pool_goes_on() {
    scene(&["input-panics"]);
}

#[test]
fn values_of_any_size_pass() {
    scene(&["large"]);
}

#[test]
fn par_map_inherits_its_data() {
    scene(&["par-map"]);
}

#[test]
fn pool_in_a_pool_works() {
    scene(&["nested"]);
}

#[test]
fn task_gives_out_tasks_and_outlives_the_worker_of_one() {
    scene(&["gives-out"]);
}

#[test]
fn progress_is_told_now_and_then_and_at_the_end() {
    scene(&["progress"]);
}
