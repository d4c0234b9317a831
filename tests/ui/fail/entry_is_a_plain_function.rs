#![allow(warnings)]

use mp_runtime::mp_main;

fn plain(text: &str) {}

mp_main! {
    plain("text");
}
