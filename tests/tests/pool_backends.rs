//! Is a pool without processes the same pool, but for what its docs except?

use mp_tests::{example, fixture};

const BACKENDS: [&str; 2] = ["threads", "sequential"];

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str, backends: &[&str]) {
    for backend in backends {
        fixture("fixture_pool_backends").args([name, *backend]).run().assert_code(0);
    }
}

/// A scene of pools at large, in an environment that asks for each backend.
#[track_caller]
fn same(program: &str, name: &str) {
    for backend in BACKENDS {
        fixture(program).arg(name).env("MP_POOL_BACKEND", backend).run().assert_code(0);
    }
}

#[test]
fn maps_are_the_same() {
    same("fixture_pool", "maps");
    same("fixture_pool", "together");
    same("fixture_pool", "large");
}

#[test]
fn input_is_read_no_further() {
    same("fixture_pool", "exact-cap");
    same("fixture_pool", "infinite");
}

#[test]
fn panic_of_the_input_is_the_callers() {
    same("fixture_pool", "input-panics");
}

#[test]
fn tasks_are_the_same() {
    same("fixture_pool_tasks", "submit");
    same("fixture_pool_tasks", "foreign");
}

#[test]
fn state_is_made_anew_after_a_panic() {
    same("fixture_pool_failures", "state");
}

#[test]
fn pool_in_a_pool_works() {
    same("fixture_pool", "nested");
}

#[test]
fn example_draws_the_same_image() {
    let image = |backend: &str| {
        let path = std::env::temp_dir().join(format!("backend-{backend}-{}.png", std::process::id()));
        example("mandelbrot").arg(&path).args(["30", "20"]).env("MP_POOL_BACKEND", backend).run().assert_code(0);
        let image = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        image
    };
    assert!(image("processes") == image("sequential"));
}

#[test]
fn function_runs_in_this_process() {
    scene("here", &BACKENDS);
}

#[test]
fn panic_is_told_with_its_place() {
    scene("panics", &BACKENDS);
}

#[test]
fn what_threads_may_not_share_runs_sequentially() {
    scene("unshared", &BACKENDS);
}

#[test]
fn initialiser_that_panics_is_an_error() {
    scene("init-fails", &BACKENDS);
}

#[test]
fn nothing_runs_before_somebody_waits() {
    scene("lazy", &["sequential"]);
}

#[test]
fn task_that_a_thread_has_begun_is_not_cancelled() {
    scene("cancel", &["threads"]);
}

#[test]
fn pool_that_ends_now_leaves_its_threads_to_themselves() {
    scene("ends", &["threads"]);
}

#[test]
fn processes_are_started_beside_a_pool_without_threads() {
    scene("beside", &BACKENDS);
}

#[test]
fn environment_that_asks_for_nonsense_is_refused() {
    fixture("fixture_pool_backends").arg("nonsense").env("MP_POOL_BACKEND", "fibers").run().assert_code(0);
}
