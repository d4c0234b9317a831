//! What does start + join of an empty process cost, compared with raw `fork` + `waitpid` and with the peers?
//!
//! `cargo bench -p benches --bench spawn [-- --check]`; with `--check` a missed bar is a failure.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Duration;

use benches::bar::Bar;
use benches::python::Python;
use benches::sample::{Plan, Series, interleave, timed};
use benches::starts::{contender, find, tabulate, verdict};
use benches::{machine, raw};
use mp_runtime::process;

const OURS: &str = "mp-runtime";
/// What a program with much memory would choose.
const BY_SERVER: &str = "mp-runtime, forkserver";
const RAW: &str = "raw fork + waitpid";
const LOOKED_FOR: &str = "raw, waited for awake";
const SAFETY_CALLS: &str = "raw, with safety calls";
const MEM_ISOLATE: &str = "mem-isolate";
const PROCESS_FUN: &str = "process-fun + reaping";
const PROCESS_FUN_UNREAPED: &str = "process-fun, unreaped";
const PROCSPAWN: &str = "procspawn";
const PYTHON: &str = "python multiprocessing";
/// Those that a bar compares us with: a join is over when the child is, so `PROCESS_FUN_UNREAPED` does not join.
const PEERS: [&str; 4] = [MEM_ISOLATE, PROCESS_FUN, PROCSPAWN, PYTHON];

const HEAP: usize = 64 << 20;
/// Enough for who takes part in every fourth to have the 20 samples that `Series::ratio_to` wants.
const ROUNDS: usize = 160;

const NOTES: &str = "\
waited for awake: raw, but the wait looks for the end by turns, as ours does for a moment; what that gains depends on whether parent and
child are on one core (nothing) or two (a fifth), which the kernel decides: it puts most of these on one
with safety calls: raw, by the bare system calls that a safe start makes, waited for asleep: what ours has in excess of it is ours
ratio: median over the rounds of (this / raw fork); in brackets where it lies with 95 %, by blocks of rounds
process-fun's `wait` returns when the value has arrived: the child still runs, and stays a zombie for ever. We reap it:
outside of the measured time (unreaped: the crate as it is, but no join), and within (a join; our bar takes this one)
python forks an interpreter of its own, with the same additional heap, and measures itself
";

fn main() -> ExitCode {
    // A procspawn child is this program again and must not get past this line.
    procspawn::init();

    println!("{}", machine::describe());
    let mut bars = Vec::new();

    let plan = Plan { warm_up: 20, rounds: ROUNDS, time: Duration::from_secs(12), in_a_row: 10 };
    bars.extend(compare("small parent, ten starts in a row", 0, plan));
    let plan = Plan { in_a_row: 1, time: Duration::from_secs(8), ..plan };
    bars.extend(compare("small parent, single starts between others", 0, plan));

    let heap = black_box(vec![1_u8; HEAP]);
    let plan = Plan { warm_up: 5, ..plan };
    bars.extend(compare("64 MiB parent, single starts between others", HEAP, plan));
    drop(black_box(heap));

    print!("\n{NOTES}\n");
    for bar in &bars {
        println!("{bar}");
    }
    verdict(&bars)
}

/// Measures everybody, prints the table and returns our bars.
fn compare(title: &str, heap: usize, plan: Plan) -> Vec<Bar> {
    println!("\n{title}: {:.1} MiB resident", machine::resident_mib());
    let mut python = Python::start(heap);
    match &python {
        Ok(python) => println!("python {}", python.version()),
        Err(error) => println!("without python: {error}"),
    }

    let mut contenders = vec![
        contender(RAW, 1, || timed(raw::fork_and_wait).1),
        contender(LOOKED_FOR, 1, || timed(raw::fork_and_look).1),
        contender(SAFETY_CALLS, 1, || timed(raw::fork_with_safety_calls_and_wait).1),
        contender(OURS, 1, ours),
        contender("std Command, /bin/true", 1, std_command),
        contender(MEM_ISOLATE, 1, mem_isolate),
        contender(PROCESS_FUN, 1, || timed(|| raw::reap(process_fun())).1),
        contender(PROCESS_FUN_UNREAPED, 1, process_fun_unreaped),
        contender(PROCSPAWN, 4, procspawn),
    ];
    // Not before: beside a server, a fork has more to let go of.
    if heap > 0 {
        contenders.push(contender(BY_SERVER, 1, by_server));
    }
    if let Ok(python) = &mut python {
        let measure = || python.start_and_join().expect("python starts and joins a process");
        contenders.push(contender(PYTHON, 4, measure));
    }
    let series = interleave(&mut contenders, plan);
    // All of them fork from here: a thread left behind would make that unsound, and `mp-runtime` refuse.
    assert_eq!(machine::threads(), 1, "a contender left a thread behind");

    print!("{}", tabulate(&series, RAW, "x raw fork"));
    bars(title, heap, &series)
}

fn bars(title: &str, heap: usize, series: &[Series]) -> Vec<Bar> {
    let by_fork = find(series, OURS).expect("we take part");
    let raw = find(series, RAW).expect("raw takes part");
    let mut bars = vec![Bar {
        claim: format!("{title}: start + join at most 1.25 x raw fork"),
        measured: by_fork.ratio_to(raw),
        limit: 1.25,
    }];
    // Beside much memory, each of the two ways that a user has.
    let ours = if heap > 0 { &[OURS, BY_SERVER][..] } else { &[OURS] };
    bars.extend(ours.iter().map(|name| {
        let ours = find(series, name).expect("we take part");
        let (peer, to_fastest) = PEERS
            .iter()
            .filter_map(|peer| find(series, peer))
            .map(|peer| (peer.name, ours.ratio_to(peer)))
            .max_by(|a, b| a.1.median.total_cmp(&b.1.median))
            .expect("a peer takes part");
        let claim = format!("{title}: {name}, start + join less than every peer (fastest: {peer})");
        Bar { claim, measured: to_fastest, limit: 1.0 }
    }));
    bars
}

#[process]
fn empty() {}

fn ours() -> Duration {
    timed(|| empty::spawn().expect("`empty` starts").join().expect("`empty` returns")).1
}

#[process(start = forkserver)]
fn empty_by_server() {}

fn by_server() -> Duration {
    timed(|| empty_by_server::spawn().expect("it starts").join().expect("it returns")).1
}

fn std_command() -> Duration {
    timed(|| Command::new("/bin/true").status().expect("/bin/true runs")).1
}

fn mem_isolate() -> Duration {
    timed(|| mem_isolate::execute_in_isolated_process(|| ()).expect("mem-isolate runs")).1
}

fn procspawn() -> Duration {
    timed(|| procspawn::spawn((), |()| ()).join().expect("procspawn joins")).1
}

mod declared {
    #![expect(unexpected_cfgs, reason = "of what process-fun's macro puts here")]

    #[process_fun::process]
    fn nothing() {}
}

fn process_fun_unreaped() -> Duration {
    let (zombie, time) = timed(process_fun);
    raw::reap(zombie);
    time
}

/// Returns the pid of the zombie that process-fun leaves behind.
fn process_fun() -> i32 {
    let mut child = declared::nothing_process().expect("process-fun starts");
    child.wait().expect("process-fun waits");
    // Its pid is private, but its `Display` is "Process(pid=123)".
    let shown = child.to_string();
    let pid = shown.trim_matches(|c: char| !c.is_ascii_digit());
    pid.parse().expect("process-fun shows its pid")
}
