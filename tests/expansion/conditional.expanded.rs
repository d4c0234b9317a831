//! A `fn main` that a condition may leave out, and that does not return.
use mp_runtime::{mp_main, process};
fn run() {}
/// Starts [`run`](fn@run) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct run {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl run {
    /// Starts the process. See [`run`](fn@run).
    pub fn spawn() -> ::core::result::Result<
        ::mp_runtime::Child<()>,
        ::mp_runtime::SpawnError,
    > {
        ::mp_runtime::__private::spawn(Self::process())
    }
    /// A process that is not started yet, for more settings. See [`run`](fn@run).
    pub fn process() -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = ()>> {
        ::mp_runtime::__private::process("run", move || run()).returns::<()>()
    }
}
fn main() -> ::std::process::ExitCode {
    #[allow(unused_imports, reason = "found only by what is not a process function")]
    use ::mp_runtime::__private::unmarked::*;
    ::mp_runtime::__private::program(|program| {
        #[allow(unused_variables, reason = "a label need not be used")]
        let run = {
            use self::run as __entry0;
            let process = __entry0::process;
            program.start(process())?
        };
        #[allow(unused_variables, reason = "called where there is no `fn main`")]
        let main = || ();
        #[cfg(target_os = "linux")]
        let main = move || -> ! {
            run.join().unwrap();
            std::process::exit(0)
        };
        #[allow(unreachable_code, reason = "`fn main` does not return")]
        { ::core::result::Result::Ok(::std::process::Termination::report(main())) }
    })
}
