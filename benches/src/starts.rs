//! What the benchmarks of a start have in common: who takes part, the table of ratios, and the verdict.

use std::process::ExitCode;
use std::time::Duration;

use crate::bar::Bar;
use crate::sample::{Contender, Ratio, Series};
use crate::table;

/// Somebody who takes part in every so many rounds.
pub fn contender<'a>(name: &'static str, every: usize, measure: impl FnMut() -> Duration + 'a) -> Contender<'a> {
    Contender { name, every, measure: Box::new(measure) }
}

/// What was measured of `name`, if it took part.
pub fn find<'a>(series: &'a [Series], name: &str) -> Option<&'a Series> {
    series.iter().find(|one| one.name == name)
}

/// A row for each who took part, with the ratio to `yardstick`, which is called `x`.
///
/// # Panics
///
/// If the yardstick took no part.
pub fn tabulate(series: &[Series], yardstick: &str, x: &str) -> String {
    let yardstick = find(series, yardstick).expect("the yardstick takes part");
    let heading = ["start + join", "median us", "p10", "p90", x, "", "samples"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(series.iter().map(|one| {
        let Ratio { median, low, high } = one.ratio_to(yardstick);
        vec![
            one.name.to_owned(),
            format!("{:.0}", one.quantile(0.5)),
            format!("{:.0}", one.quantile(0.1)),
            format!("{:.0}", one.quantile(0.9)),
            format!("{median:.2}"),
            format!("[{low:.2}, {high:.2}]"),
            one.count().to_string(),
        ]
    }));
    table::render(&rows)
}

/// The exit code: a missed bar is a failure with the argument `--check`.
pub fn verdict(bars: &[Bar]) -> ExitCode {
    let check = std::env::args().any(|arg| arg == "--check");
    if check && !bars.iter().all(Bar::held) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
