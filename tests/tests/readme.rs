//! What the README says in figures is so.

use std::collections::BTreeSet;
use std::process::Command;

fn readme() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    std::fs::read_to_string(path).expect("the README is there")
}

#[test]
fn a_build_of_hello_compiles_the_crates_that_the_readme_counts() {
    // What `cargo run --example hello` builds, whether it was built before or not.
    let build = ["build", "--example", "hello", "--message-format", "json", "--quiet"];
    let output = Command::new(env!("CARGO")).args(build).current_dir("..").output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    let built = text.lines().filter_map(|line| line.strip_prefix(r#"{"reason":"compiler-artifact","package_id":""#));
    let crates: BTreeSet<&str> = built.filter_map(|line| line.split('"').next()).collect();
    let beside = crates.iter().filter(|package| !package.contains("/examples#")).count();
    let claim = format!("compiles {beside} crates beside it");
    assert!(readme().contains(&claim), "the README does not say `{claim}`; they are {crates:?}");
}

#[test]
fn a_program_has_the_crates_that_the_readme_counts() {
    let tree =
        ["tree", "--package", "mp-runtime", "--edges", "no-dev", "--prefix", "none", "--format", "{p}", "--quiet"];
    let output = Command::new(env!("CARGO")).args(tree).current_dir("..").output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    let claim = format!("a program of your own has {}.", crates.len());
    assert!(readme().contains(&claim), "the README does not say `{claim}`; they are {crates:?}");
}

#[test]
fn the_program_in_the_readme_is_an_example_that_is_run() {
    let readme = readme();
    let (_, rest) = readme.split_once("```rust\n").expect("there is a program");
    let (program, _) = rest.split_once("```").expect("it ends");
    let hello = include_str!("../../examples/hello.rs");
    let hello: Vec<&str> = hello.lines().filter(|line| !line.starts_with("//!")).collect();
    assert_eq!(program.trim().lines().collect::<Vec<_>>(), hello, "examples/hello.rs is another program");
}

#[test]
fn the_readme_names_every_example() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    let files = std::fs::read_dir(folder).expect("it is there").map(|file| file.expect("it can be read").path());
    let examples = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    let names: Vec<String> = examples.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() > 15, "{names:?}");
    let readme = readme();
    let missing: Vec<_> =
        names.iter().filter(|name| *name != "hello" && !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in the README: {missing:?}");
}
