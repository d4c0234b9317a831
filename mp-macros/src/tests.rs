//! The macros as functions of tokens. What rustc makes of their output, `tests/ui` shows.

mod expansion;
mod never_panics;
mod options;
