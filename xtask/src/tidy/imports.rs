//! Code imports only from lower floors; `floors.rs` has the table.

use std::collections::BTreeSet;

use super::Violation;
use crate::{
    floors::{Floors, MACROS, NOT_IN_EXPAND, RUNTIME},
    paths::{Mention, mentions, module_of},
    tree::{File, Tree},
};

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.rust().filter(|file| file.is_in(&[RUNTIME.src, MACROS.src])).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = of_crate(tree, &RUNTIME);
    found.extend(of_crate(tree, &MACROS));
    for file in tree.rust().filter(|file| file.is_in(&[MACROS.src]) && file.name() == "expand.rs") {
        for mention in file_mentions(file, &MACROS) {
            if mention.in_crate().is_some_and(|path| path[0] == NOT_IN_EXPAND) {
                let message = format!("expansion cannot fail, so it imports no `{NOT_IN_EXPAND}`; decide in the model");
                found.push(Violation::new(file, mention.line, message));
            }
        }
    }
    found
}

fn of_crate(tree: &Tree, floors: &Floors) -> Vec<Violation> {
    let files = || tree.rust().filter(|file| file.is_in(&[floors.src]));
    let modules: BTreeSet<String> = files().map(|file| top(&file_module(file, floors))).collect();
    let mut unknown: BTreeSet<&str> =
        modules.iter().map(String::as_str).filter(|name| floors.height(name).is_none()).collect();
    let mut found = Vec::new();
    for file in files() {
        let home = top(&file_module(file, floors));
        if floors.height(&home).is_none() {
            // Said once per module; its imports cannot be judged before it has a floor.
            if unknown.remove(home.as_str()) {
                let message = format!("module `{home}` has no floor; add it to the table in xtask/src/floors.rs");
                found.push(Violation::new(file, 1, message));
            }
            continue;
        }
        for mention in file_mentions(file, floors) {
            let Some(path) = mention.in_crate() else {
                continue;
            };
            // A module written inline in lib.rs without a floor of its own belongs to the root.
            let from = some_module(floors, mention.module.first());
            let to = match path.first() {
                Some(name) if floors.height(name).is_none() && modules.contains(name) => continue,
                name => some_module(floors, name),
            };
            if !floors.allows(from, to) {
                found.push(Violation::new(file, mention.line, refusal(floors, from, to, &path)));
            }
        }
    }
    found
}

fn refusal(floors: &Floors, from: &str, to: &str, path: &[String]) -> String {
    let path = path.join("::");
    let height = |module| floors.height(module).unwrap_or_default();
    if to == "lib" {
        return format!("`{from}` imports `crate::{path}` from the crate root; import it from the module that has it");
    }
    format!(
        "`{from}` (floor {}) imports `crate::{path}` (floor {}); only lower floors may be imported, so one of the two is on the wrong floor",
        height(from),
        height(to),
    )
}

/// The name as the table has it; what the table does not have is an item of the root.
fn some_module<'a>(floors: &Floors, name: Option<&'a String>) -> &'a str {
    name.map(String::as_str).filter(|name| floors.height(name).is_some()).unwrap_or("lib")
}

fn file_mentions(file: &File, floors: &Floors) -> Vec<Mention> {
    mentions(file_module(file, floors), &file.tokens())
}

fn file_module(file: &File, floors: &Floors) -> Vec<String> {
    module_of(&file.path[floors.src.len()..])
}

fn top(module: &[String]) -> String {
    module.first().map_or("lib", String::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn an_import_from_a_lower_floor_passes() {
        let files = [
            (
                "mp-runtime/src/process/child.rs",
                "use crate::{error::Error, sys::{fork, wait}}; use super::report; use std::io;",
            ),
            ("mp-runtime/src/sys/fork.rs", "use super::wait; fn f() -> crate::error::Error { crate::sys::g() }"),
            ("mp-runtime/src/lib.rs", "mod sys; pub use process::Handle; pub use crate::error::Error;"),
            ("mp-runtime/src/__private.rs", "pub use crate::program::run;"),
            ("tests/src/lib.rs", "use crate::process;"),
        ];
        assert_eq!(printed(check, &files), [""; 0]);
    }

    #[test]
    fn an_import_from_a_higher_floor_is_found() {
        let files = [("mp-runtime/src/sys/fork.rs", "\nuse crate::{error::Error, process::Handle};")];
        let message = "mp-runtime/src/sys/fork.rs:2: `sys` (floor 1) imports `crate::process::Handle` (floor 4); \
                       only lower floors may be imported, so one of the two is on the wrong floor";
        assert_eq!(printed(check, &files), [message]);
    }

    #[test]
    fn no_way_of_writing_a_path_hides_it() {
        for source in [
            "use crate::process as p;",
            "use crate::{error, process::{self}};",
            "use super::super::process::*;",
            "mod tests { use super::super::super::process::Handle; }",
            "fn f() { crate::process::start() }",
            "macro_rules! m { () => { $crate::process::start() } }",
            "pub(crate) use crate::process::Handle;",
        ] {
            assert_eq!(places(check, &[("mp-runtime/src/sys/fork.rs", source)]).len(), 1, "{source}");
        }
    }

    #[test]
    fn an_import_through_the_crate_root_is_found() {
        for source in ["use crate::Handle;", "use super::*;", "use crate::{self as root};"] {
            assert_eq!(places(check, &[("mp-runtime/src/sys/mod.rs", source)]).len(), 1, "{source}");
        }
    }

    #[test]
    fn the_same_floor_in_another_module_is_found() {
        assert_eq!(places(check, &[("mp-runtime/src/lib.rs", "pub use __private::start;")]).len(), 1);
    }

    #[test]
    fn a_module_without_a_floor_is_found_once() {
        let files = [
            ("mp-runtime/src/cache/mod.rs", "use crate::process;"),
            ("mp-runtime/src/cache/disk.rs", ""),
            ("mp-runtime/src/process/mod.rs", "use crate::cache;"),
        ];
        let message =
            "mp-runtime/src/cache/mod.rs:1: module `cache` has no floor; add it to the table in xtask/src/floors.rs";
        assert_eq!(printed(check, &files), [message]);
    }

    #[test]
    fn the_two_macros_do_not_know_each_other() {
        let above = ("mp-macros/src/lib.rs", "mod program; mod process; use crate::{program::f, process::g};");
        let sound = ("mp-macros/src/process/model.rs", "use crate::{item::FnItem, options}; use super::args;");
        let below = ("mp-macros/src/options.rs", "use crate::errors::Errors;");
        assert_eq!(printed(check, &[above, sound, below]), [""; 0]);
        for (path, source) in [
            ("mp-macros/src/process/model.rs", "use crate::program::input;"),
            ("mp-macros/src/program/mod.rs", "use super::process;"),
            ("mp-macros/src/errors.rs", "use crate::process::model::Process;"),
        ] {
            assert_eq!(places(check, &[(path, source)]).len(), 1, "{path}");
        }
    }

    #[test]
    fn expansion_imports_no_errors() {
        assert_eq!(
            printed(check, &[("mp-macros/src/program/expand.rs", "use crate::runtime_path::RuntimePath;")]),
            [""; 0]
        );
        let files = [("mp-macros/src/program/expand.rs", "use crate::{errors::Errors, item};")];
        let message =
            "mp-macros/src/program/expand.rs:1: expansion cannot fail, so it imports no `errors`; decide in the model";
        assert_eq!(printed(check, &files), [message]);
    }
}
