//! A program, validated: what `expand` prints.

use std::collections::HashMap;

use proc_macro2::{Group, Ident, Span};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Lit, PathArguments, ReturnType, Type};

use crate::errors::Errors;
use crate::item::FnItem;
use crate::program::input::{Entry, ProgramInput};
use crate::program::settings::{self, Settings};
use crate::signature;

/// A program that can be printed.
pub(crate) struct Program {
    pub(crate) settings: Settings,
    pub(crate) entries: Vec<Start>,
    pub(crate) main: Option<Main>,
}

/// One line of the program.
pub(crate) struct Start {
    pub(crate) attrs: Vec<Attribute>,
    /// The label, written or that of the function.
    pub(crate) label: Ident,
    /// Whether the label is the user's own, and so the name of the process.
    pub(crate) labelled: bool,
    pub(crate) count: Option<Expr>,
    /// The function, without generic arguments.
    pub(crate) path: syn::Path,
    /// The generic arguments, if there are any.
    pub(crate) generics: PathArguments,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) arguments_span: Span,
}

/// The parent's own code.
pub(crate) struct Main {
    pub(crate) docs: Vec<Attribute>,
    /// Where its name stands.
    pub(crate) at: Span,
    pub(crate) attrs: Vec<Attribute>,
    /// Whether an attribute may leave it out.
    pub(crate) conditional: bool,
    /// What it returns, with a `_` for each `impl Trait`: a closure cannot have these, and finds them out.
    pub(crate) output: Option<Type>,
    /// What it returns, where there is `impl Trait` in it.
    pub(crate) opaque: Option<Type>,
    pub(crate) body: Group,
}

const WHO: &str = "`fn main`";

impl Program {
    pub(crate) fn new(input: ProgramInput, errors: &mut Errors) -> Program {
        if input.entries.is_empty() && input.mains.is_empty() && errors.is_empty() {
            errors.push(syn::Error::new(Span::call_site(), "there is nothing to run: list a process, as in `run1();`"));
        }
        let ProgramInput { settings, entries, mains } = input;
        let entries: Vec<Start> = entries.into_iter().filter_map(|entry| start(entry, errors)).collect();
        distinct_labels(&entries, errors);
        let main = main(mains, errors);
        Program { settings, entries, main }
    }
}

fn start(entry: Entry, errors: &mut Errors) -> Option<Start> {
    let Entry { mut attrs, label, count, mut path, paren, arguments } = entry;
    // Documentation of a variable would be a warning.
    attrs.retain(|attr| !attr.path().is_ident("doc"));
    no_option(&attrs, errors);
    some_replicas(count.as_ref(), errors);
    let last = path.segments.last_mut()?;
    let generics = std::mem::take(&mut last.arguments);
    let function = last.ident.clone();
    let labelled = label.is_some();
    if !labelled && !is_snake_case(&function.to_string()) {
        attrs.push(syn::parse_quote_spanned!(function.span()=> #[allow(non_snake_case, reason = "it is the name of the function")]));
    }
    Some(Start {
        attrs,
        label: label.unwrap_or(function),
        labelled,
        count,
        path,
        generics,
        arguments,
        arguments_span: paren.span.join(),
    })
}

/// Whether rustc is content with the name of a variable.
fn is_snake_case(name: &str) -> bool {
    !name.contains(char::is_uppercase) && !name.trim_matches('_').contains("__")
}

fn no_option(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        let path = attr.path();
        if let Some(usage) = settings::usage(path) {
            errors.at(path, format_args!("options stand in the first line, with a `!`: write `#![{usage}]`"));
        } else if path.segments.last().is_some_and(|last| last.ident == "process") {
            errors.at(path, "`#[process(..)]` marks a function: give it its options where it is defined");
        }
    }
}

fn some_replicas(count: Option<&Expr>, errors: &mut Errors) {
    if let Some(Expr::Lit(ExprLit { lit: Lit::Int(count), .. })) = count
        && count.base10_parse::<u128>().is_ok_and(|count| count == 0)
    {
        errors.at(count, "an entry has at least one replica: leave the entry out to start none");
    }
}

fn distinct_labels(entries: &[Start], errors: &mut Errors) {
    let mut seen: HashMap<String, Vec<bool>> = HashMap::new();
    for entry in entries {
        let conditional = entry.attrs.iter().any(|attr| attr.path().is_ident("cfg"));
        let others = seen.entry(entry.label.unraw().to_string()).or_default();
        // Two of which a `#[cfg]` each leaves one are not the same.
        let taken = others.iter().any(|other| !(*other && conditional));
        others.push(conditional);
        if taken {
            let (label, times) = (&entry.label, others.len());
            errors.at(
                label,
                format_args!("the label `{label}` is taken: give this entry its own, as in `{label}{times}: ..`"),
            );
        }
    }
}

fn main(mains: Vec<FnItem>, errors: &mut Errors) -> Option<Main> {
    let mut chosen = None;
    for item in mains {
        let name = &item.sig.ident;
        if name != "main" {
            errors.at(name, format_args!("`fn main` is the only function in `mp_main!`: move `{name}` out of it"));
        } else if chosen.is_some() {
            errors.at(name, "`fn main` is given twice: there is one, which may have `#[cfg(..)]` on its statements");
        } else {
            chosen = plain_main(item, errors);
        }
    }
    chosen
}

fn plain_main(item: FnItem, errors: &mut Errors) -> Option<Main> {
    let sig = &item.sig;
    signature::not_async(sig, WHO, errors);
    if let syn::Safety::Unsafe(token) = &sig.safety {
        errors.at(token, "`fn main` is not `unsafe`: use an `unsafe` block inside");
    }
    if !sig.inputs.is_empty() {
        errors.at(
            &sig.inputs,
            "`fn main` has no parameters: the labels are in scope, arguments come from `std::env::args`",
        );
    }
    if !sig.generics.params.is_empty() {
        errors.at(&sig.generics, "`fn main` has no generic parameters: nobody could choose them");
    }
    if let Some(token) = &sig.constness {
        errors.at(token, "`fn main` is not `const`: it runs");
    }
    if let Some(abi) = &sig.abi {
        errors.at(abi, "`fn main` is not `extern`: nobody calls it but the program");
    }
    if item.body.is_none() {
        errors.at(&sig.ident, "`fn main` has a body: leave it out if it has nothing to do");
    }
    let output = match item.sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(*ty),
    };
    let opaque = output.clone().filter(signature::is_opaque);
    let output = output.map(signature::inferred);
    let (docs, mut attrs): (Vec<_>, Vec<_>) = item.attrs.into_iter().partition(|attr| attr.path().is_ident("doc"));
    // A closure that is called once needs none of these, and cannot have them.
    attrs.retain(|attr| !["inline", "cold", "must_use"].iter().any(|word| attr.path().is_ident(word)));
    let conditional = attrs.iter().any(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"));
    Some(Main { docs, attrs, conditional, at: item.sig.ident.span(), output, opaque, body: item.body? })
}
