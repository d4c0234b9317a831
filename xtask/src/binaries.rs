//! Programs of the tests, built and run by cargo.

use std::process::{Command, ExitCode};

fn cargo(words: &[&str]) -> std::io::Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Ok(Command::new(cargo).args(words).status()?.success())
}

/// Builds what `words` say; whether that went well.
pub(crate) fn build(words: &[&str]) -> bool {
    told(cargo(&[&["build", "--quiet"], words].concat()))
}

/// Runs a binary of the tests, which are built first, fixtures included.
pub(crate) fn run(binary: &str, words: &[&str]) -> ExitCode {
    let command = [&["run", "--quiet", "-p", "mp-tests", "--bin", binary, "--"], words].concat();
    match build(&["-p", "mp-tests", "--bins"]) && told(cargo(&command)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn told(ran: std::io::Result<bool>) -> bool {
    ran.unwrap_or_else(|error| {
        eprintln!("cannot run cargo: {error}");
        false
    })
}
