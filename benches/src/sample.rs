//! Sampling of contenders that take turns, and what can be said about them afterwards.
//!
//! A machine drifts (other load, clock speed, temperature), and it drifts for everybody: within one round all contenders
//! see nearly the same machine. Therefore we compare by the ratio of two times of the same round.

use std::time::{Duration, Instant};

use fastrand::Rng;

/// The rounds are cut into this many consecutive blocks to tell how far a ratio moved during the run.
const BLOCKS: usize = 20;

/// Ranks (from 0) among [`BLOCKS`] sorted medians which enclose the true median with 95.9 % (sign test).
const INTERVAL: (usize, usize) = (5, 14);

/// One of those that take turns.
#[expect(missing_debug_implementations, reason = "it is mostly a closure")]
pub struct Contender<'a> {
    /// Its name in the table.
    pub name: &'static str,
    /// Takes part in every `every`-th round: slow ones need not use up the time of all.
    pub every: usize,
    /// Does the work once and tells how long it took.
    pub measure: Box<dyn FnMut() -> Duration + 'a>,
}

/// How long to sample.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rounds before counting starts.
    pub warm_up: usize,
    /// At least this many rounds, however long they take.
    pub rounds: usize,
    /// More rounds until this much time has passed.
    pub time: Duration,
    /// A turn is this many repetitions one after the other, and its time their median: whoever had the turn before has
    /// left caches and processors in a state that the first of them pays for.
    pub in_a_row: usize,
}

/// The times of one contender in microseconds, by round.
#[derive(Debug, Clone)]
pub struct Series {
    /// The contender's name.
    pub name: &'static str,
    rounds: Vec<Option<f64>>,
}

/// A ratio of two contenders: the median of the rounds, and an interval that encloses it with about 95 %.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// The median of all rounds.
    pub median: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// Runs `work` and returns its value with the time it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

/// Lets the contenders take turns, in a new order each round, so that nobody always follows the same one.
pub fn interleave(contenders: &mut [Contender<'_>], plan: Plan) -> Vec<Series> {
    let mut series: Vec<Series> =
        contenders.iter().map(|contender| Series { name: contender.name, rounds: Vec::new() }).collect();
    let mut order: Vec<usize> = (0..contenders.len()).collect();
    let mut random = Rng::with_seed(7);

    for _ in 0..plan.warm_up {
        for contender in &mut *contenders {
            (contender.measure)();
        }
    }
    let start = Instant::now();
    for round in 0.. {
        if round >= plan.rounds && start.elapsed() >= plan.time {
            break;
        }
        random.shuffle(&mut order);
        for &turn in &order {
            let contender = &mut contenders[turn];
            // Shifted by `turn`, so that the slow ones do not all meet in the same rounds.
            let takes_part = (round + turn).is_multiple_of(contender.every);
            let mut once = || (contender.measure)().as_secs_f64() * 1e6;
            let whole = |turns: usize| quantile((0..turns).map(|_| once()).collect(), 0.5);
            series[turn].rounds.push(takes_part.then_some(plan.in_a_row).map(whole));
        }
    }
    series
}

impl Series {
    /// Returns the number of samples.
    pub fn count(&self) -> usize {
        self.rounds.iter().flatten().count()
    }

    /// Returns the time in microseconds below which the fraction `q` of the samples lies.
    ///
    /// # Panics
    ///
    /// If there are no samples.
    pub fn quantile(&self, q: f64) -> f64 {
        quantile(self.rounds.iter().copied().flatten().collect(), q)
    }

    /// Returns the series with so many microseconds taken off each sample: what a bar allows on top of a ratio.
    pub fn less(&self, microseconds: f64) -> Series {
        let rounds = self.rounds.iter().map(|round| round.map(|time| time - microseconds)).collect();
        Series { name: self.name, rounds }
    }

    /// Returns how many times as long as `other` this took, by the rounds that both took part in.
    ///
    /// # Panics
    ///
    /// If these are fewer than 20 rounds: too few for an interval.
    pub fn ratio_to(&self, other: &Series) -> Ratio {
        let ratios: Vec<f64> =
            self.rounds.iter().zip(&other.rounds).filter_map(|(mine, theirs)| Some((*mine)? / (*theirs)?)).collect();
        assert!(ratios.len() >= BLOCKS, "`{}` and `{}` share only {} rounds", self.name, other.name, ratios.len());

        // Neighbouring rounds resemble each other; medians of long blocks hardly do, so the sign test may count those.
        let mut blocks: Vec<f64> = (0..BLOCKS)
            .map(|block| {
                let edge = |block: usize| block * ratios.len() / BLOCKS;
                quantile(ratios[edge(block)..edge(block + 1)].to_vec(), 0.5)
            })
            .collect();
        blocks.sort_by(f64::total_cmp);
        Ratio { median: quantile(ratios, 0.5), low: blocks[INTERVAL.0], high: blocks[INTERVAL.1] }
    }
}

fn quantile(mut values: Vec<f64>, q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = q * (values.len() - 1) as f64;
    let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(rounds: impl IntoIterator<Item = Option<f64>>) -> Series {
        Series { name: "test", rounds: rounds.into_iter().collect() }
    }

    fn contender(every: usize) -> Contender<'static> {
        Contender { name: "test", every, measure: Box::new(|| Duration::from_micros(3)) }
    }

    #[test]
    fn a_quantile_lies_between_its_neighbours() {
        assert_eq!(quantile(vec![4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
    }

    #[test]
    fn a_ratio_cancels_drift_that_hits_both() {
        let drift = |round: i32| f64::from(round + 1);
        let slow = series((0..100).map(|round| Some(3.0 * drift(round))));
        let fast = series((0..100).map(|round| Some(2.0 * drift(round))));
        let ratio = slow.ratio_to(&fast);
        assert_eq!([ratio.low, ratio.median, ratio.high], [1.5; 3]);
    }

    #[test]
    fn an_allowance_is_taken_off_each_sample() {
        let [less, one] = [series((0..20).map(|_| Some(50.0))).less(20.0), series((0..20).map(|_| Some(10.0)))];
        assert_eq!(less.ratio_to(&one).median, 3.0);
    }

    #[test]
    fn a_ratio_ignores_rounds_that_only_one_took_part_in() {
        let often = series((0..100).map(|round| Some(if round % 4 == 0 { 2.0 } else { 50.0 })));
        let seldom = series((0..100).map(|round| (round % 4 == 0).then_some(1.0)));
        assert_eq!(often.ratio_to(&seldom).median, 2.0);
    }

    #[test]
    fn everybody_takes_part_as_often_as_announced() {
        let plan = Plan { warm_up: 1, rounds: 40, time: Duration::ZERO, in_a_row: 3 };
        let counts: Vec<usize> =
            interleave(&mut [contender(1), contender(4)], plan).iter().map(Series::count).collect();
        assert_eq!(counts, [40, 10]);
    }
}
