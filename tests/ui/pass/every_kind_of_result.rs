#![deny(warnings)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::{fmt, io};

use mp_runtime::{Child, process};
use serde::{Deserialize, Serialize};

type Aliased<T = u32> = Result<T, String>;

mod own {
    pub(crate) type Result<E = &'static str> = std::result::Result<u32, E>;
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Answer<T> {
    Yes(T),
    No { why: String },
}

#[process]
fn unit() -> () {}

#[process]
fn never() -> ! {
    std::process::exit(3)
}

#[process]
fn answer() -> Answer<u32> {
    Answer::Yes(7)
}

#[process]
fn nested() -> Option<Vec<BTreeMap<String, Answer<(u8, [i64; 2])>>>> {
    Some(vec![BTreeMap::from([("a".to_owned(), Answer::No { why: "b".to_owned() })])])
}

#[process]
fn cow() -> Cow<'static, str> {
    "text".into()
}

#[process]
fn input_output() -> io::Result<u32> {
    Ok(1)
}

#[process]
fn formatted() -> fmt::Result {
    Ok(())
}

#[process]
fn aliased() -> Aliased {
    Ok(2)
}

#[process]
fn aliased_under_its_name() -> own::Result {
    Ok(3)
}

#[process]
fn text_error() -> Result<u32, &'static str> {
    Err("nothing")
}

#[process]
fn boxed_error() -> Result<(), Box<dyn std::error::Error>> {
    Err("boxed")?
}

#[process]
fn infallible() -> Result<u32, std::convert::Infallible> {
    Ok(4)
}

#[process]
fn lent_error(text: &str) -> Result<u32, &str> {
    Err(text)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let unit: Child<()> = unit::spawn()?;
    unit.join()?;
    let never: Child<std::convert::Infallible> = never::spawn()?;
    assert!(never.join().is_err());
    assert_eq!(answer::spawn()?.join()?, Answer::Yes(7));
    assert!(nested::spawn()?.join()?.is_some());
    assert_eq!(cow::spawn()?.join()?, "text");
    let one: Child<u32> = input_output::spawn()?;
    assert_eq!(one.join()?, 1);
    formatted::spawn()?.join()?;
    let value: Child<Result<u32, String>> = aliased::spawn()?;
    assert_eq!(value.join()?, Ok(2));
    let value: Child<u32> = aliased_under_its_name::spawn()?;
    assert_eq!(value.join()?, 3);
    assert!(text_error::spawn()?.join().is_err());
    assert!(boxed_error::spawn()?.join().is_err());
    assert_eq!(infallible::spawn()?.join()?, 4);
    assert!(lent_error::spawn("text")?.join().is_err());
    Ok(())
}
