//! What does a person see who expands a program?
//!
//! Each program of `tests/expansion` is expanded here and compared with the `.expanded.rs` beside it, which
//! `MP_BLESS=1 cargo test -p mp-macros expansion` writes anew. Both are compiled and run by `tests/tests/expansion.rs`:
//! an expansion is a program that one could have written. So it is with the feature `tokio`, in `tests/tokio`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, Meta};

/// What an expansion leaves to the runtime. The user's own function may have it.
const NOT_GENERATED: [&str; 4] = ["unsafe", "loop", "match", "while"];

#[test]
fn expansions_are_as_blessed() {
    for program in programs() {
        let blessed = program.with_extension("expanded.rs");
        let expanded = expanded(&program);
        if env::var_os("MP_BLESS").is_some() {
            fs::write(&blessed, &expanded).expect("tests/expansion can be written");
        }
        let blessed = fs::read_to_string(&blessed).unwrap_or_default();
        let hint = "if this is wanted, run MP_BLESS=1 cargo test -p mp-macros expansion, and read it";
        assert!(blessed == expanded, "{}: {hint}:\n{expanded}", program.display());
    }
}

#[test]
fn an_expansion_is_the_same_each_time() {
    for program in programs() {
        assert_eq!(expanded(&program), expanded(&program));
    }
}

#[test]
fn what_stands_beside_a_function_has_no_logic() {
    let mut seen = 0;
    for program in programs() {
        for item in file(&program).items {
            let Some((options, item)) = marked(&item) else { continue };
            let generated = beside(options, &item);
            for word in NOT_GENERATED {
                assert!(!generated.split(|c: char| !c.is_alphanumeric()).any(|other| other == word), "{generated}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 5);
}

#[test]
fn what_stands_beside_a_function_of_two_parameters_is_about_25_lines() {
    let item: TokenStream = "fn run2(name: &str, word: &str) {}".parse().expect("it is tokens");
    let generated: syn::File = syn::parse_str(&beside(TokenStream::new(), &item)).expect("it is items");
    let lines = prettyplease::unparse(&generated).lines().count();
    assert!(lines <= 25, "{lines} lines");
}

/// What the macro adds to a function.
fn beside(options: TokenStream, item: &TokenStream) -> String {
    let own = item.clone().into_iter().count();
    let all = crate::process::attribute(options, item.clone());
    all.into_iter().skip(own).collect::<TokenStream>().to_string()
}

/// The programs, sorted.
fn programs() -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut directories = vec![tests.join("expansion")];
    if cfg!(feature = "tokio") {
        directories.push(tests.join("tokio/expansion"));
    }
    let entries = directories.iter().flat_map(|directory| fs::read_dir(directory).expect("the programs are there"));
    let paths = entries.map(|entry| entry.expect("they can be read").path());
    let is_program = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".rs") && !name.ends_with(".expanded.rs")
    };
    let mut programs: Vec<PathBuf> = paths.filter(is_program).collect();
    programs.sort();
    assert!(programs.len() >= 5);
    programs
}

fn file(program: &Path) -> syn::File {
    let source = fs::read_to_string(program).expect("a program is text");
    syn::parse_file(&source).expect("a program is Rust")
}

/// The program with each use of a macro of ours replaced by what it expands to.
fn expanded(program: &Path) -> String {
    let syn::File { attrs, items, .. } = file(program);
    let items = items.iter().map(|item| match (marked(item), item) {
        (Some((options, item)), _) => crate::process::attribute(options, item),
        (None, Item::Macro(call)) if call.mac.path.is_ident("mp_main") => {
            crate::program::program(call.mac.tokens.clone())
        }
        _ => item.to_token_stream(),
    });
    let output: syn::File = syn::parse2(quote!(#(#attrs)* #(#items)*)).expect("an expansion is Rust");
    prettyplease::unparse(&output)
}

/// The options of `#[process]` on an item, and the item without it.
fn marked(item: &Item) -> Option<(TokenStream, TokenStream)> {
    let Item::Fn(function) = item else { return None };
    let mut function = function.clone();
    let is_ours = |attr: &Attribute| attr.path().is_ident("process");
    let attr = function.attrs.remove(function.attrs.iter().position(is_ours)?);
    let options = match attr.meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Some((options, function.into_token_stream()))
}
