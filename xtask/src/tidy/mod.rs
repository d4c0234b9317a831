//! `cargo xtask tidy`: what no compiler holds, one check per file.

mod imports;
mod leftovers;
mod links;
mod lint_reasons;
mod machine_paths;
mod sizes;
mod ui_cases;
mod unsafe_code;

use std::{fmt, process::ExitCode};

use crate::tree::{File, Tree};

/// A rule over the tree.
struct Check {
    name: &'static str,
    /// The files it looks at.
    subjects: fn(&Tree) -> Vec<&File>,
    check: fn(&Tree) -> Vec<Violation>,
}

macro_rules! checks {
    ($($name:literal => $module:ident),* $(,)?) => {
        &[$(Check { name: $name, subjects: $module::subjects, check: $module::check }),*]
    };
}

const CHECKS: &[Check] = checks! {
    "floors" => imports,
    "unsafe code" => unsafe_code,
    "lint reasons" => lint_reasons,
    "ui cases" => ui_cases,
    "file sizes and names" => sizes,
    "leftovers" => leftovers,
    "machine paths" => machine_paths,
    "links" => links,
};

/// What is wrong at one place, and what to do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    message: String,
}

impl Violation {
    fn new(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs every check and prints one line for each, or every violation there is.
pub(crate) fn run(tree: &Tree) -> ExitCode {
    let mut violations: Vec<Violation> = CHECKS.iter().flat_map(|check| (check.check)(tree)).collect();
    violations.sort();
    if violations.is_empty() {
        for Check { name, subjects, .. } in CHECKS {
            println!("{name}: {} files, all well", subjects(tree).len());
        }
        return ExitCode::SUCCESS;
    }
    for violation in &violations {
        println!("{violation}");
    }
    eprintln!("{} violations", violations.len());
    ExitCode::FAILURE
}

/// The violations in a tree of these files, as printed.
#[cfg(test)]
fn printed(check: fn(&Tree) -> Vec<Violation>, files: &[(&str, &str)]) -> Vec<String> {
    check(&Tree::new(files.iter().copied())).iter().map(Violation::to_string).collect()
}

/// The same, but only where: `path:line`.
#[cfg(test)]
fn places(check: fn(&Tree) -> Vec<Violation>, files: &[(&str, &str)]) -> Vec<String> {
    let violations = check(&Tree::new(files.iter().copied()));
    violations.iter().map(|found| format!("{}:{}", found.path, found.line)).collect()
}
