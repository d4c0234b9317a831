//! See `mp_runtime::__private::decoders::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mp_runtime::__private::decoders::message(bytes);
});
