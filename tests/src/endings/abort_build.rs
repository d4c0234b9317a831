//! The program `fixture_endings`, built with `panic = "abort"`.

use std::env;
use std::path::PathBuf;
use std::process::Command;
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
    // This test is in `target/PROFILE/deps`.
    let test = env::current_exe().expect("a test knows its own path");
    let target = test.ancestors().nth(3).expect("a test is three floors below the target directory");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--profile", "abort", "--package", "mp-tests"]);
    cargo.args(["--bin", "fixture_endings", "--target-dir"]).arg(target);
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target.join("abort/fixture_endings")
}
