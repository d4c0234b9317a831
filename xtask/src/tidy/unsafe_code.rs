//! Unsafe code lives where its invariant is written down, and nowhere else.

use super::Violation;
use crate::{
    tokens::Token,
    tree::{File, Tree},
};

/// Where unsafe code may be: the modules whose header states an invariant.
const HOMES: &[&str] =
    &["mp-runtime/src/sys/", "mp-runtime/src/shm/", "models/src/sys/", "benches/src/raw.rs", "benches/src/robust.rs"];

/// The name of such a module in the test programs, which are several small crates.
const HOME_IN_TESTS: &str = "/sys.rs";

/// What after `unsafe` makes it code; `Token![unsafe]` in a parser is none. `(` is `#[unsafe(no_mangle)]`.
const USES: &[&str] = &["{", "(", "fn", "impl", "extern", "trait"];

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    let at_home = |file: &File| file.is_in(HOMES) || file.is_in(&["tests/"]) && file.path.ends_with(HOME_IN_TESTS);
    tree.rust().filter(|file| !file.is_ui_case() && !at_home(file)).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        let tokens = file.tokens();
        for (at, pair) in tokens.windows(2).enumerate() {
            // `#[process(unsafe(threads))]` is an option, not code.
            let option = pair[1].is("(") && tokens.get(at + 2).is_some_and(|next| next.is("threads"));
            if pair[0].is("unsafe") && USES.iter().any(|text| pair[1].is(text)) && !option {
                found.push(Violation::new(file, pair[0].line, refusal(&pair[1])));
            }
        }
    }
    found
}

fn refusal(next: &Token<'_>) -> String {
    format!("`unsafe {}` outside of {}; put a safe function there and call it", next.text, HOMES.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn unsafe_code_at_home_passes() {
        let source = "unsafe fn f() {} unsafe impl Send for S {} fn g() { unsafe { f() } }";
        let homes = ["mp-runtime/src/sys/fork.rs", "mp-runtime/src/shm/sync/once.rs", "tests/src/bin/kit/sys.rs"];
        let files = homes.map(|path| (path, source));
        assert_eq!(printed(check, &files), [""; 0]);
    }

    #[test]
    fn unsafe_code_elsewhere_is_found() {
        for source in [
            "\nfn g() { unsafe { f() } }",
            "\nunsafe impl Send for S {}",
            "\nunsafe extern \"C\" {}",
            "\n#[unsafe(no_mangle)] fn f() {}",
        ] {
            for path in [
                "mp-runtime/src/process/sys.rs",
                "mp-runtime/src/process/child.rs",
                "mp-macros/src/process/expand.rs",
                "examples/a.rs",
            ] {
                assert_eq!(places(check, &[(path, source)]), [format!("{path}:2")]);
            }
        }
    }

    #[test]
    fn the_word_alone_passes() {
        let source = "#![forbid(unsafe_code)] // unsafe { }\nfn f(i: ParseStream) { i.peek(Token![unsafe]); g(\"unsafe {\", item.unsafety) }";
        assert_eq!(printed(check, &[("mp-macros/src/item.rs", source)]), [""; 0]);
    }

    #[test]
    fn the_option_of_a_process_passes() {
        let source = "#[process(unsafe(threads))] fn f() {}";
        assert_eq!(printed(check, &[("tests/src/a.rs", source)]), [""; 0]);
    }

    #[test]
    fn a_ui_case_may_be_wrong() {
        assert_eq!(printed(check, &[("tests/tests/ui/fail/unsafe_fn.rs", "#[process] unsafe fn f() {}")]), [""; 0]);
    }
}
