//! Lifetimes, types, constants and bounds; a function that exists under a condition.
use mp_runtime::process;
use serde::Serialize;
use serde::de::DeserializeOwned;
fn largest<'a, T, const N: usize>(values: &'a [T; N]) -> Option<T>
where
    T: Copy + Ord + Serialize + DeserializeOwned,
{
    values.iter().max().copied()
}
/// Starts [`largest`](fn@largest) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct largest {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl largest {
    /// Starts the process. See [`largest`](fn@largest).
    pub fn spawn<'a, T, const N: usize>(
        values: &'a [T; N],
    ) -> ::core::result::Result<::mp_runtime::Child<Option<T>>, ::mp_runtime::SpawnError>
    where
        T: Copy + Ord + Serialize + DeserializeOwned,
    {
        ::mp_runtime::__private::spawn(Self::process::<T, N>(values))
    }
    /// A process that is not started yet, for more settings. See [`largest`](fn@largest).
    pub fn process<'a, T, const N: usize>(
        values: &'a [T; N],
    ) -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = Option<T>>>
    where
        T: Copy + Ord + Serialize + DeserializeOwned,
    {
        ::mp_runtime::__private::process("largest", move || largest::<T, N>(values))
            .returns::<::mp_runtime::__private::Value<Option<T>, _>>()
    }
}
#[cfg(target_os = "linux")]
fn serve() -> ! {
    std::process::exit(0)
}
#[cfg(target_os = "linux")]
/// Starts [`serve`](fn@serve) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct serve {}
#[cfg(target_os = "linux")]
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl serve {
    /// Starts the process. See [`serve`](fn@serve).
    pub fn spawn() -> ::core::result::Result<
        ::mp_runtime::Child<::core::convert::Infallible>,
        ::mp_runtime::SpawnError,
    > {
        ::mp_runtime::__private::spawn(Self::process())
    }
    /// A process that is not started yet, for more settings. See [`serve`](fn@serve).
    pub fn process() -> ::mp_runtime::Builder<
        impl ::mp_runtime::Body<Value = ::core::convert::Infallible>,
    > {
        ::mp_runtime::__private::diverges("serve", move || serve()).daemon(true)
    }
}
fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve::spawn()?;
    assert_eq!(largest::spawn(& [1, 3, 2]) ?.join() ?, Some(3));
    Ok(())
}
