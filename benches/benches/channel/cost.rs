//! What a message costs in processor time, on both sides, and what it costs to wait for none.

use std::time::Duration;

use benches::bar::Bar;
use benches::raw;
use benches::sample::Ratio;

use crate::pairs::Pair;
use crate::{NAMES, OURS, PIPE, POLLED, compare, polled, ratio};

/// Of a message one way, and of a round trip. As the clock of the process counts it; of threads, that of both.
pub(crate) fn of_messages(pairs: &mut [Pair]) -> [Bar; 1] {
    const EACH: u64 = 20_000;
    let flood = |pair: &mut Pair, each| {
        pair.cpu_time(|pair| {
            pair.flood(each);
        })
    };
    let series = compare("processor time, one way, 8 B", EACH, pairs, flood);
    let bar = ratio("processor time, one way, 8 B: at most that of a raw pipe", &series, OURS, PIPE, 1.0);
    let trips = |pair: &mut Pair, each| {
        pair.cpu_time(|pair| {
            (0..each).for_each(|_| _ = pair.round_trip());
        })
    };
    compare("processor time, round trip, 8 B, busy", 1000, pairs, trips);
    [bar]
}

/// For so long nothing is sent.
const REST: Duration = Duration::from_millis(500);

/// Of the side that waits, while the other sends nothing.
pub(crate) fn of_rest(pairs: &mut [Pair]) -> Bar {
    let spent = rest(pairs);
    let names = NAMES.into_iter().zip(&spent).map(|(name, time)| format!("{name} {} us", time.as_micros()));
    println!("\nprocessor time of who waits, in {REST:?}: {}", names.collect::<Vec<_>>().join(", "));
    let polled = polled::with_iceoryx2(|pair| rest(std::slice::from_mut(pair)));
    println!("{POLLED}, for itself: {} us", polled[0].as_micros());
    let ours = spent[0].as_nanos() as f64 / 1e3;
    let measured = Ratio { median: ours, low: ours, high: ours };
    Bar { claim: format!("an idle pair uses no processor time: at most 10 us in {REST:?}"), measured, limit: 10.0 }
}

fn rest(pairs: &mut [Pair]) -> Vec<Duration> {
    pairs.iter_mut().for_each(|pair| _ = pair.round_trip());
    // Who has just been told something may wait awake for the next.
    raw::pause(Duration::from_millis(20));
    let times = |pairs: &[Pair]| pairs.iter().filter_map(Pair::others_cpu_time).collect::<Vec<_>>();
    let before = times(pairs);
    raw::pause(REST);
    times(pairs).into_iter().zip(before).map(|(after, before)| after - before).collect()
}
