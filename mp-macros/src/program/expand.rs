//! A program as tokens. Nothing here can fail, and nothing here decides.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::program::model::{Main, Program, Start};
use crate::program::settings::Settings;
use crate::runtime_path;

/// The `fn main` of the program:
///
/// ```text
/// fn main() -> ExitCode {
///     use __private::unmarked::*;
///     __private::program(|program| {
///         let greeter = {
///             use self::run2 as __entry1;
///             let process = __entry1::process;
///             program.start_as("greeter", process("lucky"))?
///         };
///         let main = move || -> () { greeter.join(); };
///         Ok(Termination::report(main()))
///     })
/// }
/// ```
pub(crate) fn program(program: &Program) -> TokenStream {
    let Settings { runtime, isolated, required, parked, .. } = &program.settings;
    let context = Ident::new("program", Span::mixed_site());
    let starts = program.entries.iter().map(|entry| start(entry, &context));
    let main = program.main.as_ref().map(main);
    let code = match &program.main {
        Some(main) => code(main),
        None => quote!(::core::result::Result::Ok(::std::process::ExitCode::SUCCESS)),
    };
    // `program(|program| ..)`, `program_that_requires(&[Rung::Subreaper], |program| ..)`, `isolated_program(&[], |program| ..)`.
    let (run, required) = match (isolated, required.as_slice()) {
        (false, []) => (quote!(program), None),
        (false, rungs) => (quote!(program_that_requires), Some(quote!(&[#(#runtime::Rung::#rungs),*],))),
        (true, rungs) => (quote!(isolated_program), Some(quote!(&[#(#runtime::Rung::#rungs),*],))),
    };
    // `fork_server().parked(4).start()?;`
    let parked = parked.iter().map(|count| {
        let at = count.span().resolved_at(Span::call_site());
        let park = quote_spanned!(at=> .parked(#count));
        quote!(#runtime::fork_server()#park.start()?;)
    });
    let docs = program.main.iter().flat_map(|main| &main.docs);
    quote! {
        #(#docs)*
        fn main() -> ::std::process::ExitCode {
            #[allow(unused_imports, reason = "found only by what is not a process function")]
            use #runtime::__private::unmarked::*;
            #runtime::__private::#run(#required |#context| {
                #(#parked)*
                #(#starts)*
                #main
                #code
            })
        }
    }
}

/// One entry:
///
/// ```text
/// let greeter = { use self::run2 as __entry1; let process = __entry1::process; program.start_as("greeter", process("lucky"))? };
/// let worker = { use self::crunch as __entry1; let process = __entry1::process; program.replicas("worker", 4, || process(8))? };
/// ```
///
/// The import brings in a type of the function's name, if there is one: see `__private::unmarked` for what
/// happens if not. The arguments see it, so it has a name that no user gives. Everything about the call stands at the user's
/// path, for there rustc points; and all of it in one context, and apart from the arguments: so rustc takes a bound that is not met
/// for one mistake, of what is made there and of what is done with it.
fn start(entry: &Start, program: &Ident) -> TokenStream {
    let Start { attrs, label, labelled, count, path, generics, arguments, arguments_span } = entry;
    let at = path.span().resolved_at(Span::mixed_site());
    let program = Ident::new(&program.to_string(), at);
    let import = format_ident!("__entry{}", arguments.len(), span = at);
    let text = label.unraw().to_string();
    // Of a single name, `self::` tells rustc to look for it here and suggest what is near.
    let here = (path.leading_colon.is_none() && path.segments.len() == 1).then(|| quote_spanned!(at=> self::));
    let generics = match generics.to_token_stream() {
        none if none.is_empty() => none,
        generics => generics,
    };
    let arguments = {
        let list = quote!(#(#arguments),*);
        let mut group = Group::new(Delimiter::Parenthesis, list);
        group.set_span(*arguments_span);
        group
    };
    let process = quote_spanned!(at=> let process = #import::process #generics;);
    let call = quote_spanned!(at=> process #arguments);
    let started = match (count, labelled) {
        (Some(count), _) => quote_spanned!(at=> #program.replicas(#text, #count, || #call)),
        (None, true) => quote_spanned!(at=> #program.start_as(#text, #call)),
        (None, false) => quote_spanned!(at=> #program.start(#call)),
    };
    quote! {
        #(#attrs)*
        #[allow(unused_variables, reason = "a label need not be used")]
        let #label = { use #here #path as #import; #process #started? };
    }
}

/// The parent's code, in a closure for the labels to be in scope and `return` and `?` to work:
///
/// ```text
/// let main = move || -> io::Result<()> { .. };
/// ```
///
/// One that a `#[cfg]` may leave out stands behind one that does nothing: `let main = || ();`.
fn main(main: &Main) -> TokenStream {
    let Main { attrs, output, body, .. } = main;
    let at = main.at.resolved_at(Span::call_site());
    let output = match output {
        Some(output) => quote!(#output),
        None => quote_spanned!(at=> ()),
    };
    let closure = quote_spanned!(at=> move || -> #output #body);
    let local = local(main);
    let otherwise = main.conditional.then(|| {
        quote! {
            #[allow(unused_variables, reason = "called where there is no `fn main`")]
            let #local = || ();
        }
    });
    quote! {
        #otherwise
        #(#attrs)*
        let #local = #closure;
    }
}

/// The name of that closure, of the same hygiene where it is made and where it is called: else, in a program that comes
/// out of another macro, the call would find the `fn main` around it.
fn local(main: &Main) -> Ident {
    let at = main.output.as_ref().map_or_else(Span::call_site, |output| runtime_path::ends(output).0);
    Ident::new("main", at)
}

/// The exit code: `Ok(Termination::report(main()))`, placed at the type that `fn main` returns, for there rustc points
/// when no code can be made of it. If it never returns, nothing here is reached.
///
/// What is `impl Trait` passes through a function first, which says so: `fn output(output: impl Trait) -> impl Trait { output }`.
fn code(main: &Main) -> TokenStream {
    let (first, last) = main.output.as_ref().map_or((Span::call_site(), Span::call_site()), runtime_path::ends);
    let parenthesized = |inside| {
        let mut group = Group::new(Delimiter::Parenthesis, inside);
        group.set_span(last);
        group
    };
    let (local, nothing) = (local(main), parenthesized(TokenStream::new()));
    let given = match &main.opaque {
        None => quote!(#local #nothing),
        Some(_) => {
            let inside = parenthesized(quote!(#local #nothing));
            quote_spanned!(first=> output #inside)
        }
    };
    let given = parenthesized(given);
    let report = quote_spanned!(first=> ::std::process::Termination::report #given);
    let code = quote!(::core::result::Result::Ok(#report));
    match (&main.output, &main.opaque) {
        (Some(Type::Never(_)), _) => quote! {
            #[allow(unreachable_code, reason = "`fn main` does not return")]
            { #code }
        },
        (_, Some(opaque)) => {
            let through = quote_spanned!(first=> fn output(output: #opaque) -> #opaque { output });
            quote!({ #through #code })
        }
        _ => code,
    }
}
