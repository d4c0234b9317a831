//! The tests of the feature `tokio` are in `tests`, the programs that they run in `bin`.
