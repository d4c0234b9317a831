//! A function as it was written, its body unread: half-typed code in it must not silence the macro.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Meta, MetaList, Signature, Token, Visibility};

/// A function item.
pub(crate) struct FnItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The body with its braces; none if the item ends with a semicolon.
    pub(crate) body: Option<proc_macro2::Group>,
}

impl Parse for FnItem {
    fn parse(input: ParseStream<'_>) -> syn::Result<FnItem> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let body = match input.parse()? {
            TokenTree::Group(body) => Some(body),
            _ => None,
        };
        Ok(FnItem { attrs, vis, sig, body })
    }
}

/// The word that an item begins with, behind its attributes and visibility, unless the item is a function.
pub(crate) fn keyword(tokens: &TokenStream) -> Option<TokenTree> {
    let mut rest = tokens.clone().into_iter().peekable();
    let mut first = None;
    while let Some(token) = rest.next() {
        match &token {
            // An attribute, and the path in `pub(in path)`.
            TokenTree::Punct(punct) if punct.as_char() == '#' => drop(rest.next()),
            TokenTree::Ident(ident) if ident == "pub" => {
                rest.next_if(|next| matches!(next, TokenTree::Group(_)));
            }
            TokenTree::Ident(ident) if ident == "fn" => return None,
            // What may stand before `fn`.
            TokenTree::Ident(ident)
                if ["async", "unsafe", "extern", "const", "safe", "default"].iter().any(|word| ident == word) =>
            {
                first = first.or(Some(token));
            }
            TokenTree::Literal(_) if first.is_some() => {}
            _ => return first.or(Some(token)),
        }
    }
    first
}

/// The `#[allow(..)]` among the attributes, and the `#[expect(..)]`, as `#[allow(..)]`: what is expected is there once.
pub(crate) fn allowances(attrs: &[Attribute]) -> Vec<TokenStream> {
    let lists = attrs.iter().filter_map(|attr| attr.meta.require_list().ok());
    lists.filter_map(allowance).collect()
}

fn allowance(list: &MetaList) -> Option<TokenStream> {
    let expected = list.path.is_ident("expect");
    if !expected && !list.path.is_ident("allow") {
        return None;
    }
    let mut lints: Vec<Meta> =
        list.parse_args_with(Punctuated::<_, Token![,]>::parse_terminated).ok()?.into_iter().collect();
    // What may lie unused here counts as used, and then nothing is unused that it calls: the function.
    lints.retain(|lint| !expected || !["dead_code", "unused"].iter().any(|word| lint.path().is_ident(word)));
    let level = Ident::new("allow", list.path.span());
    (!lints.is_empty()).then(|| quote!(#[#level(#(#lints),*)]))
}

impl FnItem {
    /// The `#[deprecated]` attribute: what stands beside the function is as old.
    pub(crate) fn deprecation(&self) -> Option<&Attribute> {
        self.attrs.iter().find(|attr| attr.path().is_ident("deprecated"))
    }

    /// The lints that are allowed or expected, for what stands beside the function has its names and types.
    pub(crate) fn allowances(&self) -> Vec<TokenStream> {
        allowances(&self.attrs)
    }

    /// The `#[cfg(..)]` attributes: what stands beside the function exists only if it does.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

impl ToTokens for FnItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attr in &self.attrs {
            attr.to_tokens(tokens);
        }
        self.vis.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
