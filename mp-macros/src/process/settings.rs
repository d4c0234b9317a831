//! The options of `#[process(..)]` that are settings of the builder: environment, streams, limits and the like.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use crate::errors::Errors;
use crate::options::{Given, Known, Value, named};

pub(crate) const KNOWN: [Known; 13] = [
    Known { key: "stdin", usage: "`stdin = null`" },
    Known { key: "stdout", usage: "`stdout = piped`" },
    Known { key: "stderr", usage: "`stderr = inherit`" },
    Known { key: "env", usage: "`env(NAME = \"value\")`" },
    Known { key: "current_dir", usage: "`current_dir = \"path\"`" },
    Known { key: "nice", usage: "`nice = 10`" },
    Known { key: "affinity", usage: "`affinity = [0, 1]`" },
    Known { key: "oom_score", usage: "`oom_score = 500`" },
    Known { key: "terminal", usage: "`terminal`" },
    Known { key: "limit", usage: "`limit(open_files = 64)`" },
    Known { key: "seed", usage: "`seed = 7`" },
    Known { key: "grace", usage: "`grace = \"5s\"`" },
    Known { key: "stop_signal", usage: "`stop_signal = SIGINT`" },
];

/// One call on the builder.
pub(crate) enum Setting {
    /// `.terminal(true)`
    Flag { method: Ident },
    /// `.nice(10)`
    Value { method: Ident, value: Expr },
    /// `.stop_signal(2)`
    Number { method: Ident, number: i32 },
    /// `.grace(Duration::from_millis(5000))`
    Time { method: Ident, millis: u64 },
    /// `.stdout(Stdio::Null)`
    Stream { method: Ident, stdio: Ident },
    /// `.env("NAME", "value")`
    Variable { method: Ident, name: String, value: Expr },
    /// `.limit(Limit::OpenFiles, 64)`
    Limit { method: Ident, limit: Ident, value: Expr },
}

impl Setting {
    /// The option, if it takes no value.
    pub(crate) fn flag(&self) -> Option<&Ident> {
        if let Setting::Flag { method } = self { Some(method) } else { None }
    }
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

/// The signals that a process may be asked to end by. Their numbers are the same on every architecture of Linux but MIPS,
/// Alpha and PA-RISC, which are not supported.
const SIGNALS: [(&str, i32); 7] =
    [("SIGTERM", 15), ("SIGINT", 2), ("SIGHUP", 1), ("SIGQUIT", 3), ("SIGUSR1", 10), ("SIGUSR2", 12), ("SIGKILL", 9)];

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
        "terminal" => {
            option.flag("without it, the terminal stays the program's", errors);
            Some(Setting::Flag { method })
        }
        "grace" => time(option, errors),
        "stop_signal" => signal(option, errors),
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

/// A time with its unit, as in `"500ms"`.
fn time(option: &Given, errors: &mut Errors) -> Option<Setting> {
    let expected = "a time, as in `grace = \"500ms\"`, `\"5s\"` or `\"2min\"`";
    let written: syn::LitStr = option.assigned(expected, errors)?;
    let text = written.value();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit.trim_start() {
        "ms" => Some(1),
        "s" => Some(1000),
        "min" => Some(60_000),
        _ => None,
    };
    let millis = unit.zip(number.parse::<u64>().ok()).and_then(|(unit, number)| number.checked_mul(unit));
    if millis.is_none() {
        errors.at(&written, format_args!("`{}` takes {expected}", option.key));
    }
    Some(Setting::Time { method: option.key.clone(), millis: millis? })
}

fn signal(option: &Given, errors: &mut Errors) -> Option<Setting> {
    let name: Ident = option.assigned("the name of a signal, as in `stop_signal = SIGINT`", errors)?;
    let Some((_, number)) = SIGNALS.iter().find(|(word, _)| name == word) else {
        let words: Vec<String> = SIGNALS.iter().map(|(word, _)| format!("`{word}`")).collect();
        errors.at(&name, format_args!("there is no signal `{name}` to stop by: it is one of {}", words.join(", ")));
        return None;
    };
    Some(Setting::Number { method: option.key.clone(), number: *number })
}

fn stream(option: &Given, errors: &mut Errors) -> Option<Setting> {
    let name: Ident = option.assigned("`inherit`, `null` or `piped`", errors)?;
    let stdio = named(&name, &STREAMS, "stream", errors)?;
    Some(Setting::Stream { method: option.key.clone(), stdio })
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
            let mut names: Vec<Ident> = Vec::new();
            let mut settings = Vec::new();
            for (name, value) in pairs {
                if names.contains(&name) {
                    errors.at(&name, format_args!("`{name}` is given twice"));
                    continue;
                }
                names.push(name.clone());
                settings.extend(make(name, value, errors));
            }
            settings
        }
        _ => {
            let at: TokenStream = if list.is_empty() { option.key.to_token_stream() } else { list.clone() };
            errors.at(at, format_args!("`{}` takes {expected}", option.key));
            Vec::new()
        }
    }
}
