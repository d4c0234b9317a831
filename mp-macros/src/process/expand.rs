//! A process function as tokens. Nothing here can fail, and nothing here decides.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::process::model::{Output, Process};

/// What stands beside the function:
///
/// ```text
/// /// Starts [`run2`](fn@run2) in a process of its own.
/// #[allow(non_camel_case_types, reason = "it shares the name of the function")]
/// struct run2 {}
///
/// impl run2 {
///     /// Starts the process. See [`run2`](fn@run2).
///     fn spawn(name: &str) -> Result<Child<()>, SpawnError> {
///         Self::process(name).spawn()
///     }
///
///     /// A process that is not started yet, for more settings. See [`run2`](fn@run2).
///     fn process(name: &str) -> Builder<impl Body<Value = ()>> {
///         __private::returns::<()>("run2", move || run2(name)).daemon(true)
///     }
/// }
/// ```
pub(crate) fn declaration(process: &Process) -> TokenStream {
    let Process { item, runtime, .. } = process;
    let function = &item.sig.ident;
    // Where the user's name stands, but the macro's own: lints on names are not for the user to see.
    let at = function.span().resolved_at(Span::call_site());
    let ty = syn::Ident::new(&function.to_string().replace("r#", ""), at);
    let ty = if function.to_string().starts_with("r#") { syn::Ident::new_raw(&ty.to_string(), at) } else { ty };
    let spawn = syn::Ident::new("spawn", at);
    let builder = syn::Ident::new("process", at);

    let vis = &item.vis;
    let cfgs: Vec<_> = item.cfgs().collect();
    let generics = &item.sig.generics;
    let bounds = &generics.where_clause;
    let names: Vec<_> = process.parameters.iter().map(|parameter| &parameter.name).collect();
    let types = process.parameters.iter().map(|parameter| &parameter.ty);
    let parameters = quote!(#(#names: #types),*);
    let turbofish = match process.generics.as_slice() {
        [] => None,
        generics => Some(quote!(::<#(#generics),*>)),
    };
    let value = value(process);
    let made = made(process, &quote!(#function #turbofish(#(#names),*)));

    let type_doc = format!("Starts [`{function}`](fn@{function}) in a process of its own.");
    let spawn_doc = format!("Starts the process. See [`{function}`](fn@{function}).");
    let builder_doc =
        format!("A process that is not started yet, for more settings. See [`{function}`](fn@{function}).");
    quote! {
        #(#cfgs)*
        #[doc = #type_doc]
        #[allow(non_camel_case_types, reason = "it shares the name of the function")]
        #vis struct #ty {}

        #(#cfgs)*
        impl #ty {
            #[doc = #spawn_doc]
            #vis fn #spawn #generics(#parameters) -> ::core::result::Result<#runtime::Child<#value>, #runtime::SpawnError> #bounds {
                Self::process #turbofish(#(#names),*).spawn()
            }

            #[doc = #builder_doc]
            #vis fn #builder #generics(#parameters) -> #runtime::Builder<impl #runtime::Body<Value = #value>> #bounds {
                #made
            }
        }
    }
}

/// The type that the parent gets: `u32`, or `__private::Ok<io::Result<u32>>`.
fn value(process: &Process) -> TokenStream {
    let runtime = &process.runtime;
    match &process.output {
        Output::Unit | Output::Refused(None) => quote!(()),
        Output::Value(ty) | Output::Refused(Some(ty)) => quote!(#ty),
        Output::Fallible(ty) => quote!(#runtime::__private::Ok<#ty>),
        Output::Never => quote!(::core::convert::Infallible),
    }
}

/// The builder: `__private::returns::<u32>("run2", move || run2(name)).daemon(true)`.
///
/// The path stands at the user's type, for there rustc points when the type cannot cross.
fn made(process: &Process, call: &TokenStream) -> TokenStream {
    let (runtime, name) = (&process.runtime, &process.name);
    let made = match &process.output {
        Output::Unit => quote!(#runtime::__private::returns::<()>(#name, move || #call)),
        Output::Value(ty) => {
            let private = private(process, ty.span());
            quote_spanned! {ty.span().resolved_at(Span::call_site())=> #private::returns::<#ty>(#name, move || #call) }
        }
        Output::Fallible(ty) => {
            let private = private(process, ty.span());
            quote_spanned! {ty.span().resolved_at(Span::call_site())=> #private::fails::<#ty>(#name, move || #call) }
        }
        Output::Never => quote!(#runtime::__private::diverges(#name, move || #call)),
        Output::Refused(_) => {
            let names = process.parameters.iter().map(|parameter| &parameter.name);
            quote!(#runtime::__private::refused((#(#names,)*)))
        }
    };
    let daemon = process.daemon.then(|| quote!(.daemon(true)));
    match process.threads_allowed {
        true => quote!(#runtime::__private::allow_threads(#made #daemon)),
        false => quote!(#made #daemon),
    }
}

fn private(process: &Process, span: Span) -> TokenStream {
    let runtime = process.runtime.at(span);
    let span = span.resolved_at(Span::call_site());
    quote_spanned!(span=> #runtime::__private)
}
