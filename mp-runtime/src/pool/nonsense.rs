//! What is made of bytes that no process of this crate has written: an error, or a value, and no panic.
//!
//! Valid bytes are changed at random, with a fixed seed. `__private/decoders` is for what a fuzzer comes upon.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::pool::frame::{self, Frames, Kind};
use crate::pool::message::Head;
use crate::process::panic::Panic;
use crate::wire::mutation::{mutate, seeded};
use crate::wire::{codec, prefix};

const ROUNDS: u32 = 50_000;

/// How many of the mutations of `valid` are `read` as something, and how many are refused.
fn campaign(valid: &[u8], read: impl Fn(&[u8]) -> bool) -> [u32; 2] {
    let mut random = seeded();
    let mut counts = [0; 2];
    for _ in 0..ROUNDS {
        counts[usize::from(read(&mutate(valid, &mut random)))] += 1;
    }
    counts
}

type Value = (String, Vec<u64>, Option<char>, BTreeMap<u16, Vec<u8>>, Result<IpAddr, bool>, i128);

#[test]
fn changed_values_are_other_values_or_an_error() {
    let address = IpAddr::from([127, 0, 0, 1]);
    let map = BTreeMap::from([(1, vec![1; 40]), (300, Vec::new())]);
    let value: Value = ("lucky".repeat(9), vec![1, u64::MAX, 0], Some('ß'), map, Ok(address), -1);
    let mut valid = Vec::new();
    codec::append(&value, &mut valid).expect("it can be written");
    let [refused, read] = campaign(&valid, |bytes| codec::decode::<Value>(bytes).is_ok());
    assert!(read > 100 && refused > 1000, "{read} were read, {refused} refused");
}

#[test]
fn a_changed_panic_is_told_as_one() {
    let mut valid = Vec::new();
    let fields = ("out of luck", Some(("main.rs", 7_u32, 9_u32)), Some("main"), Some("0: main"));
    codec::append(&fields, &mut valid).expect("it can be written");
    let lost = |bytes: &[u8]| Panic::decode(bytes).message().starts_with("(its message was lost");
    let [read, refused] = campaign(&valid, lost);
    assert!(read > 100 && refused > 1000, "{read} were read, {refused} refused");
}

#[test]
fn items_of_a_changed_message_lie_within_it() {
    let mut valid = Vec::new();
    Head::reserve(&mut valid);
    for kind in [Kind::Value, Kind::Panicked] {
        frame::append(&mut valid, kind, |bytes| codec::append(&"item", bytes)).expect("it can be written");
    }
    valid[0] = 1;
    let [refused, read] = campaign(&valid, |bytes| match Head::read(bytes) {
        Some((head, items)) => {
            let length: usize = items.clone().map(|(_, item)| item.len()).sum();
            let skipped = items.clone().skip_items(head.count);
            assert!(length <= bytes.len() && skipped <= bytes.len());
            Frames(items.0).count() > 0
        }
        None => false,
    });
    assert!(read > 100 && refused > 1000, "{read} were read, {refused} refused");
}

#[test]
fn a_changed_length_before_bytes_is_right_or_refused() {
    let mut valid = prefix::encode(30).to_vec();
    valid.extend([7; 30]);
    let [refused, read] = campaign(&valid, |bytes| match prefix::start(bytes) {
        Some(start) => {
            assert!(start <= bytes.len());
            true
        }
        None => false,
    });
    assert!(read > 100 && refused > 1000, "{read} were read, {refused} refused");
}
