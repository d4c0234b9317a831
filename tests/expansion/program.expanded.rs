//! All that a program can say.
use mp_runtime::{mp_main, process};
mod jobs {
    use mp_runtime::process;
    #[process]
    pub(crate) fn crunch(jobs: Vec<u32>) -> u32 {
        jobs.iter().sum()
    }
}
fn keep<T: serde::Serialize + serde::de::DeserializeOwned>(value: T) -> T {
    value
}
/// Starts [`keep`](fn@keep) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct keep {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl keep {
    /// Starts the process. See [`keep`](fn@keep).
    pub fn spawn<T: serde::Serialize + serde::de::DeserializeOwned>(
        value: T,
    ) -> ::core::result::Result<::mp_runtime::Child<T>, ::mp_runtime::SpawnError> {
        ::mp_runtime::__private::spawn(Self::process::<T>(value))
    }
    /// A process that is not started yet, for more settings. See [`keep`](fn@keep).
    pub fn process<T: serde::Serialize + serde::de::DeserializeOwned>(
        value: T,
    ) -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = T>> {
        ::mp_runtime::__private::process("keep", move || keep::<T>(value))
            .returns::<::mp_runtime::__private::Value<T, _>>()
    }
}
/// The parent's own code.
fn main() -> ::std::process::ExitCode {
    #[allow(unused_imports, reason = "found only by what is not a process function")]
    use ::mp_runtime::__private::unmarked::*;
    ::mp_runtime::__private::program(|program| {
        #[allow(unused_variables, reason = "a label need not be used")]
        let worker = {
            use jobs::crunch as __entry1;
            let process = __entry1::process;
            program.replicas("worker", 4, || process(vec![1, 2]))?
        };
        #[cfg(debug_assertions)]
        #[allow(unused_variables, reason = "a label need not be used")]
        let kept = {
            use self::keep as __entry1;
            let process = __entry1::process::<u8>;
            program.start_as("kept", process(7))?
        };
        #[allow(unused_variables, reason = "a label need not be used")]
        let keep = {
            use self::keep as __entry1;
            let process = __entry1::process;
            program.start(process("text".to_owned()))?
        };
        let main = move || -> Result<(), Box<dyn std::error::Error>> {
            for worker in worker {
                assert_eq!(worker.join() ?, 3);
            }
            assert_eq!(keep.join() ?, "text");
            Ok(())
        };
        ::core::result::Result::Ok(::std::process::Termination::report(main()))
    })
}
