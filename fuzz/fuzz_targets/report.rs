//! See `mp_runtime::__private::decoders::report`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mp_runtime::__private::decoders::report(bytes);
});
