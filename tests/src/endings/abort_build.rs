//! The program `fixture_endings`, built with `panic = "abort"`.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::Run;

/// Prepares a run of it. Builds it first, in `target/abort`: a profile holds for all crates of a build or for none.
///
/// # Panics
///
/// If it cannot be built.
pub fn fixture_endings() -> Run {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    Run::program(PROGRAM.get_or_init(build))
}

fn build() -> PathBuf {
    let args = ["--profile", "abort", "--package", "mp-tests", "--bin", "fixture_endings"];
    crate::build("", &args, &[]).join("abort/fixture_endings")
}
