//! Checks on the tree itself, run as `cargo xtask tidy`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling a person what it found is its job")]

mod binaries;
mod floors;
mod paths;
mod peers;
mod tidy;
mod tokens;
mod tree;

use std::process::ExitCode;

use tree::Tree;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  tidy                     check floors, unsafe, lint reasons, ui cases, file sizes, leftovers, machine paths and links
  sweep [FIRST STRIDE [GROUP]]  kill programs, and each of their processes, at every system call; look for what is left
  sweep --peers            count whom programs of peers leave when they are killed at their system calls
  sweep failures           let each system call of a start fail in each documented way; look for what is left
  soak [CYCLES [SECONDS]]  start, kill and join processes, 10000 cycles and 600 s if not said; look for what grows";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["tidy"] => with_tree(tidy::run),
        ["sweep", "--peers"] => peers::report(),
        ["sweep", ..] => binaries::run("sweep", &words[1..]),
        ["soak", ..] => binaries::run("soak", &words[1..]),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn with_tree(command: fn(&Tree) -> ExitCode) -> ExitCode {
    match Tree::load() {
        Ok(tree) => command(&tree),
        Err(error) => {
            eprintln!("cannot read the tree: {error}");
            ExitCode::from(2)
        }
    }
}
