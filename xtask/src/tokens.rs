//! Rust source as tokens: enough to tell code from comments and strings, and on which line it stands.

/// One token; a comment is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// As written; `::` is one token, every other punctuation is one character.
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword; `r#type` keeps its prefix.
    Word,
    /// A string of any prefix, with its quotes.
    Text,
    /// A character, a byte, a lifetime or a number.
    Other,
    Punct,
}

impl Token<'_> {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }
}

/// Splits `source` into tokens. Source that does not lex gives what can be read of it.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (kind, len) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if rest.starts_with("//") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, block_comment(rest))
        } else if let Some(len) = string(rest) {
            (Some(Kind::Text), len)
        } else if first == '\'' {
            (Some(Kind::Other), quote(rest))
        } else if rest.starts_with("b'") {
            (Some(Kind::Other), 1 + quote(&rest[1..]))
        } else if first.is_ascii_digit() {
            (Some(Kind::Other), number(rest))
        } else if is_word_char(first) {
            (Some(Kind::Word), word(rest))
        } else if rest.starts_with("::") {
            (Some(Kind::Punct), 2)
        } else {
            (Some(Kind::Punct), first.len_utf8())
        };
        if let Some(kind) = kind {
            out.push(Token { kind, text: &rest[..len], line });
        }
        line += rest[..len].matches('\n').count();
        at += len;
    }
    out
}

/// The index of the bracket that closes the one at `open`, or the end.
pub(crate) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open).filter(|(_, token)| token.kind == Kind::Punct) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

fn is_word_char(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn run(rest: &str) -> usize {
    rest.find(|c| !is_word_char(c)).unwrap_or(rest.len())
}

fn word(rest: &str) -> usize {
    match rest.strip_prefix("r#") {
        Some(raw) if raw.starts_with(is_word_char) => 2 + run(raw),
        _ => run(rest),
    }
}

fn number(rest: &str) -> usize {
    let whole = run(rest);
    match rest[whole..].strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => whole + 1 + run(fraction),
        _ => whole,
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of the string at the start of `rest`, if there is one.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["cr", "br", "r", "c", "b", ""].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let body = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = body.len() - body.trim_start_matches('#').len();
        let inner = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let open = prefix.len() + hashes + 1;
        return Some(inner.find(&end).map_or(rest.len(), |at| open + at + end.len()));
    }
    let inner = body.strip_prefix('"')?;
    Some(until(inner, '"').map_or(rest.len(), |at| prefix.len() + 1 + at))
}

/// A lifetime or a character literal; `rest` starts with the quote.
fn quote(rest: &str) -> usize {
    let inner = &rest[1..];
    let mut chars = inner.chars();
    let first = chars.next();
    if first == Some('\\') || chars.next() == Some('\'') {
        until(inner, '\'').map_or(rest.len(), |at| 1 + at)
    } else {
        1 + run(inner)
    }
}

/// How far `inner` goes up to and with the first `end` that has no backslash before it.
fn until(inner: &str, end: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == end => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_no_tokens() {
        assert_eq!(texts("a // b\nc /* d /* e */ f */ g /// h"), ["a", "c", "g"]);
    }

    #[test]
    fn a_string_is_one_token_whatever_its_prefix() {
        let source = r####"x "a \" b" r"c\" r#"d " e"# b"f" br##"g "# h"## c"i" y"####;
        assert_eq!(
            texts(source),
            ["x", r#""a \" b""#, r#"r"c\""#, r###"r#"d " e"#"###, r#"b"f""#, r####"br##"g "# h"##"####, r#"c"i""#, "y"]
        );
    }

    #[test]
    fn quotes_are_characters_or_lifetimes() {
        assert_eq!(
            texts(r#"'a' 'a '\'' '"' b'"' &'static x"#),
            ["'a'", "'a", r"'\''", "'\"'", "b'\"'", "&", "'static", "x"]
        );
    }

    #[test]
    fn raw_words_numbers_and_paths() {
        assert_eq!(
            texts("r#type r::b 1..2 1.5e3 a::<B>()"),
            ["r#type", "r", "::", "b", "1", ".", ".", "2", "1.5e3", "a", "::", "<", "B", ">", "(", ")"]
        );
    }

    #[test]
    fn lines_count_through_strings_and_comments() {
        let lines: Vec<usize> = tokens("a\n\"b\nc\" d\n/* e\nf */ g").iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 2, 3, 5]);
    }

    #[test]
    fn source_that_does_not_lex_ends_with_the_file() {
        assert_eq!(texts("a \"b"), ["a", "\"b"]);
        assert_eq!(texts("a '"), ["a", "'"]);
        assert_eq!(texts("a /* b /*"), ["a"]);
        assert_eq!(texts("a r#"), ["a", "r", "#"]);
    }

    #[test]
    fn a_bracket_finds_its_partner() {
        let tokens = tokens("a (b [c] {d}) e");
        assert!(tokens[closing(&tokens, 1) + 1].is("e"));
        assert_eq!(closing(&tokens[..4], 1), 4);
    }
}
