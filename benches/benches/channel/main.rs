//! What does a message between two processes cost, compared with a raw pipe, with peers, and with two threads?
//!
//! `cargo bench -p benches --bench channel [-- --check]`; with `--check` a missed bar is a failure.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use benches::bar::Bar;
use benches::sample::{Contender, Plan, Ratio, Series, interleave};
use benches::{machine, raw, table};

use pairs::{Batch, Pair};
use place::Place;

mod cost;
mod fans;
mod pairs;
mod place;
mod polled;

const OURS: &str = "mp-runtime";
const LENT: &str = "mp-runtime, lent";
const BESIDE: &str = "mp-runtime, no room made";
const PIPE: &str = "raw pipe";
const IPC: &str = "ipc-channel";
const POLLED: &str = "iceoryx2, polling";
const THREADS: &str = "crossbeam, threads";

const NOTES: &str = "\
both sides are processes of their own, but for crossbeam's: these are threads, the limit of the shape
where both run decides: the kernel mostly wakes a sleeper on the core of who wakes it, and to wake another core that sleeps takes
25 us and more. So each is compared where the kernel puts it, on one core, and on two; the shares say where it was
ratio: median over the rounds of (this / raw pipe); in brackets where it lies with 95 %, by blocks of rounds
of bytes: by value, ours copies in and out, as the pipe and ipc-channel's byte channel do; lent, the bytes are written and read
in place, here a word at each end of them; no room made: through a channel of the least size, beside which each goes in a file of its own
iceoryx2's receiver polls, and uses a core while it waits: it takes part on two cores, busy. python measures itself, once
four to one and one to four: any of the four may get a message; ipc-channel has no such receivers
processor time: of both sides, by the clocks of the processes; only the other side's, while a pair rests
";

const PYTHON: &str = r#"
import multiprocessing as m, time
c = m.get_context("fork")
def echo(p):
    for _ in range(5001): p.send_bytes(p.recv_bytes())
def count(q, d):
    for _ in range(50000): q.get()
    d.send(1)
a, b = c.Pipe()
p = c.Process(target=echo, args=(b,)); p.start()
a.send_bytes(b"12345678"); a.recv_bytes()
t = time.perf_counter_ns()
for _ in range(5000): a.send_bytes(b"12345678"); a.recv_bytes()
t = (time.perf_counter_ns() - t) / 5000e3
p.join()
q = c.Queue(); a, b = c.Pipe()
p = c.Process(target=count, args=(q, b)); p.start()
u = time.perf_counter_ns()
for i in range(50000): q.put(i)
a.recv()
u = (time.perf_counter_ns() - u) / 50000
p.join()
def put(q):
    for i in range(10000): q.put(i)
def take(q, d):
    for _ in range(10000): q.get()
    d.send(1)
q = c.Queue()
ps = [c.Process(target=put, args=(q,)) for _ in range(4)]
v = time.perf_counter_ns()
for p in ps: p.start()
for _ in range(40000): q.get()
v = (time.perf_counter_ns() - v) / 40000
for p in ps: p.join()
q = c.Queue(); a, b = c.Pipe()
ps = [c.Process(target=take, args=(q, b)) for _ in range(4)]
w = time.perf_counter_ns()
for p in ps: p.start()
for i in range(40000): q.put(i)
for _ in range(4): a.recv()
w = (time.perf_counter_ns() - w) / 40000
for p in ps: p.join()
print(f"python: Pipe, round trip of 8 B {t:.1f} us; Queue, one way {u:.0f} ns a message, four to one {v:.0f}, one to four {w:.0f}")
"#;

fn main() -> ExitCode {
    println!("{}", machine::describe());
    let mut bars = Vec::new();

    // All processes first: beside threads none can be started.
    let sizes = [64, 1 << 10, 64 << 10, MIB, 64 << 20];
    let placed = [Place::OneCore, Place::TwoCores].map(|place| (MIB, place));
    let placed = sizes.into_iter().map(|size| (size, Place::Free)).chain(placed);
    let bytes: Vec<_> = placed.map(|(size, place)| (size, place, place.start_with(|| batches(size)))).collect();
    let ([gather, scatter], [piped_in, piped_out]) = (fans::ours(FAN), fans::raw_pipe(FAN));
    let mut fans = [
        vec![(OURS, gather), (PIPE, piped_in), (IPC, fans::ipc_channel(FAN))],
        vec![(OURS, scatter), (PIPE, piped_out)],
    ];
    let mut placed = Place::ALL.map(|place| (place, place.start()));
    for (place, pairs) in &mut placed {
        bars.extend(round_trips(*place, pairs));
        bars.extend(idle_round_trips(*place, pairs));
    }
    let [(_, mut free), _, (_, mut apart)] = placed;
    for (size, place, batches) in bytes {
        bars.extend(one_way_bytes(size, place, batches));
    }
    bars.push(cost::of_rest(&mut free));
    free.push(pairs::crossbeam());
    fans.iter_mut().zip(fans::crossbeam(FAN)).for_each(|(batches, threads)| batches.push((THREADS, threads)));
    bars.extend(one_way(Place::Free, &mut free));
    bars.extend(cost::of_messages(&mut free));
    for (title, batches) in ["four to one, 8 B", "one to four, 8 B"].into_iter().zip(fans) {
        let series = report(title, FAN, take_turns(batches, PLAN));
        bars.push(ratio(&format!("{title}: at most 1 x raw pipe"), &series, OURS, PIPE, 1.0));
    }
    Place::TwoCores.take();
    apart.push(pairs::crossbeam_on(Some(1)));
    bars.extend(one_way(Place::TwoCores, &mut apart));
    Place::TwoCores.leave();
    if let Ok(output) = Command::new("python3").args(["-c", PYTHON]).output() {
        print!("\n{}", String::from_utf8_lossy(&output.stdout));
    }

    print!("\n{NOTES}\n");
    for bar in &bars {
        println!("{bar}");
    }
    let check = env::args().any(|arg| arg == "--check");
    if check && !bars.iter().all(Bar::held) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

const PLAN: Plan = Plan { warm_up: 2, in_a_row: 1, rounds: 40, time: Duration::from_secs(2) };

/// Messages are few and long: not more rounds than a ratio needs.
const LONG_PLAN: Plan = Plan { warm_up: 1, in_a_row: 1, rounds: 20, time: Duration::ZERO };

/// How many messages go to or come from four at a time.
const FAN: u64 = 20_000;

const NAMES: [&str; 4] = [OURS, PIPE, IPC, THREADS];

/// Measures pairs with `measure`, in turns; prints the times of one of `each` and returns the series.
fn compare(title: &str, each: u64, pairs: &mut [Pair], measure: fn(&mut Pair, u64) -> Duration) -> Vec<Series> {
    let named = NAMES.into_iter().zip(pairs.iter_mut());
    let mut contenders: Vec<_> = named.map(|(name, pair)| contender(name, move || measure(pair, each))).collect();
    let series = interleave(&mut contenders, PLAN);
    drop(contenders);
    let series = report(title, each, series);
    let places =
        NAMES.into_iter().zip(pairs).map(|(name, pair)| format!("{name} {:.0} %", pair.take_placement() * 100.0));
    println!("both sides on one core: {}", places.collect::<Vec<_>>().join(", "));
    series
}

fn contender<'a>(name: &'static str, measure: impl FnMut() -> Duration + 'a) -> Contender<'a> {
    Contender { name, every: 1, measure: Box::new(measure) }
}

fn report(title: &str, each: u64, series: Vec<Series>) -> Vec<Series> {
    let mut rows = vec![[title, "median ns", "p10", "p90", "x raw pipe", ""].map(str::to_owned).to_vec()];
    rows.extend(series.iter().map(|one| {
        let Ratio { median, low, high } = one.ratio_to(find(&series, PIPE));
        let nanos = |q| format!("{:.0}", one.quantile(q) * 1e3 / each as f64);
        let ratios = [format!("{median:.2}"), format!("[{low:.2}, {high:.2}]")];
        [vec![one.name.to_owned(), nanos(0.5), nanos(0.1), nanos(0.9)], ratios.to_vec()].concat()
    }));
    println!("\n{}", table::render(&rows));
    series
}

fn find<'a>(series: &'a [Series], name: &str) -> &'a Series {
    series.iter().find(|one| one.name == name).expect("it takes part")
}

/// Our time for one of `each`, in nanoseconds, as a promise about an absolute number.
fn at_most(claim: &str, series: &[Series], each: u64, limit: f64) -> Bar {
    let ours = find(series, OURS);
    let [low, median, high] = [0.1, 0.5, 0.9].map(|q| ours.quantile(q) * 1e3 / each as f64);
    Bar { claim: claim.to_owned(), measured: Ratio { median, low, high }, limit }
}

fn ratio(claim: &str, series: &[Series], ours: &str, peer: &str, limit: f64) -> Bar {
    let measured = find(series, ours).ratio_to(find(series, peer));
    Bar { claim: claim.to_owned(), measured, limit }
}

fn one_way(place: Place, pairs: &mut [Pair]) -> Vec<Bar> {
    const EACH: u64 = 20_000;
    let series = compare(&format!("one way, 8 B, {place}"), EACH, pairs, |pair, each| pair.flood(each));
    let claim = |what: &str| format!("one way, 8 B, {place}: {what}");
    vec![
        at_most(&claim("at most 125 ns, or 8 million a second"), &series, EACH, 125.0),
        ratio(&claim("8 times as many as ipc-channel"), &series, OURS, IPC, 1.0 / 8.0),
        ratio(&claim("2.5 times as many as a raw pipe"), &series, OURS, PIPE, 1.0 / 2.5),
    ]
}

/// Of a busy pair. On two cores that is a question of some hundred nanoseconds; on one, of how fast the kernel changes between them.
fn round_trips(place: Place, pairs: &mut [Pair]) -> Vec<Bar> {
    const EACH: u64 = 1000;
    let title = format!("round trip, 8 B, busy, {place}");
    let measure = |pair: &mut Pair, each| (0..each).map(|_| pair.round_trip()).sum();
    place.take();
    let mut series = compare(&title, EACH, pairs, measure);
    let bars = match place {
        Place::TwoCores => {
            let polled =
                polled::with_iceoryx2(|pair| interleave(&mut [contender(POLLED, || measure(pair, EACH))], PLAN));
            let nanos = |q| polled[0].quantile(q) * 1e3 / EACH as f64;
            println!("{POLLED}, for itself: median {:.0} ns, p10 {:.0}, p90 {:.0}", nanos(0.5), nanos(0.1), nanos(0.9));
            series.extend(polled);
            vec![
                at_most(&format!("{title}: at most 1000 ns"), &series, EACH, 1000.0),
                ratio(&format!("{title}: at most 1 x iceoryx2, polling"), &series, OURS, POLLED, 1.0),
            ]
        }
        Place::OneCore | Place::Free => {
            vec![ratio(&format!("{title}: at most 1.3 x raw pipe"), &series, OURS, PIPE, 1.3)]
        }
    };
    place.leave();
    bars
}

fn idle_round_trips(place: Place, pairs: &mut [Pair]) -> [Bar; 1] {
    const EACH: u64 = 8;
    place.take();
    let title = format!("round trip, 8 B, after 1 ms of rest, {place}");
    let series = compare(&title, EACH, pairs, |pair, each| {
        let round_trip = |_| {
            raw::pause_a_millisecond();
            pair.round_trip()
        };
        (0..each).map(round_trip).sum()
    });
    place.leave();
    [ratio(&format!("{title}: at most 1.3 x raw pipe"), &series, OURS, PIPE, 1.3)]
}

/// Of this size each place is measured.
const MIB: usize = 1 << 20;

/// How many messages of `size` are measured at once: so many that to wake the other side for the first is a small part of it.
fn count(size: usize) -> usize {
    if size > MIB { 1 } else { ((32 << 20) / size).min(5000) }
}

fn batches(size: usize) -> Vec<(&'static str, Batch)> {
    /// What a channel has of itself.
    const LEAST_ROOM: usize = 64 << 10;
    let (count, room) = (count(size), (4 * size).max(LEAST_ROOM));
    let mut batches = vec![
        (OURS, pairs::our_bytes(size, count, room, false)),
        (LENT, pairs::our_bytes(size, count, room, true)),
        (PIPE, pairs::pipe_bytes(size, count)),
        (IPC, pairs::ipc_bytes(size, count)),
    ];
    if size > LEAST_ROOM {
        batches.push((BESIDE, pairs::our_bytes(size, count, LEAST_ROOM, false)));
    }
    batches
}

fn take_turns(batches: impl IntoIterator<Item = (&'static str, Batch)>, plan: Plan) -> Vec<Series> {
    let mut contenders: Vec<_> = batches.into_iter().map(|(name, measure)| contender(name, measure)).collect();
    interleave(&mut contenders, plan)
}

fn one_way_bytes(size: usize, place: Place, batches: Vec<(&'static str, Batch)>) -> Vec<Bar> {
    place.take();
    let series = take_turns(batches, if size > MIB { LONG_PLAN } else { PLAN });
    place.leave();
    let series = report(&format!("one way, {size} B, {place}"), count(size) as u64, series);
    if size != MIB {
        return Vec::new();
    }
    let claim = |how: &str, times: u32| format!("one way, 1 MiB {how}, {place}: {times} times as many as ipc-channel");
    vec![ratio(&claim("by value", 2), &series, OURS, IPC, 0.5), ratio(&claim("lent", 10), &series, LENT, IPC, 0.1)]
}
