//! Each mistake a user can make is shown by one case: one error, on the user's line, in the user's words.

use super::Violation;
use crate::tree::{File, Tree};

/// Names a user never wrote, so no message may speak of them. A `*` at the end stands for any rest.
const NEVER_SHOWN: &[&str] = &["__private", "_private", "__mp*", "__entry*", "mp_macros", "Unmarked"];

/// Cases with this prefix show that several mistakes are reported at once.
const SEVERAL: &str = "many_";

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    let is_case = |file: &&File| file.is_ui_case() && file.path.contains("/ui/fail/");
    tree.files().filter(is_case).filter(|file| file.name().ends_with(".rs")).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for case in subjects(tree) {
        if !tree.has(&beside(case, ".rs", ".stderr")) {
            let message = "no .stderr beside it; run the ui tests with TRYBUILD=overwrite and read what they write";
            found.push(Violation::new(case, 1, message));
        }
    }
    let is_output = |file: &&File| file.is_ui_case() && file.name().ends_with(".stderr");
    for output in tree.files().filter(is_output) {
        if !tree.has(&beside(output, ".stderr", ".rs")) {
            found.push(Violation::new(output, 1, "no case of this name; delete it or name it after its case"));
        }
        found.extend(errors(output));
        found.extend(place(output));
        found.extend(names(output));
    }
    found
}

/// The path of the file that belongs to this one.
fn beside(file: &File, ending: &str, other: &str) -> String {
    file.path.strip_suffix(ending).unwrap_or(&file.path).to_owned() + other
}

/// One mistake gives one error.
fn errors(output: &File) -> Option<Violation> {
    let is_summary = |text: &str| text.starts_with("error: aborting") || text.starts_with("error: could not compile");
    let lines = output.lines().filter(|(_, text)| text.starts_with("error") && !is_summary(text));
    let lines: Vec<usize> = lines.map(|(line, _)| line).collect();
    let several = output.name().starts_with(SEVERAL);
    match lines[..] {
        [] => Some(Violation::new(output, 1, "no error in it; a case that compiles belongs in ui/pass")),
        [_] if several => {
            Some(Violation::new(output, 1, format!("one error; `{SEVERAL}` is for cases that show several")))
        }
        [_, second, ..] if !several => {
            let message =
                format!("error 2 of {}; one mistake gives one error (or name the case `{SEVERAL}..`)", lines.len());
            Some(Violation::new(output, second, message))
        }
        _ => None,
    }
}

/// The first span is in the user's file.
fn place(output: &File) -> Option<Violation> {
    let mut spans = output.lines().filter_map(|(line, text)| Some((line, text.trim_start().strip_prefix("--> ")?)));
    let own = beside(output, ".stderr", ".rs");
    let own = &own[own.find("ui/fail/").unwrap_or(0)..];
    match spans.next() {
        None => Some(Violation::new(output, 1, "no ` --> `; the error must point at the user's code")),
        Some((_, span)) if span.contains(own) => None,
        Some((line, span)) => {
            Some(Violation::new(output, line, format!("the first span is {span}; it must be in the user's file {own}")))
        }
    }
}

/// No generated or private name is shown, except where rustc lists implementations and cannot be told not to.
fn names(output: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut in_list = false;
    for (line, text) in output.lines() {
        in_list = continues_list(text, in_list);
        if in_list {
            continue;
        }
        let mut words = text.split(|c: char| c != '_' && !c.is_alphanumeric());
        if let Some(word) = words.find(|word| is_never_shown(word)) {
            let message =
                format!("shows `{word}`, which the user never wrote; set the span or the message so that it does not");
            found.push(Violation::new(output, line, message));
        }
    }
    found
}

/// Whether a line belongs to a `help:` about which types implement a trait.
fn continues_list(text: &str, in_list: bool) -> bool {
    let text = text.trim_start();
    let note = text.strip_prefix("= ").unwrap_or(text);
    if let Some(help) = note.strip_prefix("help: ") {
        return help.contains("trait") && help.contains("implement");
    }
    // The list goes on with indented names until something else begins.
    in_list && !text.is_empty() && !["= ", "error", "warning", "note: "].iter().any(|start| text.starts_with(start))
}

fn is_never_shown(word: &str) -> bool {
    NEVER_SHOWN.iter().any(|name| match name.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == *name,
    })
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    const CASE: (&str, &str) = ("tests/tests/ui/fail/a.rs", "");
    const GOOD: &str = "warning: x\n\nerror[E0277]: `f` is not a process\n --> tests/ui/fail/a.rs:3:10\n  |\n\
                        3 | mp_main!(f);\n  |\n  = help: the trait `mp_runtime::__private::Unmarked` is implemented for `B`\n\
                        \x20         and `mp_macros::C`\n  = note: x\n\nerror: aborting due to 1 previous error\n";

    fn of_output(name: &str, output: &str) -> Vec<String> {
        let (case, path) = (format!("tests/tests/ui/fail/{name}.rs"), format!("tests/tests/ui/fail/{name}.stderr"));
        printed(check, &[(&case, ""), (&path, output)])
    }

    #[test]
    fn one_error_in_the_users_file_and_words_passes() {
        assert_eq!(of_output("a", GOOD), [""; 0]);
        assert_eq!(printed(check, &[("tests/tests/ui/pass/a.rs", "")]), [""; 0]);
    }

    #[test]
    fn a_case_and_its_output_belong_together() {
        assert_eq!(places(check, &[CASE]), ["tests/tests/ui/fail/a.rs:1"]);
        assert_eq!(places(check, &[("tests/ui/fail/a.stderr", GOOD)]), ["tests/ui/fail/a.stderr:1"]);
    }

    #[test]
    fn two_errors_for_one_mistake_are_found() {
        let two = format!("{GOOD}\nerror: more\n");
        let message =
            "tests/tests/ui/fail/a.stderr:14: error 2 of 2; one mistake gives one error (or name the case `many_..`)";
        assert_eq!(of_output("a", &two), [message]);
        assert_eq!(of_output("many_mistakes", &two.replace("a.rs", "many_mistakes.rs")), [""; 0]);
    }

    #[test]
    fn many_are_more_than_one_and_one_is_more_than_none() {
        assert_eq!(of_output("many_a", &GOOD.replace("a.rs", "many_a.rs")).len(), 1);
        assert_eq!(of_output("a", "warning: x\n --> tests/ui/fail/a.rs:3:10\n").len(), 1);
    }

    #[test]
    fn a_span_outside_the_users_file_is_found() {
        let output = "error: x\n --> $WORKSPACE/mp-runtime/src/error.rs:3:10\n";
        let message = "tests/tests/ui/fail/a.stderr:2: the first span is $WORKSPACE/mp-runtime/src/error.rs:3:10; \
                       it must be in the user's file ui/fail/a.rs";
        assert_eq!(of_output("a", output), [message]);
        assert_eq!(of_output("a", "error: x\n").len(), 1);
    }

    #[test]
    fn a_name_the_user_never_wrote_is_found() {
        for name in ["__private", "mp_runtime::_private::f", "__entry0", "__mp_run", "mp_macros", "Unmarked"] {
            for text in [
                format!("  = note: required by `{name}`"),
                format!("  = help: the trait is implemented for\n\n`{name}`"),
            ] {
                assert_eq!(of_output("a", &format!("{GOOD}{text}\n")).len(), 1, "{text}");
            }
        }
        for name in ["is_private", "entry13", "entry", "mp_macros_like", "Marked"] {
            assert_eq!(of_output("a", &format!("{GOOD}`{name}`\n")), [""; 0], "{name}");
        }
    }
}
