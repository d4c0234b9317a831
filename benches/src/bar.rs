//! A promise about a ratio, and whether the measurement kept it.

use std::fmt;

use crate::sample::Ratio;

/// A bar: `claim` holds if the measured ratio is at most `limit`.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What we promise, in words.
    pub claim: String,
    /// What came out.
    pub measured: Ratio,
    /// The most that keeps the promise.
    pub limit: f64,
}

impl Bar {
    /// Returns whether the median keeps the promise.
    pub fn held(&self) -> bool {
        self.measured.median <= self.limit
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ratio { median, low, high } = self.measured;
        write!(f, "bar: {}: {median:.2} [{low:.2}, {high:.2}] ", self.claim)?;
        if self.held() { write!(f, "(held)") } else { write!(f, "(missed by {:.2})", median - self.limit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(median: f64) -> Bar {
        let measured = Ratio { median, low: 1.1, high: 1.5 };
        Bar { claim: "at most 1.25 x raw fork".to_owned(), measured, limit: 1.25 }
    }

    #[test]
    fn a_kept_promise_reads_held() {
        assert_eq!(bar(1.12).to_string(), "bar: at most 1.25 x raw fork: 1.12 [1.10, 1.50] (held)");
    }

    #[test]
    fn a_broken_promise_says_by_how_much() {
        assert_eq!(bar(1.35).to_string(), "bar: at most 1.25 x raw fork: 1.35 [1.10, 1.50] (missed by 0.10)");
    }
}
