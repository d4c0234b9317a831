//! What some tests need root for.

use std::io::{self, Write};

/// Whether the tests run as root, which it takes to `act`. Says so where they do not: then that is not tested.
///
/// Past the test harness, which would show it only if the test failed.
pub fn is_root(act: &str) -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        let _ = writeln!(io::stderr(), "not tested, for it takes root: to {act}");
    }
    is_root
}
