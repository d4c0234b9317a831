//! A lint is turned off for a reason, and the reason stands there.

use super::Violation;
use crate::{
    tokens::{Kind, Token, closing},
    tree::{File, Tree},
};

pub(super) fn subjects(tree: &Tree) -> Vec<&File> {
    tree.rust().filter(|file| !file.is_ui_case()).collect()
}

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in subjects(tree) {
        let tokens = file.tokens();
        for attribute in attributes(&tokens) {
            for (at, pair) in attribute.windows(2).enumerate() {
                let is_level = pair[0].is("allow") || pair[0].is("expect");
                if is_level && pair[1].is("(") && !has_reason(&attribute[at + 1..closing(attribute, at + 1)]) {
                    let message = format!("`{}` without a reason; add `reason = \"..\"`", pair[0].text);
                    found.push(Violation::new(file, pair[0].line, message));
                }
            }
        }
    }
    found
}

/// The insides of `#[..]` and `#![..]`.
pub(super) fn attributes<'a>(tokens: &'a [Token<'a>]) -> impl Iterator<Item = &'a [Token<'a>]> {
    tokens.iter().enumerate().filter(|(_, token)| token.is("#")).filter_map(|(at, _)| {
        let bang = tokens.get(at + 1).is_some_and(|token| token.is("!"));
        let open = at + 1 + usize::from(bang);
        tokens.get(open).filter(|token| token.is("["))?;
        tokens.get(open + 1..closing(tokens, open))
    })
}

fn has_reason(lint_list: &[Token<'_>]) -> bool {
    lint_list.windows(3).any(|three| {
        let says = three[2].text.trim_matches(['r', '#', '"', ' ']);
        three[0].is("reason") && three[1].is("=") && three[2].kind == Kind::Text && !says.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::{super::places, super::printed, *};

    #[test]
    fn a_lint_with_its_reason_passes() {
        let source = r##"
            #![allow(unsafe_code, reason = "system calls")]
            #[cfg_attr(loom, allow(dead_code, reason = r#"loom has "no" fork"#))]
            #[expect(
                unused, // not (yet)
                reason = "the user's name",
            )]
            fn f() { x.expect("reason"); y.allow(z); } // #[allow(unused)]
            "##;
        assert_eq!(printed(check, &[("a.rs", source)]), [""; 0]);
    }

    #[test]
    fn a_lint_without_a_reason_is_found() {
        for source in [
            "\n#[allow(unused)] fn f() {}",
            "\n#![allow(unused)]",
            "\n#[expect(unused, reason = \"\")] fn f() {}",
            "\n#[cfg_attr(loom, allow(dead_code))] #[doc = \"reason = x\"] fn f() {}",
            "\nfn f() { quote!(#[allow(unused)] #item) }",
        ] {
            assert_eq!(places(check, &[("mp-macros/src/a.rs", source)]), ["mp-macros/src/a.rs:2"], "{source}");
        }
    }

    #[test]
    fn the_message_names_the_level() {
        let message = "a.rs:1: `expect` without a reason; add `reason = \"..\"`";
        assert_eq!(printed(check, &[("a.rs", "#[expect(unused)]")]), [message]);
    }

    #[test]
    fn a_ui_case_needs_no_reason() {
        assert_eq!(printed(check, &[("tests/tests/ui/pass/a.rs", "#![allow(unused)]")]), [""; 0]);
    }
}
