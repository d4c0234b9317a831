//! A program with a process that not even SIGKILL ends: the freezer, whose folder is the first argument, holds it in the kernel, as
//! a device would that does not answer.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::path::PathBuf;
use std::{env, fs};

use fixture_kit::{ends::park, until};
use mp_runtime::{mp_main, process};

mod fixture_kit;

#[process(daemon)]
fn serves() {
    park();
}

#[process(daemon, grace = "100ms")]
fn hangs() {
    park();
}

mp_main! {
    serves();
    hangs();

    fn main() {
        let folder = PathBuf::from(env::args().nth(1).expect("a folder"));
        fs::write(folder.join("tasks"), hangs.id().to_string()).unwrap();
        fs::write(folder.join("freezer.state"), "FROZEN").unwrap();
        until(|| fs::read_to_string(folder.join("freezer.state")).is_ok_and(|state| state == "FROZEN\n"));
        println!("frozen");
    }
}
