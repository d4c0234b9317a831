//! What does start + join of an empty process cost by each start method, in a small parent and in a big one? And how long is it
//! until the body runs, with processes parked?
//!
//! `cargo bench -p benches --bench start_methods [-- --check]`; with `--check` a missed bar is a failure.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Duration;

use benches::bar::Bar;
use benches::python::Python;
use benches::sample::{Plan, Series, interleave, timed};
use benches::starts::{contender, find, tabulate, verdict};
use benches::yardstick::Yardstick;
use benches::{machine, raw};
use mp_runtime::{StartMethod, fork_server, process};

const FORK: &str = "fork";
const SERVER: &str = "forkserver";
const PARKED: &str = "forkserver, 2 parked";
const EXEC: &str = "exec";
/// Times until the first line of the function.
const BODY: &str = "until the body runs: forkserver, 2 parked";
const RAW_BODY: &str = "until the body runs: raw fork";
const RAW: &str = "raw fork + waitpid";
const SMALL: &str = "the same, of a small process";
const TRUE: &str = "posix_spawn of /bin/true + wait";
/// The floor under a start by `exec`: an executable of this size, linked with the same libraries, that does nothing.
const ITSELF: &str = "posix_spawn of this program, which ends at once";
const PROCSPAWN: &str = "procspawn";
/// Made of the program as it was at its start; a process is ended by SIGKILL, for it has no other end.
const ZYGOTE: &str = "zygote: spawn, run, drop";
const PYTHON: [(&str, &str); 3] =
    [("fork", "python, fork"), ("forkserver", "python, forkserver"), ("spawn", "python, spawn")];

/// Enough for who takes part in every fourth to have the 20 samples that `Series::ratio_to` wants.
const ROUNDS: usize = 80;

/// In the environment of this program when it is to end at once.
const NOTHING: &str = "MP_BENCHES_NOTHING";

fn main() -> ExitCode {
    if env::var_os(NOTHING).is_some() {
        return ExitCode::SUCCESS;
    }
    // A procspawn child is this program again and must not get past this line.
    procspawn::init();
    if Yardstick::serve() {
        return ExitCode::SUCCESS;
    }
    zygote::Zygote::init();
    println!("{}", machine::describe());
    let mut bars = Vec::new();
    for (title, heap) in [("16 MiB parent", 16 << 20), ("1 GiB parent", 1 << 30)] {
        let heap = black_box(vec![1_u8; heap]);
        let plan = Plan { warm_up: 2, rounds: ROUNDS, time: Duration::from_secs(5), in_a_row: 3 };
        let series = compare(title, heap.len(), plan);
        bars.extend(judge(title, heap.len(), &series));
        drop(black_box(heap));
    }
    println!();
    for bar in &bars {
        println!("{bar}");
    }
    verdict(&bars)
}

/// Measures everybody and prints the table.
fn compare(title: &str, heap: usize, plan: Plan) -> Vec<Series> {
    println!("\n{title}: {:.1} MiB resident", machine::resident_mib());
    let mut nothing = Command::new(env::current_exe().expect("procfs is there"));
    nothing.env(NOTHING, "");
    let mut small = Yardstick::start().expect("this program starts once more");
    let mut contenders = vec![
        contender(RAW, 1, || timed(raw::fork_and_wait).1),
        contender(SMALL, 1, || small.measure().expect("the small process answers")),
        contender(TRUE, 1, || timed(|| Command::new("/bin/true").status().expect("/bin/true runs")).1),
        contender(ITSELF, 1, || timed(|| nothing.status().expect("this program runs")).1),
        contender(FORK, 1, || ours(StartMethod::Fork)),
        contender(SERVER, 1, || ours(StartMethod::ForkServer)),
        contender(PARKED, 1, || parked(ours)),
        contender(BODY, 1, || parked(|method| until_body(now(), method))),
        contender(RAW_BODY, 1, raw::until_child_runs),
        contender(EXEC, 1, || ours(StartMethod::Exec)),
        contender(PROCSPAWN, 2, || timed(|| procspawn::spawn((), |()| ()).join().expect("procspawn joins")).1),
    ];
    contenders.push(contender(ZYGOTE, 1, || timed(|| zygote::Zygote::global().spawn().run(|()| (), ())).1));
    for (method, name) in PYTHON {
        match Python::by(method, heap) {
            Ok(mut python) => contenders
                .push(contender(name, 4, move || python.start_and_join().expect("python starts and joins a process"))),
            Err(error) => println!("without {name}: {error}"),
        }
    }
    let series = interleave(&mut contenders, plan);
    print!("{}", tabulate(&series, SMALL, "x raw fork of a small process"));
    series
}

fn judge(title: &str, heap: usize, series: &[Series]) -> Vec<Bar> {
    let find = |name| find(series, name).expect("it takes part");
    let ratio = |one, to| find(one).ratio_to(find(to));
    let bar = |claim: &str, measured, limit| Bar { claim: format!("{title}: {claim}"), measured, limit };
    let mut bars = vec![
        bar("forkserver at most 1.5 x raw fork of a small process", ratio(SERVER, SMALL), 1.5),
        bar("until the body runs, of the parked at most raw fork", ratio(BODY, RAW_BODY), 1.0),
        bar("exec at most 1.5 x posix_spawn of /bin/true", ratio(EXEC, TRUE), 1.5),
    ];
    if heap >= 1 << 30 {
        bars.push(bar("forkserver at most 1/200 of raw fork", ratio(SERVER, RAW), 1.0 / 200.0));
        bars.push(bar("forkserver, 2 parked, at most 1/200 of raw fork", ratio(PARKED, RAW), 1.0 / 200.0));
    }
    bars
}

#[process(start = forkserver)]
fn empty() {}

/// When it runs.
#[process(start = forkserver)]
fn stamp() -> u64 {
    now()
}

/// The monotonic clock, which all processes share, in ns.
fn now() -> u64 {
    raw::now().as_nanos() as u64
}

/// Has two processes parked, lets them come to rest, measures, and dismisses them.
fn parked(measure: impl FnOnce(StartMethod) -> Duration) -> Duration {
    fork_server().parked(2).start().expect("the server runs");
    raw::pause_a_millisecond();
    let time = measure(StartMethod::ForkServer);
    fork_server().start().expect("the server runs");
    time
}

fn until_body(start: u64, method: StartMethod) -> Duration {
    let ran = stamp::process().start(method).spawn().expect("`stamp` starts").join().expect("`stamp` returns");
    Duration::from_nanos(ran - start)
}

fn ours(method: StartMethod) -> Duration {
    timed(|| empty::process().start(method).spawn().expect("`empty` starts").join().expect("`empty` returns")).1
}
