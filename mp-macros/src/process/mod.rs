//! `#[process]`.

mod args;
mod expand;
mod model;

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
        Err(error) => {
            match item::keyword(&tokens) {
                Some(keyword) if !model::begins_function(&keyword) => {
                    errors.at(keyword, "`#[process]` marks a function: put it on an `fn`");
                }
                _ => errors.push(error),
            }
            None
        }
    };
    let errors = errors.into_tokens();
    quote!(#tokens #declaration #errors)
}
