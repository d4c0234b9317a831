//! The runtime under another name.
extern crate mp_runtime as mp;

use mp::{mp_main, process};

#[process(crate = ::mp)]
fn r#type(r#type: u32) -> u32 {
    r#type
}

mp_main! {
    #![crate = ::mp]
    r#type(7);
}
