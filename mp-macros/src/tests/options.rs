//! What is each wrong option list told?

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::errors::Errors;
use crate::options::{self, Known, Value};

const KNOWN: [Known; 3] = [
    Known { key: "name", usage: "`name = \"text\"`" },
    Known { key: "daemon", usage: "`daemon`" },
    Known { key: "crate", usage: "`crate = ::path`" },
];

/// The options understood, each as it was written, and the errors.
fn parse(list: &str) -> (Vec<String>, Vec<String>) {
    let mut errors = Errors::new();
    let list: TokenStream = list.parse().expect("the list is tokens");
    let given = options::parse(list, &KNOWN.each_ref(), &mut errors);
    let written = given.iter().map(|option| match &option.value {
        Value::None => option.key.to_string(),
        Value::Assigned(value) => format!("{} = {value}", option.key),
        Value::Listed(list) => format!("{}({list})", option.key),
    });
    (written.collect(), messages(errors))
}

fn messages(errors: Errors) -> Vec<String> {
    let file: syn::File = syn::parse2(errors.into_tokens()).expect("errors are items");
    let message = |item: syn::Item| {
        let syn::Item::Macro(item) = item else { panic!("{} is no macro call", item.to_token_stream()) };
        let text: syn::LitStr = item.mac.parse_body().expect("an error is a string");
        text.value()
    };
    file.items.into_iter().map(message).collect()
}

#[track_caller]
fn told(list: &str, expected: &[&str]) {
    assert_eq!(parse(list).1, expected, "of `{list}`");
}

#[test]
fn a_right_list_is_understood() {
    let understood = |list| parse(list).0;
    assert_eq!(understood(""), [""; 0]);
    assert_eq!(understood("daemon"), ["daemon"]);
    assert_eq!(understood("name = \"a, b\", daemon,"), ["name = \"a, b\"", "daemon"]);
    assert_eq!(understood("name = 1 << 2, daemon"), ["name = 1 << 2", "daemon"]);
    assert_eq!(understood("crate = ::a::b, name(1, 2)"), ["crate = :: a :: b", "name(1 , 2)"]);
    told("name = \"a, b\", daemon,", &[]);
    told("name = f::<u8, fn() -> A<u8, 2>>(a < b), daemon", &[]);
}

#[test]
fn a_misspelled_option_is_answered_with_the_one_that_is_near() {
    let all = "`name = \"text\"`, `daemon`, `crate = ::path`";
    for (written, meant) in [
        ("deamon", "daemon"),
        ("daemom = 3", "daemon"),
        ("demon", "daemon"),
        ("nme(x, y)", "name"),
        ("names = \"x\"", "name"),
        ("Name", "name"),
        ("crat = ::a", "crate"),
    ] {
        let key = written.split([' ', '(']).next().expect("it begins with the key");
        told(written, &[&format!("unknown option `{key}`, did you mean `{meant}`? the options are {all}")]);
    }
    told("priority", &[&format!("unknown option `priority`: the options are {all}")]);
    told("x", &[&format!("unknown option `x`: the options are {all}")]);
}

#[test]
fn an_option_given_twice_counts_once() {
    let (given, errors) = parse("daemon, name = \"a\", daemon, name = \"b\"");
    assert_eq!(given, ["daemon", "name = \"a\""]);
    assert_eq!(errors, ["`daemon` is given twice", "`name` is given twice"]);
}

#[test]
fn what_is_no_option_says_what_was_expected() {
    let expected = "expected an option: `name = \"text\"`, `daemon`, `crate = ::path`";
    told("\"text\"", &[expected]);
    told("= 3", &[expected]);
    told(",", &[expected]);
    told("daemon,, name = \"a\"", &[expected]);
    told("name =", &["`name` lacks its value: `name = \"text\"`"]);
    told("name \"a\"", &["expected `,` after the option `name`, or `=` and a value"]);
    told("name(a) b", &["expected `,` after the option `name`"]);
}

#[test]
fn all_mistakes_of_one_list_are_told() {
    let (given, errors) = parse("daemom = 3, name = \"a\", name = \"b\", name 5, nme(x, y), crate =, 7, daemon");
    assert_eq!(given, ["name = \"a\"", "daemon"]);
    assert_eq!(errors.len(), 6, "{errors:#?}");
}
