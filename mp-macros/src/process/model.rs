//! A process function, validated: what `expand` prints.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Generics, Pat, ReturnType, Type};

use crate::errors::Errors;
use crate::item::{self, FnItem};
use crate::process::args::ProcessArgs;
use crate::process::settings::Setting;
use crate::runtime_path::RuntimePath;
use crate::signature;

/// A declared process.
pub(crate) struct Process {
    pub(crate) item: FnItem,
    pub(crate) runtime: RuntimePath,
    pub(crate) name: String,
    pub(crate) daemon: bool,
    pub(crate) detached: bool,
    pub(crate) threads_allowed: bool,
    /// How it is started; then its arguments can be written down.
    pub(crate) start: Option<Ident>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) generics: Generics,
    /// The type and const parameters, as arguments for the call.
    pub(crate) arguments: Vec<Ident>,
    pub(crate) output: Output,
}

/// A parameter of the launcher: a plain name for whatever pattern the function has.
pub(crate) struct Parameter {
    /// The lints that are allowed here.
    pub(crate) allowances: Vec<TokenStream>,
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

impl Output {
    /// The same type, of a function that is not called.
    fn refused(self) -> Output {
        match self {
            Output::Value(ty) => Output::Refused(Some(ty)),
            Output::Unit | Output::Fallible(_) | Output::Never | Output::Refused(_) => Output::Refused(None),
        }
    }
}

const WHO: &str = "a process function";

impl Process {
    /// Validates. Nothing can stand beside a method; beside a function with any other mistake, a launcher of the
    /// same signature does, so that its uses bring no more errors.
    pub(crate) fn new(args: ProcessArgs, item: FnItem, errors: &mut Errors) -> Option<Process> {
        let free = signature::no_receiver(&item.sig, WHO, errors) && signature::no_self_type(&item.sig, WHO, errors);
        let stands_alone = free && has_body(&item, errors);
        let marked_once = marked_once(&item, errors);
        let not_main = not_main(&item, errors);
        let output = output(&item, errors);
        let carried = args.start.is_none() || signature::owned_parameters(&item.sig, WHO, errors);
        let output = if carried { output } else { output.refused() };
        signature::nameable_parameters(&item.sig, WHO, errors);
        if !stands_alone || !marked_once || !not_main {
            return None;
        }

        let name = match &args.name {
            Some(name) => name.value(),
            None => item.sig.ident.unraw().to_string(),
        };
        let ProcessArgs { daemon, detached, threads_allowed, start, settings, runtime, .. } = args;
        let unspoken = Process {
            runtime,
            name,
            daemon,
            detached,
            threads_allowed,
            start,
            settings,
            parameters: Vec::new(),
            generics: Generics::default(),
            arguments: Vec::new(),
            output: Output::Refused(None),
            item,
        };
        Some(if signature::has_meaning(&unspoken.item.sig) { unspoken.typed(output) } else { unspoken.untyped() })
    }

    /// With the types of the function.
    fn typed(self, output: Output) -> Process {
        let generics = self.item.sig.generics.clone();
        let arguments = generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.clone()),
            GenericParam::Const(parameter) => Some(parameter.ident.clone()),
            GenericParam::Lifetime(_) => None,
        });
        Process { arguments: arguments.collect(), parameters: parameters(&self.item), generics, output, ..self }
    }

    /// With parameters that take anything, for a function whose own types rustc will complain of.
    fn untyped(self) -> Process {
        let mut parameters = parameters(&self.item);
        for parameter in &mut parameters {
            parameter.ty = syn::parse_quote!(impl Sized);
        }
        Process { parameters, ..self }
    }
}

/// What a processor must have for the function to be called, the framework cannot know.
fn on_any_processor(item: &FnItem, errors: &mut Errors) -> bool {
    let features = item.attrs.iter().find(|attr| attr.path().is_ident("target_feature"));
    if let Some(features) = features {
        let instead = "ask `is_x86_feature_detected!` or the like in the process function, and call one with the feature from there";
        errors.at(features.path(), format_args!("a process function runs on any processor: {instead}"));
    }
    features.is_none()
}

fn not_main(item: &FnItem, errors: &mut Errors) -> bool {
    let is_main = item.sig.ident == "main";
    if is_main {
        errors.at(&item.sig.ident, "`main` begins the program and is no process of its own: mark another function and spawn it, or list it in `mp_main!`");
    }
    !is_main
}

/// The other `#[process]` is left in its place, and declares the process.
fn marked_once(item: &FnItem, errors: &mut Errors) -> bool {
    let other = item.attrs.iter().find(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "process"));
    if let Some(other) = other {
        errors.at(other.path(), "`#[process]` is given twice: one is enough");
    }
    other.is_none()
}

fn has_body(item: &FnItem, errors: &mut Errors) -> bool {
    if item.body.is_none() {
        errors.at(&item.sig.ident, "a process function has a body: mark a function of this crate that calls this one");
    }
    item.body.is_some()
}

fn output(item: &FnItem, errors: &mut Errors) -> Output {
    let sig = &item.sig;
    let is_run = signature::async_is_run(sig, WHO, errors);
    signature::not_unsafe(sig, WHO, errors);
    let owned = signature::owned_result(sig, WHO, errors);
    let ty = match &sig.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(&**ty),
    };
    if !owned || !is_run || !on_any_processor(item, errors) || matches!(sig.safety, syn::Safety::Unsafe(_)) {
        return Output::Refused(ty.filter(|_| owned).cloned());
    }
    match ty.map(bare) {
        None => Output::Unit,
        Some(Type::Never(_)) => Output::Never,
        Some(Type::Path(path)) if path.path.segments.last().is_some_and(|last| last.ident == "Result") => {
            Output::Fallible(Type::Path(path.clone()))
        }
        Some(ty) => Output::Value(ty.clone()),
    }
}

/// A type without parentheses around it, and without the invisible ones of a `$ty:ty` in `macro_rules!`.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Names for the launcher's parameters: the user's where the pattern is one and does not hide the function.
fn parameters(item: &FnItem) -> Vec<Parameter> {
    let typed = item.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let mut given: Vec<Option<Ident>> = Vec::new();
    for typed in typed.clone() {
        given.push(match &*typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() && pat.ident != item.sig.ident => {
                Some(pat.ident.clone()).filter(|name| !given.iter().flatten().any(|other| other == name))
            }
            _ => None,
        });
    }
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
            allowances: item::allowances(&typed.attrs),
            name: given[index].clone().unwrap_or_else(|| derived(index)),
            ty: (*typed.ty).clone(),
        })
        .collect()
}
