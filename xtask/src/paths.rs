//! Which paths a file names: every leaf of its `use` trees and every `a::b` written in place.

use crate::tokens::{Kind, Token};

/// A path, and where it is written.
#[derive(Debug)]
pub(crate) struct Mention {
    pub(crate) line: usize,
    /// The module it is written in, from the crate root; inline `mod`s count.
    pub(crate) module: Vec<String>,
    /// As written, one name per segment. A path that starts with `::` has an empty first segment.
    pub(crate) path: Vec<String>,
}

impl Mention {
    /// The path from the crate root, or `None` when it leads to another crate or to a name in scope.
    ///
    /// At the root itself a first segment that is no keyword may be a module, so it is taken as one.
    pub(crate) fn in_crate(&self) -> Option<Vec<String>> {
        let mut base = self.module.clone();
        let mut rest = &self.path[..];
        match rest.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" | "super" => {
                rest = rest.strip_prefix(&["self".to_owned()]).unwrap_or(rest);
                while rest.first().is_some_and(|segment| segment == "super") {
                    base.pop()?;
                    rest = &rest[1..];
                }
            }
            "" => return None,
            _ if base.is_empty() => {}
            _ => return None,
        }
        base.extend_from_slice(rest);
        Some(base)
    }
}

/// The module a file is, from the crate root: `sys/fork.rs` is `[sys, fork]`, `sys/mod.rs` `[sys]`, `lib.rs` the root.
pub(crate) fn module_of(path_in_src: &str) -> Vec<String> {
    let mut module: Vec<String> = path_in_src.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|name| name == "mod") || module == ["lib"] {
        module.pop();
    }
    module
}

/// Every path in a file that is `module`, in the order written.
pub(crate) fn mentions(module: Vec<String>, tokens: &[Token<'_>]) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut module = module;
    let mut inline = Vec::new(); // the depths at which inline modules opened
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = |ahead: usize| tokens.get(at + ahead);
        match token.text {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
            }
            "mod" if next(1).is_some_and(Token::is_word) && next(2).is_some_and(|token| token.is("{")) => {
                module.extend(next(1).map(|name| name.text.to_owned()));
                inline.push(depth);
                depth += 1;
                at += 2;
            }
            // `impl Trait + use<'a>` is no import.
            "use" if next(1).is_some_and(|token| !token.is("<")) => {
                let mut reader = Reader { tokens, at: at + 1, leaves: Vec::new() };
                reader.tree(&[]);
                at = reader.at;
                found.extend(reader.leaves.into_iter().map(|(line, path)| Mention {
                    line,
                    module: module.clone(),
                    path,
                }));
                continue;
            }
            _ if starts_path(tokens, at) => {
                let mut reader = Reader { tokens, at, leaves: Vec::new() };
                let path = reader.segments();
                at = reader.at;
                found.push(Mention { line: token.line, module: module.clone(), path });
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// `a::` and `::a` start a path; a lone name is none.
fn starts_path(tokens: &[Token<'_>], at: usize) -> bool {
    let Some([first, second]) = tokens.get(at..at + 2) else {
        return false;
    };
    (first.is_word() && second.is("::")) || (first.is("::") && second.is_word())
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    leaves: Vec<(usize, Vec<String>)>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token<'_>> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, text: &str) -> bool {
        let eaten = self.peek().is_some_and(|token| token.is(text));
        self.at += usize::from(eaten);
        eaten
    }

    /// `a::b::c`, and the `::` after it if a group or a star follows.
    fn segments(&mut self) -> Vec<String> {
        let mut path = Vec::new();
        if self.eat("::") {
            path.push(String::new());
        }
        while let Some(name) = self.peek().filter(|token| token.kind == Kind::Word) {
            path.push(name.text.trim_start_matches("r#").to_owned());
            self.at += 1;
            if !self.eat("::") {
                break;
            }
        }
        path
    }

    /// One branch of a `use` tree below `prefix`; each leaf is kept with its line.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.peek().map_or(0, |token| token.line);
        let mut path = prefix.to_vec();
        let segments = self.segments();
        // `::` inside a group means nothing new.
        path.extend(segments.into_iter().filter(|segment| prefix.is_empty() || !segment.is_empty()));
        if self.eat("{") {
            while self.peek().is_some_and(|token| !token.is("}")) {
                let before = self.at;
                self.tree(&path);
                self.eat(",");
                if self.at == before {
                    self.at += 1; // not a `use` tree; a macro may print anything
                }
            }
            self.eat("}");
            return;
        }
        if self.eat("*") {
            path.push("*".to_owned());
        } else if path.len() > 1 && path.last().is_some_and(|segment| segment == "self") {
            path.pop();
        }
        if self.eat("as") {
            self.at += 1;
        }
        if !path.is_empty() {
            self.leaves.push((line, path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    fn in_crate(file: &str, source: &str) -> Vec<String> {
        let found = mentions(module_of(file), &tokens(source));
        found.iter().filter_map(Mention::in_crate).map(|path| path.join("::")).collect()
    }

    #[test]
    fn a_use_tree_gives_its_leaves() {
        let source = "use crate::{a::b, c, d::{self, e as f, g::*}}; use std::io; use ::x::y;";
        assert_eq!(in_crate("sys/fork.rs", source), ["a::b", "c", "d", "d::e", "d::g::*"]);
    }

    #[test]
    fn paths_written_in_place_count() {
        let source = "fn f(x: crate::a::B) -> std::io::Result<()> { $crate::c::d::<crate::e::F>() }";
        assert_eq!(in_crate("sys/fork.rs", source), ["a::B", "c::d", "e::F"]);
    }

    #[test]
    fn super_counts_from_the_module_and_inline_modules_are_modules() {
        let source =
            "use super::a; mod tests { use super::*; use super::super::super::b; } use super::super::c; use self::d;";
        assert_eq!(in_crate("sys/fork.rs", source), ["sys::a", "sys::fork::*", "b", "c", "sys::fork::d"]);
        assert_eq!(in_crate("sys/mod.rs", "use super::a; pub(crate) use fork::Fork;"), ["a"]);
    }

    #[test]
    fn the_root_names_its_modules_without_a_keyword() {
        assert_eq!(
            in_crate("lib.rs", "pub use process::{Handle, Exit}; mod m { use crate::a; }"),
            ["process::Handle", "process::Exit", "a"]
        );
    }

    #[test]
    fn what_is_no_import_is_no_mention() {
        let source = r#"// crate::a
            pub(crate) fn f() -> impl Fn() + use<'_> { "crate::b" }"#;
        assert_eq!(in_crate("sys/fork.rs", source), [""; 0]);
    }

    #[test]
    fn a_use_that_is_no_tree_ends() {
        assert_eq!(in_crate("sys/fork.rs", "use #a; use {#a, crate::b}; use crate::{"), ["b"]);
    }
}
