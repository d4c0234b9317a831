//! Do the macros answer whatever they are given, without a panic?

use fastrand::Rng;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// The words a mistake is made of.
const WORDS: [&str; 32] = [
    "fn", "main", "run", "self", "Self", "async", "unsafe", "extern", "const", "pub", "crate", "super", "name",
    "daemon", "threads", "process", "mut", "ref", "impl", "dyn", "where", "for", "let", "struct", "Result", "Option",
    "str", "u32", "_", "T", "cfg", "worker",
];
const PUNCTUATION: [char; 16] = [',', ';', ':', '=', '#', '!', '<', '>', '&', '.', '-', '?', '|', '*', '+', '@'];

/// A right program of each macro, to make wrong ones of.
const FUNCTION: &str = "#[inline] pub(crate) fn run<'a, T: Copy>((a, b): (u8, u8), text: &'a str, value: T) \
                        -> Result<Vec<T>, String> where T: Ord { body(a)? }";
const PROGRAM: &str = "#![crate = ::mp] run(1, x); a::b::<u8>(); worker[3]: run(); #[cfg(test)] first: run(); \
                       fn main() -> io::Result<()> { first.join()?; Ok(()) }";
const OPTIONS: &str = "name = \"text\", daemon, unsafe(threads), crate = ::mp";

/// Numbers that look random and are the same in each run.
struct Numbers(Rng);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    fn token(&mut self, depth: usize) -> TokenTree {
        let kinds = if depth == 0 { 5 } else { 6 };
        match self.below(kinds) {
            0 | 1 => Ident::new(WORDS[self.below(WORDS.len())], Span::call_site()).into(),
            2 | 3 => {
                let spacing = if self.below(2) == 0 { Spacing::Alone } else { Spacing::Joint };
                Punct::new(PUNCTUATION[self.below(PUNCTUATION.len())], spacing).into()
            }
            4 => match self.below(4) {
                0 => Literal::string("text").into(),
                1 => Literal::usize_unsuffixed(self.below(3)).into(),
                2 => Literal::byte_string(b"bytes").into(),
                _ => Literal::f64_suffixed(1.5).into(),
            },
            _ => {
                let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None];
                Group::new(delimiters[self.below(4)], self.stream(depth - 1)).into()
            }
        }
    }

    fn stream(&mut self, depth: usize) -> TokenStream {
        (0..self.below(12)).map(|_| self.token(depth)).collect()
    }

    /// The tokens with one mistake in about ten of them, at any depth.
    fn spoilt(&mut self, tokens: TokenStream) -> TokenStream {
        let mut spoilt = Vec::new();
        for token in tokens {
            match (self.below(10), token) {
                (0, _) => {}
                (1, token) => spoilt.extend([token.clone(), token]),
                (2, token) => spoilt.extend([self.token(2), token]),
                (_, TokenTree::Group(group)) => {
                    spoilt.push(Group::new(group.delimiter(), self.spoilt(group.stream())).into());
                }
                (_, token) => spoilt.push(token),
            }
        }
        spoilt.into_iter().collect()
    }
}

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("the source is tokens")
}

/// The item comes back, in front and unchanged, whatever it is.
fn attribute(options: TokenStream, item: TokenStream) {
    let before: Vec<String> = item.clone().into_iter().map(|token| token.to_string()).collect();
    let after = crate::process::attribute(options, item).into_iter().map(|token| token.to_string());
    assert!(after.take(before.len()).eq(before));
}

/// There is a `fn main`, whatever was said, for else its lack would be told too.
fn program(input: TokenStream) {
    let output = crate::program::program(input).to_string();
    assert!(output.contains("fn main ()"), "{output}");
}

#[test]
fn random_tokens_are_answered() {
    let mut numbers = Numbers(Rng::with_seed(1));
    for _ in 0..3000 {
        attribute(numbers.stream(2), numbers.stream(3));
        program(numbers.stream(3));
    }
}

#[test]
fn spoilt_programs_are_answered() {
    let mut numbers = Numbers(Rng::with_seed(2));
    for _ in 0..3000 {
        let options = numbers.spoilt(tokens(OPTIONS));
        let function = numbers.spoilt(tokens(FUNCTION));
        attribute(options, function);
        program(numbers.spoilt(tokens(PROGRAM)));
    }
}

#[test]
fn a_program_cut_anywhere_is_answered() {
    for source in [FUNCTION, PROGRAM, OPTIONS] {
        let all: Vec<TokenTree> = tokens(source).into_iter().collect();
        for end in 0..=all.len() {
            let cut: TokenStream = all[..end].iter().cloned().collect();
            attribute(cut.clone(), tokens("fn run() {}"));
            attribute(TokenStream::new(), cut.clone());
            program(cut);
        }
    }
}
