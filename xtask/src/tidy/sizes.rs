//! A file is one noun or one verb and fits in one sitting.

use super::Violation;
use crate::tree::{File, Tree};

const SHORT: &[&str] = &["mp-macros/src/", "mp-runtime/src/", "tests/src/", "tests/tokio/src/", "xtask/src/"];
const MOST_LINES: usize = 300;

/// Names that say nothing about what is inside, for a file or a directory of Rust.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helpers", "manager", "misc"];

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.rust().collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        let lines = file.lines().count();
        if file.is_in(SHORT) && lines > MOST_LINES {
            let message = format!("{lines} lines, the most is {MOST_LINES}; divide it by what it is about");
            found.push(Violation::new(file, lines, message));
        }
        let mut names = file.path.trim_end_matches(".rs").split('/');
        if let Some(name) = names.find(|name| EMPTY_NAMES.contains(name)) {
            let message = format!("`{name}` does not say what is inside; name it after its noun or verb");
            found.push(Violation::new(file, 1, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::printed, *};

    #[test]
    fn a_file_of_the_most_lines_passes() {
        let (most, more) = ("\n".repeat(300), "\n".repeat(301));
        assert_eq!(printed(check, &[("mp-runtime/src/sys/fork.rs", &most), ("examples/a.rs", &more)]), [""; 0]);
    }

    #[test]
    fn a_longer_file_is_found() {
        let more = "\n".repeat(301);
        for path in ["mp-macros/src/a.rs", "mp-runtime/src/sys/a.rs", "tests/src/bin/a.rs", "xtask/src/tidy/a.rs"] {
            let message = format!("{path}:301: 301 lines, the most is 300; divide it by what it is about");
            assert_eq!(printed(check, &[(path, &more)]), [message]);
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_found() {
        for (path, name) in [("benches/src/util.rs", "util"), ("tests/tests/common/mod.rs", "common")] {
            let message = format!("{path}:1: `{name}` does not say what is inside; name it after its noun or verb");
            assert_eq!(printed(check, &[(path, "")]), [message]);
        }
        assert_eq!(printed(check, &[("a/utility.rs", ""), ("common/README.md", "")]), [""; 0]);
    }
}
