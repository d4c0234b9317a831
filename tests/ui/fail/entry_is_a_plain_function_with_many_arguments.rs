#![allow(warnings)]

use mp_runtime::mp_main;

fn plain(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8) {}

mp_main! {
    plain(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
}
