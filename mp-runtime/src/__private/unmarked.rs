//! What a function without `#[process]` resolves to in `mp_main!`, so that one clear error comes of it.
//!
//! `mp_main!` imports each function under the name `__entryN`, N being the number of its arguments, in an inner
//! scope. A process function brings a type of that name along; for any other function the name finds the type of
//! this module, imported in the outer scope, which accepts the arguments, up to 26, and cannot be started.

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
    __entry0()
    __entry1(A)
    __entry2(A B)
    __entry3(A B C)
    __entry4(A B C D)
    __entry5(A B C D E)
    __entry6(A B C D E F)
    __entry7(A B C D E F G)
    __entry8(A B C D E F G H)
    __entry9(A B C D E F G H I)
    __entry10(A B C D E F G H I J)
    __entry11(A B C D E F G H I J K)
    __entry12(A B C D E F G H I J K L)
    __entry13(A B C D E F G H I J K L M)
    __entry14(A B C D E F G H I J K L M N)
    __entry15(A B C D E F G H I J K L M N O)
    __entry16(A B C D E F G H I J K L M N O P)
    __entry17(A B C D E F G H I J K L M N O P Q)
    __entry18(A B C D E F G H I J K L M N O P Q R)
    __entry19(A B C D E F G H I J K L M N O P Q R S)
    __entry20(A B C D E F G H I J K L M N O P Q R S T)
    __entry21(A B C D E F G H I J K L M N O P Q R S T U)
    __entry22(A B C D E F G H I J K L M N O P Q R S T U V)
    __entry23(A B C D E F G H I J K L M N O P Q R S T U V W)
    __entry24(A B C D E F G H I J K L M N O P Q R S T U V W X)
    __entry25(A B C D E F G H I J K L M N O P Q R S T U V W X Y)
    __entry26(A B C D E F G H I J K L M N O P Q R S T U V W X Y Z)
}
