//! The shortest program with parameters.
use mp_runtime::{mp_main, process};
fn run1() {}
/// Starts [`run1`](fn@run1) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct run1 {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl run1 {
    /// Starts the process. See [`run1`](fn@run1).
    pub fn spawn() -> ::core::result::Result<
        ::mp_runtime::Child<()>,
        ::mp_runtime::SpawnError,
    > {
        ::mp_runtime::__private::spawn(Self::process())
    }
    /// A process that is not started yet, for more settings. See [`run1`](fn@run1).
    pub fn process() -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = ()>> {
        ::mp_runtime::__private::process("run1", move || run1()).returns::<()>()
    }
}
fn run2(name: &str, word: &str) {
    assert_ne!(name, word);
}
/// Starts [`run2`](fn@run2) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct run2 {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl run2 {
    /// Starts the process. See [`run2`](fn@run2).
    pub fn spawn(
        name: &str,
        word: &str,
    ) -> ::core::result::Result<::mp_runtime::Child<()>, ::mp_runtime::SpawnError> {
        ::mp_runtime::__private::spawn(Self::process(name, word))
    }
    /// A process that is not started yet, for more settings. See [`run2`](fn@run2).
    pub fn process(
        name: &str,
        word: &str,
    ) -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = ()>> {
        ::mp_runtime::__private::process("run2", move || run2(name, word))
            .returns::<()>()
            .daemon(true)
    }
}
fn main() -> ::std::process::ExitCode {
    #[allow(unused_imports, reason = "found only by what is not a process function")]
    use ::mp_runtime::__private::unmarked::*;
    ::mp_runtime::__private::program(|program| {
        #[allow(unused_variables, reason = "a label need not be used")]
        let run1 = {
            use self::run1 as __entry0;
            let process = __entry0::process;
            program.start(process())?
        };
        #[allow(unused_variables, reason = "a label need not be used")]
        let run2 = {
            use self::run2 as __entry2;
            let process = __entry2::process;
            program.start(process("xiaozhang", "good"))?
        };
        ::core::result::Result::Ok(::std::process::ExitCode::SUCCESS)
    })
}
