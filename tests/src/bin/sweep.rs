//! Kills the programs of `fixture_sweep`, and each of their processes, at each system call; `sweep [FIRST STRIDE]`.
#![allow(clippy::print_stdout, reason = "telling what it found is its job")]

use std::env;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use mp_tests::sweep::{Tally, sweep};

const PROGRAMS: [&str; 8] = ["join", "values", "daemons", "replicas", "stop", "failing", "nested", "at-exit"];

fn main() -> io::Result<ExitCode> {
    let mut numbers = env::args().skip(1).map(|word| word.parse().map_err(io::Error::other));
    let first = numbers.next().transpose()?.unwrap_or(1);
    let stride = numbers.next().transpose()?.unwrap_or(1);
    let own = env::current_exe()?;
    let fixture = own.parent().unwrap_or(Path::new(".")).join("fixture_sweep");
    let mut whole = Tally::default();
    for program in PROGRAMS {
        let begin = Instant::now();
        let tally = sweep(&[fixture.clone().into(), program.into()], first, stride)?;
        println!("{program}: {tally} ({:.1} s)", begin.elapsed().as_secs_f64());
        whole = whole.plus(tally);
    }
    whole.wrong.iter().take(40).for_each(|what| println!("{what}"));
    println!("{whole}");
    Ok(if whole.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
