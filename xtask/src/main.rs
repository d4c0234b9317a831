//! Checks on the tree itself, run as `cargo xtask tidy`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling a person what it found is its job")]

mod floors;
mod paths;
mod tidy;
mod tokens;
mod tree;

use std::process::ExitCode;

use tree::Tree;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  tidy    check floors, unsafe, lint reasons, ui cases, file sizes, leftovers, machine paths and links";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["tidy"] => with_tree(tidy::run),
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
