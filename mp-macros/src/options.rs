//! The list of options that both macros take: `key`, `key = value`, `key(value)`, separated by commas.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;

use crate::errors::Errors;

/// What follows an option's key.
pub(crate) enum Value {
    None,
    /// `= tokens`
    Assigned(TokenStream),
    /// `(tokens)`
    Listed(TokenStream),
}

/// One option as it was written.
pub(crate) struct Given {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// An option that a macro knows: its key, and how it is written.
pub(crate) struct Known {
    pub(crate) key: &'static str,
    pub(crate) usage: &'static str,
}

/// Reads an option list. Reports what is no option, what is unknown and what is repeated, and goes on.
pub(crate) fn parse(list: TokenStream, known: &[&Known], errors: &mut Errors) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    for tokens in split(list, known, errors) {
        let Some(option) = option(tokens, known, errors) else { continue };
        if !known.iter().any(|known| option.key == known.key) {
            errors.at(&option.key, unknown(&option.key.to_string(), known));
        } else if given.iter().any(|other| other.key == option.key) {
            errors.at(&option.key, format_args!("`{}` is given twice", option.key));
        } else {
            given.push(option);
        }
    }
    given
}

/// Splits at the commas, but for those in `::<..>`. There may be one at the end.
fn split(list: TokenStream, known: &[&Known], errors: &mut Errors) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    let (mut depth, mut before) = (0_usize, ' ');
    for token in list {
        let sign = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match (before, sign) {
            (':', '<') => depth += 1,
            (_, '<') if depth > 0 => depth += 1,
            ('-' | '=', '>') => {}
            (_, '>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = sign;
        let comma = sign == ',' && depth == 0;
        match pieces.last_mut() {
            Some(piece) if !comma => piece.push(token),
            Some(piece) if piece.is_empty() => errors.at(token, expected(known)),
            _ => pieces.push(Vec::new()),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

fn expected(known: &[&Known]) -> String {
    format!("expected an option: {}", usages(known))
}

fn option(tokens: Vec<TokenTree>, known: &[&Known], errors: &mut Errors) -> Option<Given> {
    let mut rest = tokens.into_iter();
    let key = match rest.next()? {
        TokenTree::Ident(key) => key,
        other => {
            errors.at(other, expected(known));
            return None;
        }
    };
    let value = match rest.next() {
        None => Value::None,
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
            let value: TokenStream = rest.by_ref().collect();
            if value.is_empty() {
                errors.at(&key, missing(&key, known));
                return None;
            }
            Value::Assigned(value)
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Value::Listed(group.stream()),
        Some(other) => {
            errors.at(other, format_args!("expected `,` after the option `{key}`, or `=` and a value"));
            return None;
        }
    };
    if let Some(extra) = rest.next() {
        errors.at(extra, format_args!("expected `,` after the option `{key}`"));
        return None;
    }
    Some(Given { key, value })
}

fn missing(key: &Ident, known: &[&Known]) -> String {
    match known.iter().find(|known| key == known.key) {
        Some(known) => format!("`{key}` lacks its value: {}", known.usage),
        None => unknown(&key.to_string(), known),
    }
}

fn unknown(key: &str, known: &[&Known]) -> String {
    let near = known.iter().map(|known| (distance(key, known.key), known.key)).min();
    match near {
        Some((distance, near)) if distance <= 1 + near.len() / 3 => {
            format!("unknown option `{key}`, did you mean `{near}`? the options are {}", usages(known))
        }
        _ => format!("unknown option `{key}`: the options are {}", usages(known)),
    }
}

fn usages(known: &[&Known]) -> String {
    let usages: Vec<&str> = known.iter().map(|known| known.usage).collect();
    usages.join(", ")
}

/// The Levenshtein distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.chars().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.chars().count()]
}

/// What the runtime calls what the user has called `name`, one of `names`.
pub(crate) fn named(name: &Ident, names: &[(&str, &str)], what: &str, errors: &mut Errors) -> Option<Ident> {
    match names.iter().find(|(word, _)| name == word) {
        Some((_, variant)) => Some(Ident::new(variant, Span::call_site().located_at(name.span()))),
        None => {
            let words: Vec<String> = names.iter().map(|(word, _)| format!("`{word}`")).collect();
            errors.at(name, format_args!("there is no {what} `{name}`: it is one of {}", words.join(", ")));
            None
        }
    }
}

impl Given {
    /// The option takes no value.
    pub(crate) fn flag(&self, instead: &str, errors: &mut Errors) {
        match &self.value {
            Value::None => {}
            Value::Assigned(tokens) | Value::Listed(tokens) if !tokens.is_empty() => {
                errors.at(tokens, format_args!("`{}` takes no value: {instead}", self.key));
            }
            _ => errors.at(&self.key, format_args!("`{}` takes no value: {instead}", self.key)),
        }
    }

    /// The value behind `=`, which must be a `T`; `expected` says what that is, and gives an example.
    pub(crate) fn assigned<T: syn::parse::Parse>(&self, expected: &str, errors: &mut Errors) -> Option<T> {
        let Value::Assigned(tokens) = &self.value else {
            errors.at(&self.key, format_args!("`{}` takes {expected}", self.key));
            return None;
        };
        let value = T::parse.parse2(tokens.clone());
        if value.is_err() {
            errors.at(tokens, format_args!("`{}` takes {expected}", self.key));
        }
        value.ok()
    }

    /// The value of `crate`: a path that means the same wherever the output stands.
    pub(crate) fn runtime(&self, errors: &mut Errors) -> Option<syn::Path> {
        let expected = "an absolute path, as in `crate = ::mp_runtime`";
        let path: syn::Path = self.assigned(expected, errors)?;
        let absolute =
            path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate");
        if !absolute {
            let tokens = path.to_token_stream();
            let written: String = tokens.to_string().split_whitespace().collect();
            errors.at(tokens, format_args!("`crate` takes an absolute path: write `crate = ::{written}`"));
            return None;
        }
        Some(path)
    }
}
