//! The lines in a test; and what a person sees of a process that a test has started.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what is printed is to be seen")]

use std::env;

use mp_runtime::{SpawnError, StartMethod};

include!("../lines.rs");

#[process(start = forkserver, unsafe(threads))]
fn stumble(way: String) {
    eprintln!("{way} warns");
    panic!("{way} has stumbled");
}

#[process]
fn answer() -> u32 {
    42
}

/// How `stumble` ends, by each start method.
fn stumbles() -> [String; 3] {
    let end = |way: StartMethod| stumble::process(format!("{way:?}")).start(way).spawn().unwrap().join().unwrap_err();
    [Fork, ForkServer, Exec].map(|way| end(way).to_string())
}

#[test]
fn test_runs_the_lines() {
    mp_tests_anywhere::stop_a_chain();
    println!("the test speaks");
    assert_eq!(shouts(), ["FORK", "FORKSERVER", "EXEC"]);
}

/// It fails where it is asked to.
#[test]
fn test_has_processes_that_panic() {
    mp_tests_anywhere::stop_a_chain();
    println!("the test speaks");
    let ends = stumbles();
    assert!(ends.iter().all(|end| end.contains("has stumbled")));
    assert!(env::var_os("MP_FAIL").is_none(), "{}", ends.join("\n"));
}

/// libtest has threads, unless it was told to have one.
#[test]
fn test_is_told_what_to_do_about_threads() {
    let error: SpawnError = match answer::spawn() {
        Ok(child) => return assert_eq!(child.join().unwrap(), 42),
        Err(error) => error,
    };
    assert!(error.is_threaded() && error.to_string().contains("`#[process(start = forkserver)]`"), "{error}");
}
