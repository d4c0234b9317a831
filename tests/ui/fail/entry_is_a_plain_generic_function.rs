#![allow(warnings)]

use mp_runtime::mp_main;

fn plain<T>(value: T) {}

mp_main! {
    plain::<u32>(1);
}
