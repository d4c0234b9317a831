//! `#[process]`.

mod args;
mod expand;
mod model;
mod settings;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::item::{self, FnItem};
use args::ProcessArgs;
use model::Process;

/// The whole macro: the user's function, unchanged, what stands beside it, and the mistakes.
pub(crate) fn attribute(args: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let args = ProcessArgs::parse(args, &mut errors);
    let declaration = match syn::parse2::<FnItem>(tokens.clone()) {
        Ok(item) => Process::new(args, item, &mut errors).map(|process| expand::declaration(&process)),
        Err(_) => {
            // A function that is none to syn is none to rustc, which has said so before it called the macro. So it
            // has of a statement.
            if let Some(keyword) = item::keyword(&tokens).filter(|keyword| keyword.to_string() != "let") {
                errors.at(keyword, "`#[process]` marks a function: put it on an `fn`");
            }
            None
        }
    };
    let errors = errors.into_tokens();
    quote!(#tokens #declaration #errors)
}
