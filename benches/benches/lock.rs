//! What does it cost to take a lock that is free, and to release it, compared with a lock between threads?
//!
//! `cargo bench -p benches --bench lock [-- --check]`; with `--check` a missed bar is a failure.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::{Mutex as StdMutex, PoisonError, RwLock as StdRwLock};
use std::time::Duration;

use benches::bar::Bar;
use benches::robust::Robust;
use benches::sample::{Contender, Plan, Series, interleave, timed};
use benches::{machine, table};
use mp_runtime::sync::{Mutex, RwLock, Semaphore};

const STD: &str = "std Mutex, threads only";
const OURS: &str = "mp-runtime Mutex";

/// Pairs in one sample.
const PAIRS: u32 = 10_000;
/// What the bar allows for being robust, in nanoseconds a pair.
const ALLOWANCE: f64 = 20.0;

fn main() -> ExitCode {
    println!("{}\n", machine::describe());
    let (std, std_rw) = (StdMutex::new(0_u64), StdRwLock::new(0_u64));
    let robust = Robust::new();
    let ours = Mutex::new(0_u64).expect("memory for a mutex");
    let ours_rw = RwLock::new(0_u64).expect("memory for a lock");
    let semaphore = Semaphore::new(1).expect("memory for a semaphore");

    let mut contenders = [
        contender(STD, || *std.lock().unwrap_or_else(PoisonError::into_inner) += 1),
        contender("pthread robust mutex, bare", || robust.lock_and_unlock()),
        contender(OURS, || *ours.lock().expect("the lock is free") += 1),
        contender("std RwLock, write, threads only", || *std_rw.write().unwrap_or_else(PoisonError::into_inner) += 1),
        contender("mp-runtime RwLock, write", || *ours_rw.write().expect("the lock is free") += 1),
        contender("mp-runtime RwLock, read", || {
            black_box(*ours_rw.read().expect("the lock is free"));
        }),
        contender("mp-runtime Semaphore", || drop(semaphore.acquire().expect("a permit is free"))),
    ];
    let plan = Plan { warm_up: 5, rounds: 100, time: Duration::from_secs(3), in_a_row: 1 };
    let series = interleave(&mut contenders, plan);
    print!("{}", tabulate(&series));

    let find = |name| series.iter().find(|one| one.name == name).expect("it takes part");
    let allowed = ALLOWANCE * f64::from(PAIRS) / 1000.0;
    let bar = Bar {
        claim: format!("lock + unlock, less {ALLOWANCE} ns, at most 1.5 x std Mutex"),
        measured: find(OURS).less(allowed).ratio_to(find(STD)),
        limit: 1.5,
    };
    println!("\n{bar}");
    let check = env::args().any(|arg| arg == "--check");
    if check && !bar.held() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn contender<'a>(name: &'static str, mut pair: impl FnMut() + 'a) -> Contender<'a> {
    let measure = move || timed(|| (0..PAIRS).for_each(|_| pair())).1;
    Contender { name, every: 1, measure: Box::new(measure) }
}

fn tabulate(series: &[Series]) -> String {
    let heading = ["lock + unlock, free", "median ns", "p10", "p90", "x std Mutex"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    let nanoseconds = |one: &Series, q| format!("{:.1}", one.quantile(q) * 1000.0 / f64::from(PAIRS));
    let std = &series[0];
    rows.extend(series.iter().map(|one| {
        let ratio = format!("{:.2}", one.ratio_to(std).median);
        vec![one.name.to_owned(), nanoseconds(one, 0.5), nanoseconds(one, 0.1), nanoseconds(one, 0.9), ratio]
    }));
    table::render(&rows)
}
