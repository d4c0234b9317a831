//! Is each mistake answered by one error, on the user's own token, in the user's words? Do right programs compile?
//!
//! `ui/fail` holds one wrong program per mistake with what rustc says of it, `ui/pass` right ones, which deny every
//! warning. After a change of a message run `TRYBUILD=overwrite cargo test -p mp-tests --test ui` and read the diff.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The compiler whose words the `.stderr` files are. Another one says some things differently.
const BLESSED: &str = "rustc 1.95.";

/// What no user wrote, so no message may speak of it.
const NEVER_SHOWN: [&str; 9] =
    ["__private", "mp_macros", "Unmarked", "Unchecked", "Declared", "Crossing", "Builder<impl", "Function<", "__entry"];

/// Programs named so show that several errors are reported at once.
const SEVERAL: &str = "many_";

#[test]
fn right_programs_compile_without_a_warning_and_run() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}

// Apart from the right ones, for those are built and these only checked, and all in one go.
#[test]
fn wrong_programs_do_not_compile_and_say_why() {
    let compiler = compiler();
    if compiler.starts_with(BLESSED) {
        trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
    } else {
        mp_tests::not_tested(&format!("the messages of ui/fail are those of {BLESSED}, this is {compiler}"));
    }
}

#[test]
fn a_mistake_gives_one_error() {
    check(|name, text| match (errors(text), name.starts_with(SEVERAL)) {
        (1, false) | (2.., true) => None,
        (count, _) => Some(format!("{count} errors")),
    });
}

#[test]
fn five_mistakes_give_five_errors() {
    let text = fs::read_to_string(fail().join("many_mistakes_are_all_shown.stderr")).expect("the case exists");
    assert_eq!(errors(&text), 5, "{text}");
}

#[test]
fn an_error_points_into_the_program_and_not_at_the_macro() {
    check(|name, text| {
        let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
        if !place.starts_with(&format!("ui/fail/{name}.rs:")) {
            return Some(format!("it points at {place}"));
        }
        // The first line shown, and what underlines it.
        let mut lines = text.lines().skip_while(|line| !line.contains("--> ")).skip(2);
        let (shown, underlined) = (lines.next()?, lines.next()?);
        let attribute = shown.find("#[process").is_some_and(|at| underlined.find('^') == Some(at));
        let whole = shown.contains("| / ") || shown.contains("| mp_main!") && underlined.contains("| ^");
        ((attribute || whole) && !WHOLE.contains(&name)).then(|| format!("it points at the macro: {shown}"))
    });
}

/// There is no token to point at, or rustc speaks of the attribute itself.
const WHOLE: [&str; 3] = ["program_is_empty", "program_begins_with_an_attribute_alone", "marks_a_statement"];

#[test]
fn no_message_speaks_of_what_the_user_did_not_write() {
    check(|_, text| {
        let shown = NEVER_SHOWN.iter().find(|word| text.contains(**word))?;
        Some(format!("it says `{shown}`"))
    });
}

#[test]
fn each_wrong_program_has_its_message_and_each_message_its_program() {
    let names =
        |extension| -> Vec<PathBuf> { files(extension).into_iter().map(|file| file.with_extension("")).collect() };
    assert_eq!(names("rs"), names("stderr"));
    assert!(names("rs").len() >= 70);
}

/// Asks `complaint` about each message, by the name of its case.
fn check(complaint: impl Fn(&str, &str) -> Option<String>) {
    let mut complaints = Vec::new();
    for file in files("stderr") {
        let text = fs::read_to_string(&file).expect("a message is text");
        let name = file.file_stem().and_then(OsStr::to_str).expect("a case has a name");
        complaints.extend(complaint(name, &text).map(|complaint| format!("{name}: {complaint}")));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn errors(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("error:") || line.starts_with("error[")).count()
}

/// The files of `ui/fail` with this extension, sorted.
fn files(extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(fail()).expect("ui/fail is there");
    let paths = entries.map(|entry| entry.expect("ui/fail can be read").path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension() == Some(OsStr::new(extension))).collect();
    files.sort();
    files
}

fn fail() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/fail")
}

/// What the compiler calls itself.
fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
