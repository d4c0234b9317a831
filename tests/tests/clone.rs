//! Is a process that is made by `clone3` one like any other?
//!
//! `endings::cloned` asks it of the ways to end.

use std::fs;
use std::path::Path;
use std::process::Command;

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) {
    fixture("fixture_clone").arg(name).run().assert_code(0);
}

#[test]
fn plain_program_needs_no_fork() {
    scene("without-fork");
}

#[test]
fn fork_stands_in_where_the_call_is_not_known() {
    scene("without-clone3");
}

#[test]
fn refusal_of_both_is_an_error_of_the_start() {
    scene("without-either");
}

/// Asserts that of `all` processes of this scene `enough` have no more page faults than `bound` in one of 20 starts. Each has its code and stack
/// elsewhere; on a busy machine more is done in a start than on another.
#[track_caller]
fn have_few_page_faults(scene: &str, bound: u32, enough: usize, all: usize) {
    let mut faults: Vec<u32> = Vec::new();
    while faults.iter().filter(|faults| (1..=bound).contains(*faults)).count() < enough {
        assert!(faults.len() < all, "{enough} were to have at most {bound}: {faults:?}");
        let outcome = fixture("fixture_clone").arg(scene).run();
        outcome.assert_code(0);
        faults.push(outcome.stdout.trim().parse().unwrap());
    }
}

/// Whether the fixture is linked by lld, which leaves its name in it.
fn is_linked_by_lld() -> bool {
    let mark = b"Linker: LLD";
    fs::read(mp_tests::built("fixture_clone")).unwrap().windows(mark.len()).any(|bytes| bytes == mark)
}

/// Each takes as long as ten system calls. It is 8, and in code that is not optimised some more. Were std's flush left where std is, it would be
/// 9, but 8 in one process of ten: hence three.
#[test]
fn child_has_few_page_faults() {
    let bound = if cfg!(debug_assertions) {
        36
    } else if is_linked_by_lld() {
        8
    } else {
        10
    };
    have_few_page_faults("page-faults", bound, 3, 10);
}

/// It writes to a page of its own data, to one or two of its stack, to that of the panic hook, and the kernel to one for it: 3 to 5.
#[test]
fn parent_has_few_page_faults() {
    have_few_page_faults("page-faults-of-parent", if cfg!(debug_assertions) { 6 } else { 4 }, 1, 50);
}

/// What reads its order lies in memory already.
#[test]
fn child_of_the_server_has_few_page_faults() {
    have_few_page_faults("page-faults-of-server", if cfg!(debug_assertions) { 40 } else { 12 }, 1, 50);
}

#[test]
fn robust_mutex_of_a_killed_process_tells_so() {
    scene("owner-dies");
}

#[test]
fn robust_mutex_held_by_the_parent_stays_its() {
    scene("owner-lives");
}

#[test]
fn fork_while_another_thread_asks_who_it_is_leaves_nobody_waiting() {
    scene("asked-meanwhile");
}

#[test]
fn fork_handlers_may_ask_who_they_run_in() {
    fixture("fixture_fork_handlers").run().assert_code(0);
}

/// It exports nothing, so its hash table lists nothing; with linkers that leave undefined symbols out of it.
#[test]
fn fork_handlers_of_a_library_that_is_loaded_later_run() {
    const SOURCE: &str = "
        #include <pthread.h>
        #include <unistd.h>
        static void child(void) { _exit(66); }
        __attribute__((constructor)) static void load(void) { pthread_atfork(0, 0, child); }
    ";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, library) = (folder.join("handlers.c"), folder.join("handlers.so"));
    fs::write(&source, SOURCE).unwrap();
    // The linker of every Rust program.
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(built.success());
    fixture("fixture_clone").args(["library", library.to_str().unwrap()]).run().assert_code(0);
}
