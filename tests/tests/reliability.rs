//! Does each test exist that RELIABILITY.md names?

use std::fs;
use std::path::Path;

#[test]
fn tests_that_the_document_names_exist() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(here.join("../RELIABILITY.md")).unwrap();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::")).collect();
    assert!(named.len() > 40, "{}", named.len());
    for (file, test) in named {
        let source = fs::read_to_string(here.join(format!("tests/{file}.rs"))).unwrap_or_default();
        let found = if test == "*" { !source.is_empty() } else { source.contains(&format!("fn {test}()")) };
        assert!(found, "`{file}::{test}` is no test");
    }
}
