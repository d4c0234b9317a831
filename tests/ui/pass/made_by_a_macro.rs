#![deny(warnings)]

use mp_runtime::{mp_main, process};

macro_rules! make {
    ($($(#[$attr:meta])* $name:ident($($parameter:ident: $ty:ty),*) -> $output:ty $body:block)*) => {$(
        $(#[$attr])*
        #[process]
        fn $name($($parameter: $ty),*) -> $output $body
    )*};
}

make! {
    one(n: u32) -> u32 { n }
    two(text: &str, n: usize) -> Result<Vec<u8>, String> { Ok(text.as_bytes()[..n].to_vec()) }
}

macro_rules! fixed {
    ($name:ident) => {
        #[process]
        fn $name(value: u32) -> Option<u32> {
            Some(value)
        }
    };
}

fixed!(three);

mp_main! {
    one(1);
    two("text", 2);
    three(3);
}
