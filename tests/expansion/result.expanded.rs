//! A function that gives a `Result`, and a program that has its own `fn main`.
use std::io;
use mp_runtime::process;
/// Reads a file.
pub(crate) fn read(path: &str, (first, last): (usize, usize)) -> io::Result<Vec<u8>> {
    Ok(std::fs::read(path)?[first..last].to_vec())
}
/// Starts [`read`](fn@read) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
pub(crate) struct read {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl read {
    /// Starts the process. See [`read`](fn@read).
    pub fn spawn(
        path: &str,
        arg1: (usize, usize),
    ) -> ::core::result::Result<
        ::mp_runtime::Child<::mp_runtime::__private::Ok<io::Result<Vec<u8>>>>,
        ::mp_runtime::SpawnError,
    > {
        ::mp_runtime::__private::spawn(Self::process(path, arg1))
    }
    /// A process that is not started yet, for more settings. See [`read`](fn@read).
    pub fn process(
        path: &str,
        arg1: (usize, usize),
    ) -> ::mp_runtime::Builder<
        impl ::mp_runtime::Body<Value = ::mp_runtime::__private::Ok<io::Result<Vec<u8>>>>,
    > {
        ::mp_runtime::__private::process("read", move || read(path, arg1))
            .fails::<::mp_runtime::__private::Fails<io::Result<Vec<u8>>, _, _>>()
    }
}
fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(read::spawn("/proc/self/comm", (0, 2)) ?.join() ?, b"re");
    Ok(())
}
