//! Is code counted under `-C instrument-coverage` that runs in a child only, once, and however the child is started and ends?
//!
//! A count is a word of the file that the profiler writes, and the counts of the program are numbers that nothing else has:
//! the file is not understood here, but searched for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use mp_tests::{Expect, Run};

/// How often the function of the parent is called, and that of the children by one of them.
const IN_PARENT: u64 = 456_791;
/// Four methods, three ends, four at once.
const CHILDREN: usize = 48;

/// The program, built with counts; what is built meanwhile writes none.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let variables = [("RUSTFLAGS", "-C instrument-coverage"), ("LLVM_PROFILE_FILE", "/dev/null")];
        let target =
            mp_tests::build("coverage", &["--package", "mp-tests-anywhere", "--example", "counted"], &variables);
        target.join("debug/examples/counted")
    })
}

/// Runs the program with this pattern for the name of the file, in a folder of its own: what it says of the counts of children,
/// and the words of each file.
#[track_caller]
fn run(pattern: Option<&str>) -> (Vec<u64>, Vec<Vec<u64>>) {
    let name = format!("mp-coverage-{}-{}", std::process::id(), pattern.unwrap_or("default").replace('%', ""));
    let folder = program().with_file_name(name);
    fs::create_dir(&folder).unwrap();
    let run = Run::program("/bin/sh").args(["-c", "cd \"$0\" && exec \"$1\""]).arg(&folder).arg(program());
    let run = run.env_remove("RUST_BACKTRACE").env_remove("__LLVM_PROFILE_RT_INIT_ONCE");
    let run = match pattern {
        Some(pattern) => run.env("LLVM_PROFILE_FILE", pattern),
        None => run.env_remove("LLVM_PROFILE_FILE"),
    };
    let outcome = run.deadline(Duration::from_secs(60)).expect(Expect::FdsOpen).run();
    outcome.assert_code(0);
    assert!(!outcome.stderr.contains("LLVM Profile"), "{outcome}");
    let counts = outcome.stdout.lines().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect();
    let files = fs::read_dir(&folder).unwrap().map(|file| words(&file.unwrap().path())).collect();
    fs::remove_dir_all(&folder).unwrap();
    (counts, files)
}

fn words(file: &Path) -> Vec<u64> {
    let bytes = fs::read(file).unwrap();
    bytes.as_chunks().0.iter().map(|word| u64::from_ne_bytes(*word)).collect()
}

/// Asserts that each process has a file, and that its count is in one of them.
#[track_caller]
fn assert_a_file_each(pattern: Option<&str>) {
    let (counts, files) = run(pattern);
    assert_eq!((counts.len(), files.len()), (CHILDREN, CHILDREN + 1));
    let mut found = BTreeMap::<u64, usize>::new();
    for word in files.iter().flatten().filter(|word| counts.contains(word) || **word == IN_PARENT) {
        *found.entry(*word).or_default() += 1;
    }
    let all: BTreeMap<_, _> = counts.into_iter().chain([IN_PARENT]).map(|count| (count, 1)).collect();
    assert_eq!(found, all);
}

#[test]
fn child_has_a_file_of_its_own_with_its_own_counts() {
    assert_a_file_each(Some("%p.profraw"));
}

#[test]
fn child_has_a_file_of_its_own_where_no_pattern_is_given() {
    assert_a_file_each(None);
}

/// The profiler takes turns at the file, and adds.
#[test]
fn counts_of_all_children_add_up_in_one_file() {
    let (counts, files) = run(Some("%m.profraw"));
    assert_eq!((counts.len(), files.len()), (CHILDREN, 1));
    let sum = counts.iter().sum::<u64>();
    let times = |count: u64| files[0].iter().filter(|word| **word == count).count();
    assert_eq!((times(sum), times(IN_PARENT)), (1, 1));
}
