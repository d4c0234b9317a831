//! Programs that cargo has not built with the test: in another profile, or with other flags.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// Builds as `args` say, with these variables set, in `folder` of the directory where cargo has built this test; its path.
///
/// # Panics
///
/// If it cannot be built.
pub fn build(folder: &str, args: &[&str], variables: &[(&str, &str)]) -> PathBuf {
    // This test is in `target/PROFILE/deps`.
    let test = env::current_exe().expect("a test knows its own path");
    let target = test.ancestors().nth(3).expect("a test is three floors below the target directory").join(folder);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline"]).args(args).arg("--target-dir").arg(&target);
    let cargo = cargo.envs(variables.iter().copied()).current_dir(env!("CARGO_MANIFEST_DIR"));
    let built = cargo.output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    target
}
