//! Several programs made by `mp_main!` in one executable, and how their processes are started.
#![allow(unused_macros, unused_imports, reason = "each fixture uses a part of it")]

use mp_runtime::{StartMethod, fork_server};

/// Puts each program into a module of its own, in whose scope is what is in scope here. `NAME::run()` is its `main`.
macro_rules! program_modules {
    ($($name:ident { $($tokens:tt)* })*) => {
        $(mod $name {
            use super::*;
            mp_main! { $($tokens)* }
            pub(super) fn run() -> ExitCode {
                main()
            }
        })*
    };
}
pub(crate) use program_modules;

/// The start method that an argument names, `parked` that of a fork server which keeps three processes ready. An image that is executed has
/// the arguments of the program, too.
pub(crate) fn method(argument: usize) -> StartMethod {
    match std::env::args().nth(argument).as_deref() {
        Some("fork") => StartMethod::Fork,
        Some("forkserver") => StartMethod::ForkServer,
        Some("parked") => {
            fork_server().parked(3).start().unwrap();
            StartMethod::ForkServer
        }
        Some("exec") => StartMethod::Exec,
        other => panic!("no method {other:?}"),
    }
}
