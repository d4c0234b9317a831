//! What the README says in figures is so.

use std::collections::BTreeSet;
use std::process::Command;

fn readme() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    std::fs::read_to_string(path).expect("the README is there")
}

#[test]
fn a_build_of_hello_compiles_the_crates_that_the_readme_counts() {
    let tree =
        ["tree", "--package", "mp-examples", "--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(tree).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    let beside = crates.iter().filter(|name| **name != "mp-examples").count();
    let claim = format!("compiles {beside} crates beside it");
    assert!(readme().contains(&claim), "the README does not say `{claim}`; they are {crates:?}");
}

#[test]
fn the_program_in_the_readme_is_an_example_that_is_run() {
    let readme = readme();
    let (_, rest) = readme.split_once("```rust\n").expect("there is a program");
    let (program, _) = rest.split_once("```").expect("it ends");
    let hello = include_str!("../../examples/hello.rs");
    let lines = |text: &'static str| text.lines().map(str::trim).collect::<BTreeSet<_>>();
    let known = lines(hello);
    let unknown: Vec<&str> = program.lines().map(str::trim).filter(|line| !known.contains(line)).collect();
    assert!(unknown.is_empty(), "not in examples/hello.rs: {unknown:?}");
}
