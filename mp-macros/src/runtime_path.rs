//! Where the runtime is, in the user's crate.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The path of `mp_runtime`, as the output names it.
#[derive(Clone)]
pub(crate) struct RuntimePath(Option<syn::Path>);

impl RuntimePath {
    /// The path of option `crate`, or `::mp_runtime`.
    pub(crate) fn new(given: Option<syn::Path>) -> RuntimePath {
        RuntimePath(given)
    }

    /// The path, placed at `span`: there rustc points when something behind it does not fit.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let span = span.resolved_at(Span::call_site());
        match &self.0 {
            None => quote_spanned!(span=> ::mp_runtime),
            // The user's own tokens keep resolving as they were written.
            Some(path) => path
                .to_token_stream()
                .into_iter()
                .map(|mut token| {
                    token.set_span(token.span().located_at(span));
                    token
                })
                .collect(),
        }
    }
}

impl ToTokens for RuntimePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.at(Span::call_site()));
    }
}
