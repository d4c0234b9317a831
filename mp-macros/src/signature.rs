//! Rules that the signature of a function keeps for the framework to call it, one function each.

use syn::{FnArg, ReturnType, Signature, Type, TypeParamBound};

use crate::errors::Errors;

/// No `async`: nothing here polls.
pub(crate) fn not_async(sig: &Signature, who: &str, errors: &mut Errors) {
    if let Some(asyncness) = &sig.asyncness {
        errors.at(asyncness, format_args!("{who} is not `async`: build the async runtime inside it and block on it"));
    }
}

/// No `unsafe`: nobody here could keep what it asks for.
pub(crate) fn not_unsafe(sig: &Signature, who: &str, errors: &mut Errors) {
    if let syn::Safety::Unsafe(token) = &sig.safety {
        errors.at(token, format_args!("{who} is called by the framework, which cannot keep the contract of an `unsafe fn`: use an `unsafe` block inside"));
    }
}

/// No `...`.
pub(crate) fn not_variadic(sig: &Signature, who: &str, errors: &mut Errors) {
    if let Some(variadic) = &sig.variadic {
        errors.at(variadic, format_args!("{who} has a fixed number of parameters: pass a slice instead"));
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

/// The result owns its data and has a type that can be named.
pub(crate) fn owned_result(sig: &Signature, who: &str, errors: &mut Errors) -> bool {
    let ReturnType::Type(_, output) = &sig.output else { return true };
    match &**output {
        Type::Reference(reference) => {
            errors.at(
                reference,
                format_args!(
                    "{who} returns an owned value, for its memory ends with it: return a `String`, a `Vec` or the like"
                ),
            );
            false
        }
        Type::ImplTrait(opaque) => {
            let sends_future = opaque.bounds.iter().any(|bound| match bound {
                TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Future"),
                _ => false,
            });
            let instead = if sends_future {
                "block on the future and return its value"
            } else {
                "name the type, or collect into a `Vec`"
            };
            errors.at(
                opaque,
                format_args!("{who} cannot return `impl Trait`, which the parent could not read back: {instead}"),
            );
            false
        }
        _ => true,
    }
}
