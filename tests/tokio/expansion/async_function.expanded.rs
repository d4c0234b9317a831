//! An `async` function, by fork and by the other methods.
use mp_runtime::process;
async fn count(text: &str) -> usize {
    text.len()
}
/// Starts [`count`](fn@count) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct count {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl count {
    /// Starts the process. See [`count`](fn@count).
    pub fn spawn(
        text: &str,
    ) -> ::core::result::Result<::mp_runtime::Child<usize>, ::mp_runtime::SpawnError> {
        ::mp_runtime::__private::spawn(Self::process(text))
    }
    /// A process that is not started yet, for more settings. See [`count`](fn@count).
    pub fn process(
        text: &str,
    ) -> ::mp_runtime::Builder<impl ::mp_runtime::Body<Value = usize>> {
        ::mp_runtime::__private::asynchronous(
            ::mp_runtime::__private::process(
                    "count",
                    move || ::mp_runtime::__private::block_on(count(text)),
                )
                .returns::<::mp_runtime::__private::Value<usize, _>>(),
        )
    }
}
async fn parse(text: String) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}
/// Starts [`parse`](fn@parse) in a process of its own.
#[allow(non_camel_case_types, reason = "it shares the name of the function")]
struct parse {}
#[allow(
    clippy::too_many_arguments,
    clippy::type_complexity,
    reason = "as the function has them"
)]
impl parse {
    /// Starts the process. See [`parse`](fn@parse).
    pub fn spawn(
        text: String,
    ) -> ::core::result::Result<
        ::mp_runtime::Child<
            ::mp_runtime::__private::Ok<Result<u32, std::num::ParseIntError>>,
        >,
        ::mp_runtime::SpawnError,
    > {
        ::mp_runtime::__private::spawn(Self::process(text))
    }
    /// A process that is not started yet, for more settings. See [`parse`](fn@parse).
    pub fn process(
        text: String,
    ) -> ::mp_runtime::Builder<
        impl ::mp_runtime::Portable<
            Value = ::mp_runtime::__private::Ok<Result<u32, std::num::ParseIntError>>,
        >,
    > {
        ::mp_runtime::__private::asynchronous(
                ::mp_runtime::__private::carry(
                        "parse",
                        (text,),
                        |(text,)| ::mp_runtime::__private::block_on(parse(text)),
                    )
                    .fails::<
                        ::mp_runtime::__private::Fails<
                            Result<u32, std::num::ParseIntError>,
                            _,
                            _,
                        >,
                        (::mp_runtime::__private::Argument<String, _>,),
                    >(),
            )
            .start(::mp_runtime::StartMethod::ForkServer)
    }
}
fn main() {
    assert_eq!(count::spawn("lucky").unwrap().join().unwrap(), 5);
    assert_eq!(parse::spawn("7".to_owned()).unwrap().join().unwrap(), 7);
}
