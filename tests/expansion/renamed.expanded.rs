//! The runtime under another name.
extern crate mp_runtime as mp;
use mp::{mp_main, process};
fn r#type(r#type: u32) -> u32 {
    r#type
}
/// Starts [`r#type`](fn@r#type) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct r#type {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl r#type {
    /// Starts the process. See [`r#type`](fn@r#type).
    pub fn spawn(
        arg0: u32,
    ) -> ::core::result::Result<::mp::Child<u32>, ::mp::SpawnError> {
        ::mp::__private::spawn(Self::process(arg0))
    }
    /// A process that is not started yet, for more settings. See [`r#type`](fn@r#type).
    pub fn process(arg0: u32) -> ::mp::Builder<impl ::mp::Body<Value = u32>> {
        ::mp::__private::process("type", move || r#type(arg0))
            .returns::<::mp::__private::Value<u32, _>>()
    }
}
fn main() -> ::std::process::ExitCode {
    #[allow(unused_imports, reason = "found only by what is not a process function")]
    use ::mp::__private::unmarked::*;
    ::mp::__private::program(|program| {
        #[allow(unused_variables, reason = "a label need not be used")]
        let r#type = {
            use self::r#type as __entry1;
            let process = __entry1::process;
            program.start(process(7))?
        };
        ::core::result::Result::Ok(::std::process::ExitCode::SUCCESS)
    })
}
