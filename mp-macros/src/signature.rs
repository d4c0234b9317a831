//! Rules that the signature of a function keeps for the framework to call it, one function each.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    FnArg, GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Token, Type, TypeImplTrait,
    TypeParamBound,
};

use crate::errors::Errors;

/// No `async`: nothing here polls.
pub(crate) fn not_async(sig: &Signature, who: &str, errors: &mut Errors) {
    if let Some(asyncness) = &sig.asyncness {
        errors.at(asyncness, format_args!("{who} is not `async`: build the async runtime inside it and block on it"));
    }
}

/// No `async` without what runs it; whether that is there.
pub(crate) fn async_is_run(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let Some(asyncness) = &sig.asyncness else { return true };
    let is_run = cfg!(feature = "tokio");
    if !is_run {
        errors.at(asyncness, format_args!("{who} is `async` with the feature `tokio`: write `features = [\"tokio\"]` for `mp-runtime` in Cargo.toml, or build a runtime inside the function and block on it"));
    }
    is_run
}

/// No `unsafe`: nobody here could keep what it asks for.
pub(crate) fn not_unsafe(sig: &Signature, who: &str, errors: &mut Errors) {
    // One with `...` rustc refuses itself.
    if let (syn::Safety::Unsafe(token), None) = (&sig.safety, &sig.variadic) {
        errors.at(token, format_args!("{who} is called by the framework, which cannot keep the contract of an `unsafe fn`: use an `unsafe` block inside"));
    }
}

/// No `self`. Whether there was one: then nothing beside the function can be made.
pub(crate) fn no_receiver(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let Some(FnArg::Receiver(receiver)) = sig.inputs.first() else { return true };
    errors.at(
        receiver.self_token,
        format_args!("{who} takes no `self`: make it a free function with a parameter for the value"),
    );
    false
}

/// Every parameter has a type that can be named.
pub(crate) fn nameable_parameters(sig: &Signature, who: &str, errors: &mut Errors) {
    for input in &sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        if let Type::ImplTrait(opaque) = &*parameter.ty {
            errors.at(
                opaque,
                format_args!("{who} cannot take `impl Trait`: use a type parameter, as in `fn f<T: Trait>(value: T)`"),
            );
        }
        for attr in &parameter.attrs {
            if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
                errors.at(
                    attr,
                    format_args!(
                        "{who} has the same parameters in every configuration: put `#[cfg]` on the whole function"
                    ),
                );
            }
        }
    }
}

/// No `Self`: whoever calls the function stands outside of any `impl`. Whether there was none.
pub(crate) fn no_self_type(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let found = words(sig.to_token_stream()).into_iter().find(|word| word == "Self");
    match found {
        Some(word) => {
            errors.at(word, format_args!("{who} stands outside of any `impl`: move it out and name the type"));
            false
        }
        None => true,
    }
}

/// Whether rustc can make sense of each type in the signature. Where not, it says so at the function, and would
/// say it again of anything with the same types.
pub(crate) fn has_meaning(sig: &Signature) -> bool {
    let parameters = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(&*parameter.ty),
        FnArg::Receiver(_) => None,
    });
    let output = match &sig.output {
        ReturnType::Type(_, ty) => Some(&**ty),
        ReturnType::Default => None,
    };
    let declared: Vec<String> = sig.generics.lifetimes().map(|lifetime| lifetime.lifetime.ident.to_string()).collect();
    parameters.chain(output).all(|ty| {
        let tokens = ty.to_token_stream();
        is_sized(ty) && no_placeholder(tokens.clone()) && known_lifetimes(tokens, &declared)
    })
}

/// Whether the type is none of those that everyone knows to have no size.
fn is_sized(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) | Type::TraitObject(_) => false,
        Type::Path(path) => !path.path.is_ident("str"),
        _ => true,
    }
}

/// Whether no `_` stands for a type.
fn no_placeholder(tokens: TokenStream) -> bool {
    words(tokens).iter().all(|word| word != "_")
}

/// Whether each lifetime is declared, as far as one can see: `for<'a>` may declare any.
fn known_lifetimes(tokens: TokenStream, declared: &[String]) -> bool {
    let known = |lifetime: &Ident| {
        let lifetime = lifetime.to_string();
        declared.contains(&lifetime) || lifetime == "static" || lifetime == "_"
    };
    words(tokens.clone()).iter().any(|word| word == "for") || lifetimes(tokens).iter().all(known)
}

/// The identifiers and keywords among the tokens, at any depth.
fn words(tokens: TokenStream) -> Vec<Ident> {
    identifiers(tokens, false)
}

/// The lifetimes among the tokens, at any depth.
fn lifetimes(tokens: TokenStream) -> Vec<Ident> {
    identifiers(tokens, true)
}

fn identifiers(tokens: TokenStream, of_lifetimes: bool) -> Vec<Ident> {
    let mut found = Vec::new();
    let mut in_lifetime = false;
    for token in tokens {
        let begins_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        match token {
            TokenTree::Ident(ident) if in_lifetime == of_lifetimes => found.push(ident),
            TokenTree::Group(group) => found.extend(identifiers(group.stream(), of_lifetimes)),
            _ => {}
        }
        in_lifetime = begins_lifetime;
    }
    found
}

/// Whether there is `impl Trait` in a type.
pub(crate) fn is_opaque(ty: &Type) -> bool {
    words(ty.to_token_stream()).iter().any(|word| word == "impl")
}

/// The type with a `_` for each `impl Trait`.
pub(crate) fn inferred(ty: Type) -> Type {
    match ty {
        Type::ImplTrait(opaque) => {
            let underscore_token = Token![_](opaque.impl_token.span);
            Type::Infer(syn::TypeInfer { attrs: opaque.attrs, underscore_token })
        }
        Type::Path(mut path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
                for argument in &mut arguments.args {
                    let GenericArgument::Type(ty) = argument else { continue };
                    *ty = inferred(ty.clone());
                }
            }
            Type::Path(path)
        }
        ty => ty,
    }
}

/// Every parameter owns its data, as far as one can see: it crosses to a process that is no copy of this one.
pub(crate) fn owned_parameters(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let mut owned = true;
    for input in &sig.inputs {
        let FnArg::Typed(parameter) = input else { continue };
        let tokens = parameter.ty.to_token_stream();
        if has_reference(tokens.clone()) || lifetimes(tokens).iter().any(|lifetime| lifetime != "static") {
            errors.at(
                &parameter.ty,
                format_args!("{who} with `start` takes what it owns, for by `forkserver` or `exec` it has no copy of its parent's memory: take a `String` for a `&str`, a `Vec` for a slice, or leave `start` out, for then it is forked"),
            );
            owned = false;
        }
    }
    owned
}

/// Whether there is a `&` among the tokens, at any depth.
fn has_reference(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '&',
        TokenTree::Group(group) => has_reference(group.stream()),
        _ => false,
    })
}

/// The result owns its data and has a type that can be named.
pub(crate) fn owned_result(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let ReturnType::Type(_, output) = &sig.output else { return true };
    owned(output, who, errors)
}

/// Whether a type owns its data, as far as one can see.
fn owned(ty: &Type, who: &str, errors: &mut Errors) -> bool {
    match ty {
        Type::Reference(reference) => {
            let instead = "return a `String`, a `Vec` or the like";
            errors.at(
                reference,
                format_args!("{who} returns what it owns, for all it could lend ends with it: {instead}"),
            );
            false
        }
        Type::ImplTrait(opaque) => {
            errors.at(
                opaque,
                format_args!(
                    "{who} cannot return `impl Trait`, which the parent could not read back: {}",
                    instead_of(opaque)
                ),
            );
            false
        }
        Type::Tuple(tuple) => tuple.elems.iter().all(|ty| owned(ty, who, errors)),
        Type::Array(array) => owned(&array.elem, who, errors),
        Type::Paren(paren) => owned(&paren.elem, who, errors),
        Type::Group(group) => owned(&group.elem, who, errors),
        Type::Path(path) => path.path.segments.last().is_none_or(|last| owned_arguments(last, who, errors)),
        _ => true,
    }
}

/// Whether the arguments of a generic type own their data.
fn owned_arguments(segment: &PathSegment, who: &str, errors: &mut Errors) -> bool {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return true };
    // An error crosses as its text, so that of a `Result` may borrow.
    let crossing = if segment.ident == "Result" { 1 } else { arguments.args.len() };
    arguments.args.iter().take(crossing).all(|argument| match argument {
        GenericArgument::Type(ty) => owned(ty, who, errors),
        GenericArgument::Lifetime(lifetime) if lifetime.ident != "static" => {
            errors.at(
                lifetime,
                format_args!("{who} returns what it owns, for all it could lend ends with it: write `'static`, or use a type without a lifetime"),
            );
            false
        }
        _ => true,
    })
}

fn instead_of(opaque: &TypeImplTrait) -> &'static str {
    let is_future = opaque.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
        _ => false,
    });
    if is_future { "block on the future and return its value" } else { "name the type, or collect into a `Vec`" }
}
