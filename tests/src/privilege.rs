//! What cannot be tested everywhere.

use std::io::{self, Write};

/// Says that something is not tested, and why. Past the test harness, which would show it only if the test failed.
pub fn not_tested(why: &str) {
    let _ = writeln!(io::stderr(), "not tested: {why}");
}

/// Whether the tests run as root, which it takes to `act`. Says so where they do not: then that is not tested.
pub fn is_root(act: &str) -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        not_tested(&format!("it takes root to {act}"));
    }
    is_root
}
