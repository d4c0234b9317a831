//! Where cargo puts the programs.

use std::env;
use std::path::PathBuf;

use crate::run::Run;

/// Prepares a run of an example program.
///
/// # Panics
///
/// If it was not built: `run cargo test at the workspace root`.
pub fn example(name: impl AsRef<str>) -> Run {
    Run::program(built(&format!("examples/{}", name.as_ref())))
}

/// Prepares a run of a binary of this package.
///
/// # Panics
///
/// If it was not built: `run cargo test at the workspace root`.
pub fn fixture(name: impl AsRef<str>) -> Run {
    Run::program(built(name.as_ref()))
}

/// The path of a program below `target/PROFILE`, which is where the running test is (in `deps`).
pub fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test knows its own path");
    let folder = test.parent().expect("a program is in a directory");
    let profile = if folder.ends_with("deps") { folder.parent().expect("`deps` has a parent") } else { folder };
    let path = profile.join(name);
    assert!(path.is_file(), "`{}` is not built: run cargo test at the workspace root", path.display());
    path
}
