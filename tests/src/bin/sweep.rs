//! Kills the programs of `fixture_sweep`, and each of their processes, at each system call: `sweep [FIRST STRIDE [GROUP]]`.
//! Or lets each system call of a start fail in each documented way: `sweep failures [FIRST STRIDE]`. Or kills any program at its calls and
//! only counts who is left: `sweep kills STRIDE PROGRAM ARGS..`.
#![allow(clippy::print_stdout, reason = "telling what it found is its job")]

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use mp_tests::sweep::{Tally, failures, kills, sweep};

/// What is swept, in groups.
const GROUPS: [(&str, &[&str]); 2] = [
    (
        "processes",
        &[
            "join", "values", "daemons", "replicas", "stop", "failing", "nested", "at-exit", "served", "executed",
            "parked", "isolated",
        ],
    ),
    ("pools", &["pool", "pool-served"]),
];

/// Which start fails, by which method, and in which process beside the program.
const FAILURES: [(&str, &str, usize); 6] = [
    ("first", "fork", 1),
    ("later", "fork", 2),
    ("first", "forkserver", 1),
    ("later", "forkserver", 1),
    ("first", "exec", 1),
    ("later", "exec", 2),
];

fn main() -> io::Result<ExitCode> {
    let own = env::current_exe()?;
    let folder = own.parent().unwrap_or(Path::new("."));
    if env::args().nth(1).as_deref() == Some("failures") {
        let [first, stride] = places(2)?;
        return fail(folder, first, stride);
    }
    if env::args().nth(1).as_deref() == Some("kills") {
        let command: Vec<_> = env::args_os().skip(3).collect();
        let stride = env::args().nth(2).and_then(|word| word.parse().ok()).unwrap_or(1);
        println!("{}", kills(&command, stride)?);
        return Ok(ExitCode::SUCCESS);
    }
    let [first, stride] = places(1)?;
    let fixture = folder.join("fixture_sweep");
    let mut whole = Tally::default();
    let only = env::args().nth(3);
    let groups = GROUPS.into_iter().filter(|(group, _)| only.as_ref().is_none_or(|only| only == group));
    for program in groups.flat_map(|(_, programs)| programs) {
        let begin = Instant::now();
        let tally = sweep(&[fixture.clone().into(), program.into()], first, stride)?;
        println!("{program}: {tally} ({:.1} s)", begin.elapsed().as_secs_f64());
        whole = whole.plus(tally);
    }
    whole.wrong.iter().take(40).for_each(|what| println!("{what}"));
    println!("{whole}");
    Ok(if whole.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Which places: the first, and of how many each time one. All, if there is no word `at` that argument.
fn places(at: usize) -> io::Result<[usize; 2]> {
    let number = |at| env::args().nth(at).map_or(Ok(1), |word| word.parse().map_err(io::Error::other));
    Ok([number(at)?, number(at + 1)?])
}

/// Lets the system calls of a start fail.
fn fail(folder: &Path, first: usize, stride: usize) -> io::Result<ExitCode> {
    let fixture = folder.join("fixture_errors");
    let mut whole = Tally::default();
    for (program, method, child) in FAILURES {
        // Cargo names many folders, in each of which the loader of an image would look for each library.
        let loader = ["env", "-u", "LD_LIBRARY_PATH"].map(OsString::from);
        let words = [fixture.clone().into(), program.into(), method.into()];
        let tally = failures(&[&loader[..], &words].concat(), child, first, stride)?;
        println!("{program} {method}: {tally}");
        whole = whole.plus(tally);
    }
    whole.wrong.iter().take(40).for_each(|what| println!("{what}"));
    println!("{whole}");
    Ok(if whole.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
