//! A process function as tokens. Nothing here can fail, and nothing here decides.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::process::model::{Output, Parameter, Process};
use crate::process::settings::Setting;
use crate::runtime_path::{self, RuntimePath, closed};

/// What stands beside the function:
///
/// ```text
/// /// Starts [`run2`](fn@run2) in a process of its own.
/// #[allow(non_camel_case_types, reason = "it shares the name of the function")]
/// struct run2 {}
///
/// impl run2 {
///     /// Starts the process. See [`run2`](fn@run2).
///     pub fn spawn(name: &str) -> Result<Child<u32>, SpawnError> {
///         __private::spawn(Self::process(name))
///     }
///
///     /// A process that is not started yet, for more settings. See [`run2`](fn@run2).
///     pub fn process(name: &str) -> Builder<impl Body<Value = u32>> {
///         __private::process("run2", move || run2(name)).returns::<Value<u32, _>>().daemon(true)
///     }
/// }
/// ```
pub(crate) fn declaration(process: &Process) -> TokenStream {
    let Process { item, runtime, generics, .. } = process;
    let function = &item.sig.ident;
    // Where the user's name stands, but the macro's own: lints on names are not for the user to see.
    let at = function.span().resolved_at(Span::call_site());
    let mut ty = function.clone();
    ty.set_span(at);
    let spawn = syn::Ident::new("spawn", at);
    let builder = syn::Ident::new("process", at);

    let vis = &item.vis;
    let cfgs: Vec<_> = item.cfgs().collect();
    let allowances = item.allowances();
    let deprecation = item.deprecation();
    let deprecated = deprecation.map(|_| quote!(#[allow(deprecated, reason = "the function is")]));
    let bounds = &generics.where_clause;
    let names: Vec<_> = process.parameters.iter().map(|parameter| &parameter.name).collect();
    let parameters =
        process.parameters.iter().map(|Parameter { allowances, name, ty }| quote!(#(#allowances)* #name: #ty));
    let parameters = quote!(#(#parameters),*);
    let turbofish = match process.arguments.as_slice() {
        [] => None,
        arguments => Some(quote!(::<#(#arguments),*>)),
    };
    let (output, first, last) = match &process.output {
        Output::Value(ty) | Output::Fallible(ty) | Output::Refused(Some(ty)) => {
            let (first, last) = runtime_path::ends(ty);
            (runtime.at(first), first, last)
        }
        Output::Unit | Output::Never | Output::Refused(None) => {
            (quote!(#runtime), Span::call_site(), Span::call_site())
        }
    };
    let value = value(process);
    let child =
        closed(quote_spanned!(first=> ::core::result::Result<#output::Child<#value>, #output::SpawnError), last);
    let body = syn::Ident::new(if process.start.is_some() { "Portable" } else { "Body" }, first);
    // An `impl` captures what the edition of its place says: ours, which takes the lifetimes of the parameters.
    let ours = first.resolved_at(Span::call_site());
    let opaque = quote_spanned!(ours=> impl);
    let built = closed(quote_spanned!(first=> #output::Builder<#opaque #output::#body<Value = #value>), last);
    let started = quote_spanned!(first=> #output::__private::spawn(Self::process #turbofish(#(#names),*)));
    let call = quote!(#function #turbofish(#(#names),*));
    let made = match item.sig.asyncness {
        None => made(process, &call),
        Some(_) => made(process, &quote!(#runtime::__private::block_on(#call))),
    };

    let type_doc = format!(" Starts [`{function}`](fn@{function}) in a process of its own.");
    let spawn_doc = format!(" Starts the process. See [`{function}`](fn@{function}).");
    let builder_doc =
        format!(" A process that is not started yet, for more settings. See [`{function}`](fn@{function}).");
    let declared = quote_spanned!(at=> struct #ty {});
    quote! {
        #(#cfgs)*
        #deprecation
        #[doc = #type_doc]
        #[allow(non_camel_case_types, reason = "it shares the name of the function")]
        #(#allowances)*
        #vis #declared

        #(#cfgs)*
        #deprecated
        #[allow(clippy::too_many_arguments, clippy::type_complexity, reason = "as the function has them")]
        #(#allowances)*
        impl #ty {
            #[doc = #spawn_doc]
            pub fn #spawn #generics(#parameters) -> #child #bounds {
                #started
            }

            #[doc = #builder_doc]
            pub fn #builder #generics(#parameters) -> #built #bounds {
                #made
            }
        }
    }
}

/// The type that the parent gets: `u32`, or `__private::Ok<io::Result<u32>>`.
fn value(process: &Process) -> TokenStream {
    match &process.output {
        Output::Unit | Output::Refused(None) => quote!(()),
        Output::Value(ty) | Output::Refused(Some(ty)) => quote!(#ty),
        Output::Fallible(ty) => process.runtime.alias("Ok", ty, 0),
        Output::Never => quote!(::core::convert::Infallible),
    }
}

/// The builder: `__private::process("run2", move || run2(name)).returns::<Value<u32, _>>().daemon(true)`.
///
/// Of an `async fn`: `__private::asynchronous(__private::process("run2", move || __private::block_on(run2(name))).returns..)`.
///
/// What checks the user's type stands where it does, for there rustc points when the type cannot cross.
fn made(process: &Process, call: &TokenStream) -> TokenStream {
    let Process { runtime, start, .. } = process;
    let made = match start {
        Some(_) => carried(process, call),
        None => forked(process, call),
    };
    let made = match process.item.sig.asyncness {
        Some(_) if !matches!(process.output, Output::Refused(_)) => quote!(#runtime::__private::asynchronous(#made)),
        _ => made,
    };
    let daemon = process.daemon.then(|| quote!(.daemon(true)));
    let detached = process.detached.then(|| quote!(.detached(true)));
    let start = start.as_ref().map(|method| quote!(.start(#runtime::StartMethod::#method)));
    let settings = process.settings.iter().map(|setting| set(setting, runtime));
    let settings = quote!(#daemon #detached #start #(#settings)*);
    match process.threads_allowed {
        true => quote!(#runtime::__private::allow_threads(#made #settings)),
        false => quote!(#made #settings),
    }
}

/// With any arguments: a closure has them.
fn forked(process: &Process, call: &TokenStream) -> TokenStream {
    let (runtime, name) = (&process.runtime, &process.name);
    match &process.output {
        Output::Unit => quote!(#runtime::__private::process(#name, move || #call).returns::<()>()),
        Output::Value(ty) => {
            let checked = runtime.alias("Value", ty, 1);
            quote!(#runtime::__private::process(#name, move || #call).returns::<#checked>())
        }
        Output::Fallible(ty) => {
            let checked = runtime.alias("Fails", ty, 2);
            quote!(#runtime::__private::process(#name, move || #call).fails::<#checked>())
        }
        Output::Never => quote!(#runtime::__private::diverges(#name, move || #call)),
        Output::Refused(_) => {
            let names = process.parameters.iter().map(|parameter| &parameter.name);
            quote!(#runtime::__private::refused((#(#names,)*)))
        }
    }
}

/// With arguments that can be written down, in a tuple, each of which is checked where its type stands:
/// `__private::carry("run2", (name,), |(name,)| run2(name)).returns::<Value<u32, _>, (Argument<String, _>,)>()`.
fn carried(process: &Process, call: &TokenStream) -> TokenStream {
    let (runtime, name) = (&process.runtime, &process.name);
    let names: Vec<_> = process.parameters.iter().map(|parameter| &parameter.name).collect();
    let arguments = quote!((#(#names,)*));
    let types = process.parameters.iter().map(|parameter| runtime.alias("Argument", &parameter.ty, 1));
    let types = quote!((#(#types,)*));
    let carried = quote!(#runtime::__private::carry(#name, #arguments, |#arguments| #call));
    match &process.output {
        Output::Unit => quote!(#carried.returns::<(), #types>()),
        Output::Value(ty) => {
            let checked = runtime.alias("Value", ty, 1);
            quote!(#carried.returns::<#checked, #types>())
        }
        Output::Fallible(ty) => {
            let checked = runtime.alias("Fails", ty, 2);
            quote!(#carried.fails::<#checked, #types>())
        }
        Output::Never => quote!(#runtime::__private::carry_diverges(#name, #arguments, |#arguments| #call)),
        Output::Refused(_) => quote!(#runtime::__private::carry_refused(#arguments)),
    }
}

/// One setting: `.stdout(::mp_runtime::Stdio::Null)`.
fn set(setting: &Setting, runtime: &RuntimePath) -> TokenStream {
    match setting {
        Setting::Flag { method } => quote!(.#method(true)),
        Setting::Value { method, value } => quote!(.#method(#value)),
        Setting::Number { method, number } => quote!(.#method(#number)),
        Setting::Time { method, millis } => quote!(.#method(::core::time::Duration::from_millis(#millis))),
        Setting::Stream { method, stdio } => quote!(.#method(#runtime::Stdio::#stdio)),
        Setting::Variable { method, name, value } => quote!(.#method(#name, #value)),
        Setting::Limit { method, limit, value } => quote!(.#method(#runtime::Limit::#limit, #value)),
    }
}
