#![deny(warnings)]
#![forbid(unsafe_code)]

use mp_runtime::{mp_main, process};

#[process(unsafe(threads))]
fn run(text: &str) -> Result<usize, String> {
    Ok(text.len())
}

mp_main! {
    run("text");
    worker[2]: run("text");
}
