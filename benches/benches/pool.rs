//! What does an item cost in a pool, compared with threads and with the pools of the peers?
//!
//! `cargo bench -p benches --bench pool [-- --check]`; with `--check` a missed bar is a failure.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::cell::RefCell;
use std::env;
use std::hint::black_box;
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::bar::Bar;
use benches::python::Python;
use benches::sample::{Contender, Plan, Ratio, Series, interleave, timed};
use benches::{machine, raw, table};
use mp_runtime::{Pool, process};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

const WORKERS: usize = 2;

const PYTHON: &str = r#"
import sys, time
from multiprocessing import get_context
from concurrent.futures import ProcessPoolExecutor

def same(n):
    return n

if __name__ == "__main__":
    context = get_context("fork")
    pool = context.Pool(int(sys.argv[1]))
    executor = ProcessPoolExecutor(int(sys.argv[1]), mp_context=context)
    list(executor.map(same, range(100)))
    try:
        import mpire
        workers = mpire.WorkerPool(int(sys.argv[1]), keep_alive=True)
        list(workers.imap_unordered(same, range(100), chunk_size=1))
    except ImportError:
        pass
    try:
        import loky
        reusable = loky.get_reusable_executor(int(sys.argv[1]), timeout=None)
        list(reusable.map(same, range(100)))
    except ImportError:
        pass
    print(sys.version.split()[0], flush=True)
    for line in sys.stdin:
        what, count = line.split()
        numbers = range(int(count))
        start = time.perf_counter_ns()
        if what == "one":
            for _ in pool.imap_unordered(same, numbers): pass
        elif what == "auto":
            pool.map(same, numbers)
        elif what == "executor":
            for _ in executor.map(same, numbers): pass
        elif what == "loky":
            for _ in reusable.map(same, numbers): pass
        elif what == "mpire":
            for _ in workers.imap_unordered(same, numbers, chunk_size=1): pass
        elif what == "trip":
            for n in numbers: pool.apply(same, (n,))
        print(time.perf_counter_ns() - start, flush=True)
"#;

const OURS: &str = "mp-runtime";
const RAYON: &str = "rayon (threads)";
const PIPE: &str = "raw pipe";
const PROCSPAWN: &str = "procspawn pool";
const POOL: &str = "python Pool";
const EXECUTOR: &str = "python executor";
/// Peers in Python that are not part of it.
const MODULES: [&str; 2] = ["loky", "mpire"];

fn main() -> ExitCode {
    // A procspawn child is this program again and must not get past this line.
    procspawn::init();
    // Before anybody has a thread.
    let same = Pool::builder().workers(WORKERS).start(|n: u64| n).expect("a pool starts");
    let row = Pool::builder().workers(WORKERS).start(mandelbrot_row).expect("a pool starts");
    let blob = Pool::builder().workers(WORKERS).start(|blob: Vec<u8>| blob).expect("a pool starts");
    let spin = Pool::builder().workers(WORKERS).start(spin_for).expect("a pool starts");
    let buffers: Vec<Vec<u8>> = (0..BUFFERS).map(|n| vec![n as u8; 64 << 10]).collect();
    // The workers have the buffers, as threads do; beside it, a pool that is sent each.
    let sums = Pool::builder().workers(WORKERS).start(|n: usize| sha256(&buffers[n])).expect("a pool starts");
    let sent = Pool::builder().workers(WORKERS).start(|bytes: Vec<u8>| sha256(&bytes)).expect("a pool starts");
    raw::run_on(Some(1));
    let far = Pool::builder().workers(1).start(|n: u64| n).expect("a pool starts");
    let mut echo = Echo::start();
    raw::run_on(None);
    let python = Python::run(PYTHON, &WORKERS.to_string());
    match &python {
        Ok(python) => println!("{}; python {}", machine::describe(), python.version()),
        Err(error) => println!("{}; without python: {error}", machine::describe()),
    }
    let python = python.ok().map(RefCell::new);
    let (modules, absent): (Vec<_>, Vec<_>) = MODULES.into_iter().partition(|module| Python::has(module));
    absent.iter().for_each(|module| println!("{module}: not installed"));
    let threads = rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("rayon starts");
    let spawned = procspawn::Pool::new(WORKERS).expect("procspawn starts");

    let mut bars = Vec::new();
    let ask = |what: &'static str, count: u32| {
        let python = python.as_ref()?;
        let name = match what {
            "executor" => EXECUTOR,
            "loky" | "mpire" => what,
            _ => POOL,
        };
        let measure = move || {
            let line = format!("{what} {count}");
            python.borrow_mut().ask(&line).expect("python answers") * 1000 / count
        };
        Some(contender(name, 4, measure))
    };

    let mut contenders = vec![
        contender(OURS, 1, || {
            per_thousand(50_000, |count| {
                same.imap_unordered(0..count).chunk(1).for_each(|value| drop(black_box(value)))
            })
        }),
        contender(RAYON, 1, || {
            per_thousand(50_000, |count| {
                threads.install(|| {
                    drop(black_box(
                        (0..count as u32).into_par_iter().with_max_len(1).map(black_box).collect::<Vec<u32>>(),
                    ))
                });
            })
        }),
        contender(PROCSPAWN, 4, || {
            per_thousand(500, |count| {
                let handles: Vec<_> = (0..count).map(|n| procspawn::spawn!(in spawned, (n) || n)).collect();
                handles.into_iter().for_each(|handle| assert!(handle.join().is_ok()));
            })
        }),
    ];
    contenders.extend(ask("one", 3000));
    contenders.extend(ask("executor", 500));
    contenders.extend(modules.iter().filter_map(|module| ask(module, 500)));
    let series = compare("empty tasks, one to a batch: us for 1000", contenders);
    bars.push(at_most("1000 empty tasks, chunk 1, in us: at least 500 000/s", &series, 2000.0));
    bars.extend(times("chunk 1: 10 times python's Pool", &series, POOL, 10.0));
    bars.extend(times("chunk 1: 40 times procspawn's pool", &series, PROCSPAWN, 40.0));

    let mut contenders = vec![
        contender(OURS, 1, || {
            per_thousand(1_000_000, |count| drop(black_box(same.map(0..count).expect("all go well"))))
        }),
        contender(RAYON, 1, || {
            per_thousand(1_000_000, |count| {
                threads.install(|| drop(black_box((0..count).into_par_iter().map(black_box).collect::<Vec<u64>>())));
            })
        }),
    ];
    contenders.extend(ask("auto", 100_000));
    let series = compare("empty items, batches as they come: us for 1000", contenders);
    bars.push(at_most("1000 empty items, chunk auto, in us: at least 15 M/s", &series, 1000.0 / 15.0));
    bars.extend(times("chunk auto: twice python's Pool", &series, POOL, 2.0));

    let mut contenders = vec![
        contender(OURS, 1, || {
            per_thousand(1000, |count| (0..count).for_each(|n| drop(black_box(same.submit(n).join()))))
        }),
        contender(RAYON, 1, || {
            per_thousand(1000, |count| (0..count).for_each(|n| assert_eq!(threads.install(|| black_box(n)), n)))
        }),
    ];
    contenders.extend(ask("trip", 200));
    let series = compare("round trip of a hot pool: us for 1000", contenders);
    bars.push(at_most("1000 round trips, hot, in us: at most 5 us each", &series, 5000.0));

    let contenders = vec![
        contender(OURS, 1, || rested(|n| assert_eq!(far.submit(n).join().expect("all go well"), n))),
        contender(PIPE, 1, || rested(|n| assert_eq!(echo.trip(n), n))),
    ];
    let series = compare("round trip after 1 ms of rest, two cores: us for 1000", contenders);
    bars.extend(against(&series, PIPE, "round trip after rest at most 1.5 times a raw pipe's", 1.5));

    let contenders = vec![contender(OURS, 1, || {
        per_thousand(16, |count| {
            let blobs = (0..count).map(|n| vec![n as u8; 1 << 20]);
            blob.imap(blobs).chunk(1).for_each(|blob| drop(black_box(blob.expect("all go well"))));
        })
    })];
    compare("1 MiB there and back: us for 1000", contenders);

    let contenders = vec![
        contender(OURS, 1, || per_thousand(ROWS, |rows| drop(black_box(row.map(0..rows).expect("all go well"))))),
        contender(RAYON, 1, || {
            per_thousand(ROWS, |rows| {
                threads.install(|| drop(black_box((0..rows).into_par_iter().map(mandelbrot_row).collect::<Vec<_>>())));
            })
        }),
    ];
    let series = compare("rows of a Mandelbrot set: us for 1000", contenders);
    bars.extend(against(&series, RAYON, "Mandelbrot rows within 5 % of rayon", 1.05));

    let contenders = vec![
        contender(OURS, 1, || {
            per_thousand(100, |count| {
                spin.imap((0..count).map(|_| 1000)).chunk(1).for_each(|spun| spun.expect("all go well"))
            })
        }),
        contender(RAYON, 1, || {
            per_thousand(100, |count| {
                threads.install(|| (0..count as u32).into_par_iter().with_max_len(1).for_each(|_| spin_for(1000)));
            })
        }),
    ];
    let series = compare("tasks of 1 ms: us for 1000", contenders);
    bars.extend(against(&series, RAYON, "tasks of 1 ms within 5 % of rayon", 1.05));

    let contenders = vec![
        contender(OURS, 1, || {
            per_thousand(BUFFERS, |count| drop(black_box(sums.map(0..count as usize).expect("all go well"))))
        }),
        contender(RAYON, 1, || {
            per_thousand(BUFFERS, |_| {
                threads.install(|| drop(black_box(buffers.par_iter().map(|bytes| sha256(bytes)).collect::<Vec<_>>())));
            })
        }),
        contender("mp-runtime, buffers sent", 1, || {
            per_thousand(BUFFERS, |_| drop(black_box(sent.map(buffers.iter().cloned()).expect("all go well"))))
        }),
    ];
    let series = compare("SHA-256 of 64 KiB: us for 1000", contenders);
    bars.extend(against(&series, RAYON, "SHA-256 of 1000 buffers within 5 % of rayon", 1.05));

    let mut contenders = vec![
        contender(OURS, 1, || {
            per_thousand(500, |count| drop(black_box(spin.map((0..count).map(|_| 1000)).expect("all go well"))))
        }),
        contender(RAYON, 1, || {
            per_thousand(500, |count| {
                threads.install(|| (0..count as u32).into_par_iter().for_each(|_| spin_for(1000)));
            })
        }),
    ];
    let series = interleave(&mut contenders, Plan { warm_up: 0, rounds: 20, time: Duration::ZERO, in_a_row: 1 });
    let series = show("10 000 tasks of 1 ms, 500 at once: us for 1000", series);
    bars.extend(against(&series, RAYON, "10 000 tasks of 1 ms within 5 % of rayon", 1.05));

    println!();
    for bar in &bars {
        println!("{bar}");
    }
    let check = env::args().any(|arg| arg == "--check");
    if check && !bars.iter().all(Bar::held) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn contender<'a>(name: &'static str, every: usize, measure: impl FnMut() -> Duration + 'a) -> Contender<'a> {
    Contender { name, every, measure: Box::new(measure) }
}

/// The time that `work` takes for `count` items, for a thousand.
fn per_thousand(count: u64, work: impl FnOnce(u64)) -> Duration {
    let ((), time) = timed(|| work(count));
    time * 1000 / count as u32
}

fn compare(title: &str, mut contenders: Vec<Contender<'_>>) -> Vec<Series> {
    let plan = Plan { warm_up: 2, rounds: 80, time: Duration::ZERO, in_a_row: 1 };
    let series = interleave(&mut contenders, plan);
    show(title, series)
}

fn show(title: &str, series: Vec<Series>) -> Vec<Series> {
    let ours = series[0].clone();
    let mut rows = vec![[title, "median us", "p10", "p90", "ours / this", "", "samples"].map(str::to_owned).to_vec()];
    rows.extend(series.iter().map(|one| {
        let Ratio { median, low, high } = ours.ratio_to(one);
        vec![
            one.name.to_owned(),
            format!("{:.1}", one.quantile(0.5)),
            format!("{:.1}", one.quantile(0.1)),
            format!("{:.1}", one.quantile(0.9)),
            format!("{median:.4}"),
            format!("[{low:.4}, {high:.4}]"),
            one.count().to_string(),
        ]
    }));
    print!("\n{}", table::render(&rows));
    series
}

/// A bar on our own time, in microseconds.
fn at_most(claim: &str, series: &[Series], limit: f64) -> Bar {
    let [low, median, high] = [0.1, 0.5, 0.9].map(|q| series[0].quantile(q));
    Bar { claim: claim.to_owned(), measured: Ratio { median, low, high }, limit }
}

/// A bar: ours takes a `times`th of the time of `peer`.
fn times(claim: &str, series: &[Series], peer: &str, times: f64) -> Option<Bar> {
    against(series, peer, claim, 1.0 / times)
}

fn against(series: &[Series], peer: &str, claim: &str, limit: f64) -> Option<Bar> {
    let peer = series.iter().find(|one| one.name == peer)?;
    Some(Bar { claim: claim.to_owned(), measured: series[0].ratio_to(peer), limit })
}

/// Round trips, each after a rest that puts both sides to sleep.
fn rested(mut trip: impl FnMut(u64)) -> Duration {
    const EACH: u64 = 8;
    raw::run_on(Some(0));
    let one = |n| {
        raw::pause_a_millisecond();
        timed(|| trip(n)).1
    };
    let total: Duration = (0..EACH).map(one).sum();
    raw::run_on(None);
    total * 1000 / EACH as u32
}

#[process(daemon)]
fn echo(mut received: PipeReader, mut answers: PipeWriter) {
    let mut bytes = [0; 8];
    while received.read_exact(&mut bytes).is_ok() && answers.write_all(&bytes).is_ok() {}
}

/// A process that sends back what it is sent, over two pipes.
struct Echo {
    there: PipeWriter,
    back: PipeReader,
}

impl Echo {
    fn start() -> Echo {
        let (received, there) = pipe().expect("a pipe");
        let (back, answers) = pipe().expect("a pipe");
        drop(echo::spawn(received, answers).expect("a process starts"));
        Echo { there, back }
    }

    fn trip(&mut self, n: u64) -> u64 {
        let mut bytes = n.to_ne_bytes();
        self.there.write_all(&bytes).expect("there is somebody");
        self.back.read_exact(&mut bytes).expect("it answers");
        u64::from_ne_bytes(bytes)
    }
}

const BUFFERS: u64 = 1000;

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

const ROWS: u64 = 200;
const COLUMNS: u64 = 300;

/// A row of an image, a byte a pixel.
fn mandelbrot_row(row: u64) -> Vec<u8> {
    let y = row as f64 / ROWS as f64 * 2.4 - 1.2;
    let steps = (0..COLUMNS).map(|column| escape(column as f64 / COLUMNS as f64 * 3.2 - 2.2, y));
    steps.map(|steps| (steps * 255 / 400) as u8).collect()
}

fn escape(x: f64, y: f64) -> u32 {
    let (mut a, mut b) = (0.0, 0.0);
    for step in 0..400 {
        (a, b) = (a * a - b * b + x, 2.0 * a * b + y);
        if a * a + b * b > 4.0 {
            return step;
        }
    }
    400
}

fn spin_for(micros: u64) {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(micros) {
        std::hint::spin_loop();
    }
}
