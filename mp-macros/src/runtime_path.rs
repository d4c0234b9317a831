//! Where the runtime is, in the user's crate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

/// The path of `mp_runtime`, as the output names it.
#[derive(Clone)]
pub(crate) struct RuntimePath(Option<syn::Path>);

impl RuntimePath {
    /// The path of option `crate`, or `::mp_runtime`.
    pub(crate) fn new(given: Option<syn::Path>) -> RuntimePath {
        RuntimePath(given)
    }

    /// `__private::alias<ty, _>`, placed where the user's type stands: there rustc points when the type does not fit.
    /// Of parameters that are for rustc to find, there are `found`.
    pub(crate) fn alias(&self, alias: &str, ty: &Type, found: usize) -> TokenStream {
        let (first, last) = ends(ty);
        let runtime = self.at(first);
        let alias = Ident::new(alias, first);
        let found = (0..found).map(|_| quote_spanned!(first=> , _));
        closed(quote_spanned!(first=> #runtime::__private::#alias<#ty #(#found)*), last)
    }

    /// The path, placed at `span`: there rustc points when something behind it does not fit.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
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
        match &self.0 {
            None => self.at(Span::call_site()).to_tokens(tokens),
            // Where it was written: there rustc points when there is no such crate.
            Some(path) => path.to_tokens(tokens),
        }
    }
}

/// The places of the first and last token of a type, for tokens of our own around it.
pub(crate) fn ends(ty: &Type) -> (Span, Span) {
    let spans: Vec<Span> = ty.to_token_stream().into_iter().map(|token| token.span()).collect();
    let end = |span: Option<&Span>| span.copied().unwrap_or_else(Span::call_site);
    (end(spans.first()), end(spans.last()))
}

/// A generic type, closed: `Child<u32` and `>`.
pub(crate) fn closed(open: TokenStream, last: Span) -> TokenStream {
    let close = quote_spanned!(last=> >);
    quote!(#open #close)
}
