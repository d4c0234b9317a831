//! The sweep over programs of peers: a report, with nothing to pass.

use std::process::ExitCode;

use crate::binaries::{build, run};

/// Starts and joins three processes, as `benches/examples/peers.rs` does.
const PYTHON: &str = "
import multiprocessing, os, time
context = multiprocessing.get_context('fork')
processes = [context.Process(target=time.sleep, args=(0.4,)) for _ in range(3)]
try:
    os.getsid(0x5eedfa)
except OSError:
    pass
for process in processes:
    process.start()
for process in processes:
    process.join()
";

/// Kills each peer's program at every fifth of its system calls, and prints who is left.
pub(crate) fn report() -> ExitCode {
    if !build(&["-p", "benches", "--example", "peers"]) {
        return ExitCode::FAILURE;
    }
    for peer in ["mp-runtime", "process-fun", "procspawn"] {
        println!("{peer}:");
        run("sweep", &["kills", "5", "target/debug/examples/peers", peer]);
    }
    println!("python multiprocessing (fork):");
    run("sweep", &["kills", "5", "python3", "-c", PYTHON])
}
