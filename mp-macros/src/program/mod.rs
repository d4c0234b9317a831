//! `mp_main!`. The module is not called `main`, for rustc warns of that.

mod expand;
mod input;
mod model;
mod settings;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use input::ProgramInput;
use model::Program;

/// The whole macro: the `fn main` of the program, or the mistakes and a `fn main` that does nothing.
pub(crate) fn program(input: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let input = ProgramInput::parse(input, &mut errors);
    let program = Program::new(input, &mut errors);
    if errors.is_empty() {
        errors.into_tokens();
        return expand::program(&program);
    }
    let errors = errors.into_tokens();
    quote!(fn main() {} #errors)
}
