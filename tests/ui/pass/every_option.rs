#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn plain() {}

#[process()]
fn empty() {}

#[process(name = "a name of its own")]
fn named() {}

#[process(name = r"raw",)]
fn trailing_comma() {}

#[process(daemon)]
fn daemon() {}

#[process(unsafe(threads))]
fn threads() {}

#[process(crate = ::mp_runtime)]
fn with_crate() -> u32 {
    1
}

#[process(name = "all", daemon, unsafe(threads), crate = ::mp_runtime)]
fn all() -> Result<u32, &'static str> {
    Ok(1)
}

#[process(
    stdin = null,
    stdout = piped,
    stderr = inherit,
    env(MP_A = "a", MP_B = String::from("b")),
    current_dir = "/",
    nice = 19,
    grace = "250ms",
    stop_signal = SIGUSR1,
    affinity = [0],
    oom_score = 500,
    limit(open_files = 64, core_size = 0),
    seed = 7
)]
fn settings() {
    assert_eq!(std::env::var("MP_B").as_deref(), Ok("b"));
    assert_eq!(mp_runtime::current().seed(), 7);
}

#[process(start = exec)]
fn executed(words: Vec<String>, (a, _): (u32, u32)) -> Result<usize, String> {
    assert_eq!(a, 1);
    Ok(words.len())
}

#[process(start = forkserver, name = "served", nice = 1)]
fn served() -> ! {
    std::process::exit(0)
}

#[process(start = fork, daemon)]
fn forked(text: String) {
    drop(text);
}

mp_main! {
    #![crate = ::mp_runtime]
    plain();
    empty();
    named();
    trailing_comma();
    daemon();
    threads();
    with_crate();
    all();
    settings();
    executed(vec!["a".to_owned()], (1, 2));
    served();
    forked(String::new());

    fn main() {
        assert!(served.join().is_err());
    }
}
