//! The options of a program, in `#![..]`.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Token};

use crate::errors::Errors;
use crate::options::{self, Given, Known, Value};
use crate::runtime_path::RuntimePath;

const KNOWN: [Known; 4] = [
    Known { key: "isolate", usage: "`isolate = pid_namespace`" },
    Known { key: "require", usage: "`require(subreaper)`" },
    Known { key: "parked", usage: "`parked = 4`" },
    Known { key: "crate", usage: "`crate = ::path`" },
];

/// The words for a mechanism that can be required, and what the runtime calls it.
const RUNGS: [(&str, &str); 4] = [
    ("death_signal", "DeathSignal"),
    ("lifeline", "Lifeline"),
    ("subreaper", "Subreaper"),
    ("pid_namespace", "PidNamespace"),
];

/// How the option of this name is written, if there is one.
pub(crate) fn usage(name: &syn::Path) -> Option<&'static str> {
    let known = KNOWN.iter().find(|known| name.is_ident(known.key));
    known.map(|known| known.usage.trim_matches('`'))
}

/// What the user set.
pub(crate) struct Settings {
    pub(crate) runtime: RuntimePath,
    /// Whether it has a PID namespace of its own.
    pub(crate) isolated: bool,
    /// What has to be in force, as the runtime calls it.
    pub(crate) required: Vec<Ident>,
    /// How many processes the fork server keeps ready, if it is started ahead.
    pub(crate) parked: Option<Expr>,
    given: Vec<Ident>,
}

impl Settings {
    /// Nothing but what is without options.
    pub(crate) fn new() -> Settings {
        Settings {
            runtime: RuntimePath::new(None),
            isolated: false,
            required: Vec::new(),
            parked: None,
            given: Vec::new(),
        }
    }

    /// Reads the options of one line, reporting what is wrong.
    pub(crate) fn parse(&mut self, list: TokenStream, errors: &mut Errors) {
        for option in options::parse(list, &KNOWN.each_ref(), errors) {
            if self.given.contains(&option.key) {
                errors.at(&option.key, format_args!("`{}` is given twice", option.key));
                continue;
            }
            self.given.push(option.key.clone());
            match option.key.to_string().as_str() {
                "isolate" => self.isolated = isolated(&option, errors),
                "require" => self.required = rungs(&option, errors),
                "parked" => {
                    self.parked = option.assigned("the number of processes to keep ready, as in `parked = 4`", errors);
                }
                _ => self.runtime = RuntimePath::new(option.runtime(errors)),
            }
        }
    }
}

/// The mechanisms in the option `require`.
fn rungs(option: &Given, errors: &mut Errors) -> Vec<Ident> {
    let list = match &option.value {
        Value::Listed(list) => Punctuated::<Ident, Token![,]>::parse_terminated.parse2(list.clone()).ok(),
        Value::None | Value::Assigned(_) => None,
    };
    match list {
        Some(names) if !names.is_empty() => {
            names.iter().filter_map(|name| options::named(name, &RUNGS, "mechanism", errors)).collect()
        }
        _ => {
            errors.at(&option.key, "`require` takes the names of mechanisms, as in `require(lifeline, subreaper)`");
            Vec::new()
        }
    }
}

/// Whether the option `isolate` asks for what there is.
fn isolated(option: &Given, errors: &mut Errors) -> bool {
    let name: Option<Ident> = option.assigned("what keeps the program apart: write `isolate = pid_namespace`", errors);
    match name {
        Some(name) if name != "pid_namespace" => {
            errors.at(
                &name,
                format_args!(
                    "a program cannot be isolated by `{name}`, only by a PID namespace: write `isolate = pid_namespace`"
                ),
            );
            false
        }
        name => name.is_some(),
    }
}
