//! The lines in doc tests and in a unit test; and what keeps all targets from going on for ever.
//!
//! A doc test with a `main`:
//!
//! ```
//! include!(concat!(env!("CARGO_MANIFEST_DIR"), "/lines.rs"));
//!
//! fn main() {
//!     mp_tests_anywhere::stop_a_chain();
//!     assert_eq!(shouts(), ["FORK", "FORKSERVER", "EXEC"]);
//! }
//! ```
//!
//! and in one that has no `main` of its own:
//!
//! ```
//! mod lines {
//!     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/lines.rs"));
//!     pub fn all() -> [String; 3] { shouts() }
//! }
//! mp_tests_anywhere::stop_a_chain();
//! assert_eq!(lines::all(), ["FORK", "FORKSERVER", "EXEC"]);
//! ```

use std::fs;
use std::path::PathBuf;

/// Ends this process if it is the fourth in a row of the same executable.
///
/// Should an image that is to be a process ever come to `main`, it would start images in turn. A doc test is the second.
pub fn stop_a_chain() {
    let executable = |id: u32| fs::read_link(format!("/proc/{id}/exe")).ok();
    let ours: Option<PathBuf> = executable(std::process::id());
    let mut id = std::process::id();
    for _ in 0..3 {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        id = match parent {
            Some(parent) if executable(parent) == ours => parent,
            _ => return,
        };
    }
    std::process::exit(9);
}

#[cfg(test)]
#[allow(clippy::print_stdout, reason = "the lines print")]
mod tests {
    include!("../lines.rs");

    #[test]
    fn unit_test_runs_the_lines() {
        super::stop_a_chain();
        assert_eq!(shouts(), ["FORK", "FORKSERVER", "EXEC"]);
    }
}
