//! No waiting by guess, nothing unwritten, no test that does not run.

use super::{Violation, lint_reasons::attributes};
use crate::{
    paths::mentions,
    tree::{File, Tree},
};

/// Where a sleep would hide a race: whoever waits here waits for something.
const AWAKE: &[&str] = &["tests/src/", "tests/tests/", "mp-runtime/src/"];

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.rust().filter(|file| !file.is_ui_case()).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        let tokens = file.tokens();
        let mut say = |line, message: &str| found.push(Violation::new(file, line, message));
        if file.is_in(AWAKE) {
            for mention in mentions(Vec::new(), &tokens) {
                if mention.path.ends_with(&["thread".to_owned(), "sleep".to_owned()]) {
                    say(mention.line, "`thread::sleep` is a guess; wait for the event, under a deadline");
                }
            }
        }
        for pair in tokens.windows(2) {
            if (pair[0].is("todo") || pair[0].is("unimplemented")) && pair[1].is("!") {
                say(pair[0].line, &format!("`{}!` is left over; write it or take it out", pair[0].text));
            }
        }
        for attribute in attributes(&tokens) {
            let conditional = attribute.first().is_some_and(|name| name.is("cfg_attr"));
            let reach = if conditional { attribute.len() } else { attribute.len().min(1) };
            if let Some(ignore) = attribute[..reach].iter().find(|token| token.is("ignore")) {
                say(ignore.line, "an ignored test proves nothing; make it run or delete it");
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn finished_code_passes() {
        let source = "// todo!() and thread::sleep\nfn f() { g(\"thread::sleep\", todo, ignore); thread::yield_now(); } #[serde(ignore)] struct S;";
        assert_eq!(printed(check, &[("tests/src/lib.rs", source)]), [""; 0]);
    }

    #[test]
    fn a_sleep_is_found_however_it_is_imported() {
        for source in [
            "\nfn f() { thread::sleep(d) }",
            "\nfn f() { ::std::thread::sleep(d) }",
            "\nuse std::{fs, thread::{self, sleep}};",
        ] {
            for path in ["tests/src/a.rs", "tests/tests/a.rs", "mp-runtime/src/process/a.rs"] {
                assert_eq!(places(check, &[(path, source)]), [format!("{path}:2")]);
            }
            assert_eq!(places(check, &[("examples/a.rs", source)]), [""; 0]);
        }
    }

    #[test]
    fn unwritten_code_is_found() {
        let files = [("examples/a.rs", "fn f() {\n todo!() }\nfn g() { core::unimplemented!() }")];
        assert_eq!(places(check, &files), ["examples/a.rs:2", "examples/a.rs:3"]);
    }

    #[test]
    fn an_ignored_test_is_found() {
        for source in [
            "#[test]\n#[ignore] fn f() {}",
            "#[test]\n#[ignore = \"slow\"] fn f() {}",
            "#[test]\n#[cfg_attr(miri, ignore)] fn f() {}",
        ] {
            let message = "a.rs:2: an ignored test proves nothing; make it run or delete it";
            assert_eq!(printed(check, &[("a.rs", source)]), [message]);
        }
    }

    #[test]
    fn a_ui_case_may_leave_its_body_open() {
        assert_eq!(printed(check, &[("tests/tests/ui/fail/a.rs", "fn f() { todo!() }")]), [""; 0]);
    }
}
