//! Starts processes from the threads of rayon: each input is parsed in a process of its own, so that one that crashes its
//! parser costs that input only.
//!
//! A program with threads cannot be forked; its processes come from the fork server. Prints a line for each input, in order.
use mp_runtime::{ExitKind, SpawnError, process};
use rayon::prelude::*;

/// A parser that one had better not trust.
#[process(start = forkserver)]
fn parse(text: String) -> Result<i64, std::num::ParseIntError> {
    if text == "crash" {
        std::process::abort();
    }
    text.parse()
}

/// What became of one input.
fn describe(text: &str) -> Result<String, SpawnError> {
    Ok(match parse::spawn(text.to_owned())?.join() {
        Ok(number) => format!("{text}: {number}"),
        Err(error) => match error.exit().map(|exit| exit.kind()) {
            Some(ExitKind::Failed(why)) => format!("{text}: no number, {why}"),
            Some(ExitKind::Signaled { signal, .. }) => format!("{text}: its parser was killed by signal {signal}"),
            _ => error.to_string(),
        },
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inputs = ["1", "-20", "lucky", "300", "crash", "4000", "", "50000"];
    let lines: Result<Vec<_>, _> = inputs.par_iter().map(|text| describe(text)).collect();
    lines?.iter().for_each(|line| println!("{line}"));
    Ok(())
}
