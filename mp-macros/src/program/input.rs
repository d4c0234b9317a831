//! What stands in `mp_main! { .. }`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseBuffer, ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Path, Token, bracketed, parenthesized};

use crate::errors::Errors;
use crate::item::FnItem;
use crate::program::settings::Settings;

const A_LIST: &str = "`mp_main!` lists processes and `fn main`: put statements into `fn main`, items outside the macro";

const A_CALL: &str = "expected a process function and its arguments, as in `run1();`";

/// The program as it was written.
pub(crate) struct ProgramInput {
    pub(crate) settings: Settings,
    pub(crate) entries: Vec<Entry>,
    pub(crate) mains: Vec<FnItem>,
}

/// `label[count]: path(arguments);`
pub(crate) struct Entry {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) label: Option<Ident>,
    pub(crate) count: Option<Expr>,
    pub(crate) path: Path,
    pub(crate) paren: syn::token::Paren,
    pub(crate) arguments: Vec<Expr>,
}

impl ProgramInput {
    /// Reads the program. Reports each line that is none, and goes on behind it.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> ProgramInput {
        let mut input = ProgramInput { settings: Settings::new(), entries: Vec::new(), mains: Vec::new() };
        let read = |stream: ParseStream<'_>| -> syn::Result<()> {
            while !stream.is_empty() {
                if let Err(error) = input.line(stream, errors) {
                    errors.push(error);
                    skip_line(stream);
                }
            }
            Ok(())
        };
        if let Err(error) = read.parse2(tokens) {
            errors.push(error);
        }
        input
    }

    fn line(&mut self, stream: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        if stream.peek(Token![#]) && stream.peek2(Token![!]) {
            return self.options(stream, errors);
        }
        let ahead = stream.fork();
        ahead.call(Attribute::parse_outer)?;
        if is_function(&ahead) {
            self.mains.push(stream.parse()?);
        } else {
            self.entries.push(stream.parse()?);
        }
        Ok(())
    }

    fn options(&mut self, stream: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let hash: Token![#] = stream.parse()?;
        stream.parse::<Token![!]>()?;
        let list;
        bracketed!(list in stream);
        if !self.entries.is_empty() || !self.mains.is_empty() {
            errors.at(hash, "options stand before the first entry");
        }
        self.settings.parse(list.parse()?, errors);
        Ok(())
    }
}

/// Whether a function follows, which only `fn main` may be.
fn is_function(stream: ParseStream<'_>) -> bool {
    let ahead = stream.fork();
    let qualified = ahead.parse::<syn::Visibility>().is_ok()
        && ahead.parse::<Option<Token![const]>>().is_ok()
        && ahead.parse::<Option<Token![async]>>().is_ok()
        && ahead.parse::<Option<Token![unsafe]>>().is_ok()
        && ahead.parse::<Option<syn::Abi>>().is_ok();
    qualified && ahead.peek(Token![fn])
}

/// Skips to behind the next `;`, or behind the next braces where a function or block ends.
fn skip_line(stream: ParseStream<'_>) {
    while let Ok(token) = stream.parse::<TokenTree>() {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !goes_on(stream),
            _ => false,
        };
        if ends {
            return;
        }
    }
}

/// Whether what follows braces belongs to the same line: `else`, or any sign that no line begins with.
fn goes_on(stream: ParseStream<'_>) -> bool {
    match stream.fork().parse::<TokenTree>() {
        Ok(TokenTree::Punct(punct)) => punct.as_char() != '#' && !stream.peek(Token![::]),
        Ok(TokenTree::Ident(ident)) => ident == "else",
        _ => false,
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Entry> {
        let attrs = input.call(Attribute::parse_outer)?;
        if let Some(error) = statement(input) {
            return Err(error);
        }
        let (label, count) = label(input)?;
        if !(input.peek(Ident::peek_any) || input.peek(Token![::])) || is_keyword(input) {
            return Err(input.error(A_CALL));
        }
        let path: Path = input.parse()?;
        if ["self", "super", "crate"].iter().any(|word| path.is_ident(word)) {
            return Err(syn::Error::new_spanned(path, A_CALL));
        }
        if input.peek(Token![:]) || input.peek(Token![=]) {
            return Err(syn::Error::new_spanned(path, "a label is one name and a colon, as in `worker: run1();`"));
        }
        if input.peek(Token![!]) {
            return Err(syn::Error::new_spanned(path, A_LIST));
        }
        if !input.peek(syn::token::Paren) {
            let written = quote::quote!(#path).to_string().replace(' ', "");
            return Err(syn::Error::new_spanned(
                &path,
                format_args!("an entry is a call: write `{written}(..);` with the arguments of the process function"),
            ));
        }
        let arguments;
        let paren = parenthesized!(arguments in input);
        let arguments = whole(&arguments, |list| list.parse_terminated(argument, Token![,]))?.into_iter().collect();
        end(input, &paren)?;
        Ok(Entry { attrs, label, count, path, paren, arguments })
    }
}

/// Parses what stands in brackets. Of a mistake there the rest is skipped, or syn would report it too.
fn whole<T>(inside: &ParseBuffer<'_>, parse: impl FnOnce(&ParseBuffer<'_>) -> syn::Result<T>) -> syn::Result<T> {
    let parsed = parse(inside);
    if parsed.is_err() {
        inside.parse::<TokenStream>()?;
    }
    parsed
}

/// An argument of an entry.
fn argument(input: ParseStream<'_>) -> syn::Result<Expr> {
    let named = input.peek(Ident)
        && (input.peek2(Token![:]) && !input.peek2(Token![::]) || input.peek2(Token![=]) && !input.peek2(Token![==]));
    match named {
        true => Err(input.error("an argument has no name: write the value alone, in the order of the parameters")),
        false => input.parse(),
    }
}

/// Whatever else people write into a `main`.
fn statement(input: ParseStream<'_>) -> Option<syn::Error> {
    let refused = input.peek(Token![let])
        || input.peek(Token![use])
        || input.peek(Token![static])
        || input.peek(Token![const])
        || input.peek(Token![struct])
        || input.peek(Token![enum])
        || input.peek(Token![impl])
        || input.peek(Token![mod])
        || input.peek(Token![type])
        || input.peek(Token![trait])
        || input.peek(Token![if])
        || input.peek(Token![for])
        || input.peek(Token![while])
        || input.peek(Token![loop])
        || input.peek(Token![match])
        || input.peek(Token![pub])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || input.peek(syn::token::Brace)
        || input.peek(Ident) && input.peek2(Token![!]);
    refused.then(|| input.error(A_LIST))
}

/// `label:` or `label[count]:`, if there is one.
fn label(input: ParseStream<'_>) -> syn::Result<(Option<Ident>, Option<Expr>)> {
    if let Ok(literal) = input.fork().parse::<syn::Lit>() {
        return Err(syn::Error::new(literal.span(), "a label is a name, as in `worker: run1();`"));
    }
    if input.peek(Token![_]) {
        return Err(input.error("a label is a name: leave `_:` out and the label is that of the function"));
    }
    let labelled = input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]);
    let replicated = input.peek(Ident) && input.peek2(syn::token::Bracket);
    if !labelled && !replicated {
        return Ok((None, None));
    }
    let label: Ident = input.parse()?;
    let mut count = None;
    if replicated {
        let inside;
        let bracket = bracketed!(inside in input);
        if inside.is_empty() {
            return Err(syn::Error::new(
                bracket.span.join(),
                format_args!("how many replicas? write `{label}[4]: ..`"),
            ));
        }
        count = Some(whole(&inside, |inside| {
            let count = inside.parse()?;
            match inside.is_empty() {
                true => Ok(count),
                false => Err(inside.error("the number of replicas is one expression, as in `worker[4]: ..`")),
            }
        })?);
        if !input.peek(Token![:]) {
            return Err(input.error(format_args!("expected `:` after the label, as in `{label}[4]: run1();`")));
        }
    }
    input.parse::<Token![:]>()?;
    Ok((Some(label), count))
}

/// The `;` of an entry.
fn end(input: ParseStream<'_>, paren: &syn::token::Paren) -> syn::Result<()> {
    if input.peek(Token![;]) {
        return input.parse::<Token![;]>().map(drop);
    }
    if input.is_empty() {
        return Err(syn::Error::new(paren.span.close(), "expected `;` after the entry"));
    }
    if input.peek(Token![.]) {
        return Err(input.error("an entry is a plain call: put settings into `#[process(..)]`, or spawn the process in `fn main`, where its `process` function gives a builder"));
    }
    if input.peek(Token![?]) {
        return Err(input.error("an entry that cannot be started ends the program by itself: leave the `?` out"));
    }
    Err(syn::Error::new(paren.span.close(), "expected `;` after the entry"))
}

fn is_keyword(input: ParseStream<'_>) -> bool {
    let path = input.peek(Token![self]) || input.peek(Token![super]) || input.peek(Token![crate]);
    !path && !input.peek(Token![::]) && !input.peek(Ident)
}
