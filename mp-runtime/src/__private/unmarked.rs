//! What a function without `#[process]` resolves to in `mp_main!`, so that one clear error comes of it.
//!
//! `mp_main!` imports each function under the name `entryN`, N being the number of its arguments, in an inner
//! scope. A process function brings a type of that name along; for any other function the name finds the type of
//! this module, imported in the outer scope, which accepts the arguments and cannot be started.

use crate::program::PlainFunction;

macro_rules! entries {
    ($($entry:ident($($argument:ident)*))*) => {$(
        #[allow(non_camel_case_types, reason = "stands for a function")]
        #[derive(Debug)]
        pub struct $entry {}

        impl $entry {
            /// Accepts the arguments.
            #[allow(clippy::too_many_arguments, non_snake_case, reason = "as many as the user wrote")]
            pub fn process<$($argument),*>($($argument: $argument),*) -> PlainFunction {
                let _ = ($($argument,)*);
                PlainFunction(())
            }
        }
    )*};
}

entries! {
    entry0()
    entry1(A)
    entry2(A B)
    entry3(A B C)
    entry4(A B C D)
    entry5(A B C D E)
    entry6(A B C D E F)
    entry7(A B C D E F G)
    entry8(A B C D E F G H)
    entry9(A B C D E F G H I)
    entry10(A B C D E F G H I J)
    entry11(A B C D E F G H I J K)
    entry12(A B C D E F G H I J K L)
}
