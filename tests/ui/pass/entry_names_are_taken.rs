#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn double(n: u32) -> u32 {
    n * 2
}

#[process]
fn is(child: u32, id: u32) -> bool {
    child == id
}

fn entry1(n: u32) -> u32 {
    n * 100
}

fn entry2() -> u32 {
    7
}

mod entry3 {
    pub(crate) const PORT: u32 = 80;
}

mp_main! {
    double(entry1(3));
    entry2: is(entry2(), entry1(entry2()));
    entry4: double(entry3::PORT);
    entry5: is(entry4.id(), entry4.id());

    fn main() {
        assert_eq!(double.join().unwrap(), 600);
        assert!(!entry2.join().unwrap());
        assert_eq!(entry4.join().unwrap(), 2 * entry3::PORT);
        assert!(entry5.join().unwrap());
        assert_eq!(entry1(1), 100);
    }
}
