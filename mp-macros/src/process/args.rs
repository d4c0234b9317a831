//! The options of `#[process(..)]`.

use proc_macro2::{Ident, TokenStream};
use syn::LitStr;

use crate::errors::Errors;
use crate::options::{self, Known, Value};
use crate::process::settings::{self, Setting};
use crate::runtime_path::RuntimePath;

const OWN: [Known; 6] = [
    Known { key: "name", usage: "`name = \"text\"`" },
    Known { key: "daemon", usage: "`daemon`" },
    Known { key: "detached", usage: "`detached`" },
    Known { key: "start", usage: "`start = forkserver`" },
    Known { key: "unsafe", usage: "`unsafe(threads)`" },
    Known { key: "crate", usage: "`crate = ::path`" },
];

/// What the user set.
pub(crate) struct ProcessArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) daemon: bool,
    pub(crate) detached: bool,
    pub(crate) threads_allowed: bool,
    /// How it is started, if that is said.
    pub(crate) start: Option<Ident>,
    /// In the order they were given.
    pub(crate) settings: Vec<Setting>,
    pub(crate) runtime: RuntimePath,
}

impl ProcessArgs {
    /// Reads the options, reporting what is wrong; a wrong option counts as not given.
    pub(crate) fn parse(args: TokenStream, errors: &mut Errors) -> ProcessArgs {
        let mut parsed = ProcessArgs {
            name: None,
            daemon: false,
            detached: false,
            threads_allowed: false,
            start: None,
            settings: Vec::new(),
            runtime: RuntimePath::new(None),
        };
        let known: Vec<&Known> = OWN.iter().chain(&settings::KNOWN).collect();
        for option in options::parse(args, &known, errors) {
            match option.key.to_string().as_str() {
                "name" => {
                    parsed.name = option.assigned("a string, as in `name = \"worker\"`", errors);
                    check_name(parsed.name.as_ref(), errors);
                }
                "daemon" => {
                    option.flag("without it, the process is waited for", errors);
                    not_both(parsed.detached, &option, "detached", errors);
                    parsed.daemon = true;
                }
                "detached" => {
                    option.flag("without it, the process ends with its program", errors);
                    not_both(parsed.daemon, &option, "daemon", errors);
                    parsed.detached = true;
                }
                "start" => parsed.start = settings::method(&option, errors),
                "unsafe" => parsed.threads_allowed = vouches_for_threads(&option, errors),
                "crate" => parsed.runtime = RuntimePath::new(option.runtime(errors)),
                _ => parsed.settings.extend(settings::parse(&option, errors)),
            }
        }
        let flag = parsed.settings.iter().find_map(Setting::flag);
        if let Some(terminal) = flag.filter(|_| parsed.detached) {
            let why = "`terminal` contradicts `detached`: a detached process has a session of its own, and so no terminal; \
                       leave one of them out";
            errors.at(terminal, why);
        }
        parsed
    }
}

/// A daemon is stopped at the end of its program, and what is detached is not.
fn not_both(other: bool, option: &options::Given, name: &str, errors: &mut Errors) {
    if other {
        let key = &option.key;
        errors.at(
            key,
            format_args!(
                "`{key}` contradicts `{name}`: a daemon is stopped when its parent ends, a detached process goes on; \
                 leave one of them out"
            ),
        );
    }
}

fn check_name(name: Option<&LitStr>, errors: &mut Errors) {
    let Some(name) = name else { return };
    if name.value().is_empty() {
        errors.at(name, "the name of a process is not empty: without `name`, it is that of the function");
    } else if name.value().contains(char::is_control) {
        errors.at(name, "the name of a process has no control characters: it is shown in messages and by `ps`");
    }
}

fn vouches_for_threads(option: &options::Given, errors: &mut Errors) -> bool {
    let named = match &option.value {
        Value::Listed(list) => list.to_string() == "threads",
        _ => false,
    };
    if !named {
        let what = "`unsafe` names what you answer for: write `unsafe(threads)`";
        match &option.value {
            Value::Listed(list) | Value::Assigned(list) if !list.is_empty() => errors.at(list, what),
            _ => errors.at(&option.key, what),
        }
    }
    named
}
