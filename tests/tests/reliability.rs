//! Does each test exist that RELIABILITY.md names?

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn tests_that_the_document_names_exist() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(here.join("../RELIABILITY.md")).unwrap();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect();
    assert!(named.len() > 40, "{}", named.len());
    // Whole files of tests, where all of them are meant.
    let files: Vec<_> = text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("pool_")).collect();
    assert!(files.len() > 3, "{files:?}");
    for file in files.iter().filter(|file| !file.contains("::")) {
        assert!(here.join(format!("tests/{file}.rs")).exists(), "`{file}` is no file of tests");
    }
    for (file, test) in named {
        let source = fs::read_to_string(here.join(format!("tests/{file}.rs"))).unwrap_or_default();
        let found = if test == "*" { !source.is_empty() } else { source.contains(&format!("fn {test}()")) };
        assert!(found, "`{file}::{test}` is no test");
    }
}

/// A jump of the wall clock moves no deadline: nobody reads it, but for a lock where the C library knows no other clock.
#[test]
fn wall_clock_is_not_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mp-runtime/src");
    let (mut folders, mut readers, mut count) = (vec![root.clone()], Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        let paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let (deeper, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
        folders.extend(deeper);
        for file in files {
            count += 1;
            let text = fs::read_to_string(&file).unwrap();
            if ["SystemTime", "CLOCK_REALTIME", "gettimeofday"].iter().any(|word| text.contains(word)) {
                readers.push(file.strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    assert!(count > 100, "{count} files");
    assert_eq!(readers, [Path::new("shm/robust.rs")]);
}
