//! The mistakes of one use of a macro, collected.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects errors; must be turned into tokens, so that none is forgotten.
#[derive(Default)]
pub(crate) struct Errors {
    first: Option<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) fn new() -> Errors {
        Errors::default()
    }

    /// Reports `message` on `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.first {
            Some(first) => first.combine(error),
            None => self.first = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// A `compile_error!` for each.
    pub(crate) fn into_tokens(mut self) -> TokenStream {
        self.read = true;
        self.first.take().map(syn::Error::into_compile_error).unwrap_or_default()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.read || std::thread::panicking(), "errors were collected and not reported");
    }
}
