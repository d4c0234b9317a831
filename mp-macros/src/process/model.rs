//! A process function, validated: what `expand` prints.

use proc_macro2::{Ident, Span, TokenTree};
use quote::format_ident;
use syn::{FnArg, GenericParam, Pat, ReturnType, Type};

use crate::errors::Errors;
use crate::item::FnItem;
use crate::process::args::ProcessArgs;
use crate::runtime_path::RuntimePath;
use crate::signature;

/// A declared process.
pub(crate) struct Process {
    pub(crate) item: FnItem,
    pub(crate) runtime: RuntimePath,
    pub(crate) name: String,
    pub(crate) daemon: bool,
    pub(crate) threads_allowed: bool,
    pub(crate) parameters: Vec<Parameter>,
    /// The type and const parameters, as arguments for the call.
    pub(crate) generics: Vec<Ident>,
    pub(crate) output: Output,
}

/// A parameter of the launcher: a plain name for whatever pattern the function has.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// What the function gives.
pub(crate) enum Output {
    /// Nothing.
    Unit,
    /// A value of this type.
    Value(Type),
    /// A `Result`, this one.
    Fallible(Type),
    /// It never returns.
    Never,
    /// Something that was refused; the function is not called.
    Refused(Option<Type>),
}

const WHO: &str = "a process function";

impl Process {
    /// Validates. Nothing can stand beside a method; beside a function with any other mistake, a launcher of the
    /// same signature does, so that its uses bring no more errors.
    pub(crate) fn new(args: ProcessArgs, item: FnItem, errors: &mut Errors) -> Option<Process> {
        let is_main = item.sig.ident == "main";
        not_main(&item, errors);
        marked_once(&item, errors);
        has_body(&item, errors);
        let free = signature::no_receiver(&item.sig, WHO, errors);
        let output = output(&item, errors);
        signature::nameable_parameters(&item.sig, WHO, errors);
        signature::not_variadic(&item.sig, WHO, errors);
        if !free || is_main || item.body.is_none() {
            return None;
        }

        let name = match &args.name {
            Some(name) => name.value(),
            None => plain(&item.sig.ident),
        };
        let generics = item.sig.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.clone()),
            GenericParam::Const(parameter) => Some(parameter.ident.clone()),
            GenericParam::Lifetime(_) => None,
        });
        Some(Process {
            runtime: args.runtime,
            name,
            daemon: args.daemon,
            threads_allowed: args.threads_allowed,
            parameters: parameters(&item),
            generics: generics.collect(),
            output,
            item,
        })
    }
}

/// Whether an item that begins so is a function.
pub(crate) fn begins_function(keyword: &TokenTree) -> bool {
    let TokenTree::Ident(keyword) = keyword else { return false };
    ["fn", "async", "unsafe", "extern", "const", "safe", "default"].contains(&keyword.to_string().as_str())
}

fn not_main(item: &FnItem, errors: &mut Errors) {
    if item.sig.ident == "main" {
        errors.at(&item.sig.ident, "`main` begins the program and is no process of its own: mark another function and spawn it, or list it in `mp_main!`");
    }
}

fn marked_once(item: &FnItem, errors: &mut Errors) {
    for attr in &item.attrs {
        if attr.path().segments.last().is_some_and(|last| last.ident == "process") {
            errors.at(attr.path(), "`#[process]` is given twice: one is enough");
        }
    }
}

fn has_body(item: &FnItem, errors: &mut Errors) {
    if item.body.is_none() {
        errors.at(&item.sig.ident, "a process function has a body: mark a function of this crate that calls this one");
    }
}

fn output(item: &FnItem, errors: &mut Errors) -> Output {
    let sig = &item.sig;
    signature::not_async(sig, WHO, errors);
    signature::not_unsafe(sig, WHO, errors);
    let owned = signature::owned_result(sig, WHO, errors);
    let ty = match &sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(&**ty),
    };
    if !owned || sig.asyncness.is_some() || matches!(sig.safety, syn::Safety::Unsafe(_)) || sig.variadic.is_some() {
        return Output::Refused(ty.filter(|_| owned).cloned());
    }
    match ty {
        None => Output::Unit,
        Some(Type::Never(_)) => Output::Never,
        Some(Type::Path(path)) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => {
            Output::Fallible(Type::Path(path.clone()))
        }
        Some(ty) => Output::Value(ty.clone()),
    }
}

/// Names for the launcher's parameters: the user's where the pattern is one and does not hide the function.
fn parameters(item: &FnItem) -> Vec<Parameter> {
    let typed = item.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let given: Vec<Option<Ident>> = typed
        .clone()
        .map(|typed| match &*typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() && pat.ident != item.sig.ident => Some(pat.ident.clone()),
            _ => None,
        })
        .collect();
    let derived = |index: usize| {
        let taken = |name: &Ident| given.iter().flatten().any(|other| other == name);
        let mut name = format_ident!("arg{index}", span = Span::call_site());
        while taken(&name) {
            name = format_ident!("{name}_", span = Span::call_site());
        }
        name
    };
    typed
        .enumerate()
        .map(|(index, typed)| Parameter {
            name: given[index].clone().unwrap_or_else(|| derived(index)),
            ty: (*typed.ty).clone(),
        })
        .collect()
}

/// A name without the `r#` of a raw identifier.
fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}
