#![deny(warnings)]

use std::fmt::{Debug, Display};

use mp_runtime::process;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[process]
const fn constant(n: u32) -> u32 {
    n + 1
}

#[process]
extern "C" fn foreign(n: u32) -> u32 {
    n + 1
}

#[process]
fn r#type(r#fn: u32) -> u32 {
    r#fn
}

#[process]
fn generic<T, E>(value: Result<T, E>) -> Result<T, E>
where
    T: Serialize + DeserializeOwned + Debug,
    E: Display,
{
    value
}

#[process]
fn sized<const N: usize, T: Copy + Into<u64>>(values: [T; N]) -> u64 {
    values.into_iter().map(Into::into).sum::<u64>() + N as u64
}

#[process]
fn no_inference<T: Default + Serialize + DeserializeOwned>() -> T {
    T::default()
}

#[process]
#[inline]
#[must_use]
/// Documentation.
#[allow(clippy::all)]
fn attributes() -> u32 {
    1
}

#[cfg(any())]
#[process]
fn absent(value: NoSuchType) {}

#[process]
#[cfg(any())]
fn absent_too(value: NoSuchType) {}

#[process]
#[cfg(all())]
fn present() -> u32 {
    2
}

const AT_COMPILE_TIME: u32 = constant(1);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(constant::spawn(AT_COMPILE_TIME)?.join()?, 3);
    assert_eq!(foreign::spawn(1)?.join()?, 2);
    assert_eq!(r#type::spawn(7)?.join()?, r#type(7));
    assert_eq!(r#type::process(7).spawn()?.name(), "type");
    assert_eq!(generic::spawn(Ok::<_, String>("text".to_owned()))?.join()?, "text");
    assert_eq!(sized::spawn([1u8, 2])?.join()?, 5);
    assert_eq!(sized::spawn::<1, u32>([1])?.join()?, 2);
    assert_eq!(no_inference::spawn::<u8>()?.join()?, 0);
    assert_eq!(attributes::spawn()?.join()?, 1);
    assert_eq!(present::spawn()?.join()?, 2);

    #[process]
    fn nested(n: u32) -> u32 {
        n + constant(1)
    }
    assert_eq!(nested::spawn(1)?.join()?, 3);
    Ok(())
}
