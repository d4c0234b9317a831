//! Refuses any system but Linux, before a line is compiled for it: then that is the only error there is.
#![allow(clippy::print_stdout, reason = "it is how a build script speaks to cargo")]

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if system != "linux" {
        println!(
            "cargo::error=mp-runtime runs on Linux only, and this is for `{system}`: it rests on pidfd, parent-death signals and memfd"
        );
    }
}
