//! The options of `#[process(..)]` that are settings of the builder: environment, streams, limits and the like.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use crate::errors::Errors;
use crate::options::{Given, Known, Value};

pub(crate) const KNOWN: [Known; 10] = [
    Known { key: "stdin", usage: "`stdin = null`" },
    Known { key: "stdout", usage: "`stdout = piped`" },
    Known { key: "stderr", usage: "`stderr = inherit`" },
    Known { key: "env", usage: "`env(NAME = \"value\")`" },
    Known { key: "current_dir", usage: "`current_dir = \"path\"`" },
    Known { key: "nice", usage: "`nice = 10`" },
    Known { key: "affinity", usage: "`affinity = [0, 1]`" },
    Known { key: "oom_score", usage: "`oom_score = 500`" },
    Known { key: "limit", usage: "`limit(open_files = 64)`" },
    Known { key: "seed", usage: "`seed = 7`" },
];

/// One call on the builder.
pub(crate) enum Setting {
    /// `.nice(10)`
    Value { method: Ident, value: Expr },
    /// `.stdout(Stdio::Null)`
    Stream { method: Ident, stdio: Ident },
    /// `.env("NAME", "value")`
    Variable { method: Ident, name: String, value: Expr },
    /// `.limit(Limit::OpenFiles, 64)`
    Limit { method: Ident, limit: Ident, value: Expr },
}

/// The words for a stream, and what the runtime calls it.
const STREAMS: [(&str, &str); 3] = [("inherit", "Inherit"), ("null", "Null"), ("piped", "Piped")];

/// The words for a limit, and what the runtime calls it.
const LIMITS: [(&str, &str); 9] = [
    ("address_space", "AddressSpace"),
    ("core_size", "CoreSize"),
    ("cpu_time", "CpuTime"),
    ("data_size", "DataSize"),
    ("file_size", "FileSize"),
    ("locked_memory", "LockedMemory"),
    ("open_files", "OpenFiles"),
    ("processes", "Processes"),
    ("stack_size", "StackSize"),
];

/// The settings in an option of [`KNOWN`]; none if it is wrong.
pub(crate) fn parse(option: &Given, errors: &mut Errors) -> Vec<Setting> {
    let method = option.key.clone();
    let setting = match option.key.to_string().as_str() {
        "stdin" | "stdout" | "stderr" => stream(option, errors),
        "env" => {
            return pairs(option, "variables, as in `env(NAME = \"value\")`", errors, |name, value, _| {
                Some(Setting::Variable { method: method.clone(), name: name.to_string(), value })
            });
        }
        "limit" => {
            return pairs(option, "limits, as in `limit(open_files = 64)`", errors, |name, value, errors| {
                let limit = named(&name, &LIMITS, "limit", errors)?;
                Some(Setting::Limit { method: method.clone(), limit, value })
            });
        }
        "affinity" => value(option, "the numbers of processors, as in `affinity = [0, 1]`", errors),
        "current_dir" => value(option, "a path, as in `current_dir = \"/tmp\"`", errors),
        _ => value(option, &format!("a number, as in `{method} = 10`"), errors),
    };
    setting.into_iter().collect()
}

/// The words for a start method, and what the runtime calls it.
const METHODS: [(&str, &str); 3] = [("fork", "Fork"), ("forkserver", "ForkServer"), ("exec", "Exec")];

/// The start method in the option `start`.
pub(crate) fn method(option: &Given, errors: &mut Errors) -> Option<Ident> {
    let name: Ident = option.assigned("`fork`, `forkserver` or `exec`", errors)?;
    named(&name, &METHODS, "start method", errors)
}

fn value(option: &Given, expected: &str, errors: &mut Errors) -> Option<Setting> {
    Some(Setting::Value { method: option.key.clone(), value: option.assigned(expected, errors)? })
}

fn stream(option: &Given, errors: &mut Errors) -> Option<Setting> {
    let name: Ident = option.assigned("`inherit`, `null` or `piped`", errors)?;
    let stdio = named(&name, &STREAMS, "stream", errors)?;
    Some(Setting::Stream { method: option.key.clone(), stdio })
}

/// What the runtime calls what the user has called `name`.
fn named(name: &Ident, names: &[(&str, &str)], what: &str, errors: &mut Errors) -> Option<Ident> {
    match names.iter().find(|(word, _)| name == word) {
        Some((_, variant)) => Some(Ident::new(variant, Span::call_site().located_at(name.span()))),
        None => {
            let words: Vec<String> = names.iter().map(|(word, _)| format!("`{word}`")).collect();
            errors.at(name, format_args!("there is no {what} `{name}`: it is one of {}", words.join(", ")));
            None
        }
    }
}

/// The list `name = value, ..` behind an option.
fn pairs(
    option: &Given,
    expected: &str,
    errors: &mut Errors,
    mut make: impl FnMut(Ident, Expr, &mut Errors) -> Option<Setting>,
) -> Vec<Setting> {
    let Value::Listed(list) = &option.value else {
        errors.at(&option.key, format_args!("`{}` takes {expected}", option.key));
        return Vec::new();
    };
    let pair = |input: syn::parse::ParseStream<'_>| {
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok((name, input.parse::<Expr>()?))
    };
    let parsed = syn::parse::Parser::parse2(
        |input: syn::parse::ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, pair),
        list.clone(),
    );
    match parsed {
        Ok(pairs) if !pairs.is_empty() => {
            pairs.into_iter().filter_map(|(name, value)| make(name, value, errors)).collect()
        }
        _ => {
            let at: TokenStream = if list.is_empty() { option.key.to_token_stream() } else { list.clone() };
            errors.at(at, format_args!("`{}` takes {expected}", option.key));
            Vec::new()
        }
    }
}
