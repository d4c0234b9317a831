//! Whether what this codec writes is what postcard writes, of all that serde knows; and whether each reads the other's.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;

use serde::de::{self, DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::codec;

/// Checks it of `value`, by both ways to write.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let theirs = postcard::to_allocvec(&value).expect("it can be written");
    let (mut ours, mut streamed) = (Vec::new(), Vec::new());
    codec::append(&value, &mut ours).expect("it can be written");
    codec::encode(&value, &mut streamed).expect("it can be written");
    assert_eq!((&ours, &streamed), (&theirs, &theirs), "{value:?}");
    assert_eq!(codec::decode::<T>(&theirs).expect("it was written"), value);
    assert_eq!(postcard::from_bytes::<T>(&ours).expect("it was written"), value);
    for length in 0..theirs.len() {
        let (ours, theirs) = (codec::decode::<T>(&theirs[..length]), postcard::from_bytes::<T>(&theirs[..length]));
        assert_eq!(ours.map_err(|error| error.to_string()), theirs.map_err(|error| error.to_string()));
    }
}

#[test]
fn bytes_are_written_and_read_as_postcard_does() {
    for length in [0, 1, 127, 128, 20_000] {
        let bytes: Vec<u8> = (0..length).map(|number| number as u8).collect();
        check_few(bytes.clone());
        check_few(bytes.clone().into_boxed_slice());
        check_few(bytes.into_iter().collect::<VecDeque<u8>>());
    }
    check((vec![1_u8, 2], Some(vec![3_u8]), vec![vec![4_u8], Vec::new()], [5_u8; 3], vec![-1_i8], vec![true]));
    check(BTreeMap::from([(vec![1_u8], Some(Ok::<Vec<u8>, Vec<u16>>(vec![2]))), (vec![], Some(Err(vec![3])))]));
}

/// As [`check`], but for the truncations, of which there are many.
fn check_few<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let theirs = postcard::to_allocvec(&value).expect("it can be written");
    let mut ours = Vec::new();
    codec::append(&value, &mut ours).expect("it can be written");
    assert!(ours == theirs && codec::decode::<T>(&theirs).expect("it was written") == value);
    let cut = &theirs[..theirs.len() - 1];
    let (ours, theirs) = (codec::decode::<T>(cut), postcard::from_bytes::<T>(cut));
    assert_eq!(ours.map_err(|error| error.to_string()), theirs.map_err(|error| error.to_string()));
}

#[test]
fn all_else_is_written_and_read_as_postcard_does() {
    check((true, 'ß', "lucky".to_owned(), (), 1.5_f32, -2.5_f64));
    check((i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
    check((u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
    check((None::<u8>, Some(Some(7_u8)), Some(()), Box::new(7_u8)));
    check(BTreeMap::from([("a".to_owned(), vec![(1_u32, 'b')]), ("c".to_owned(), Vec::new())]));
    check(vec![Ok::<u32, String>(300), Err("out of luck".to_owned())]);
    // Written as their text.
    check(std::net::SocketAddr::from(([127, 0, 0, 1], 80)));
    check(std::time::Duration::from_nanos(7_000_000_001));
    check(c"text".to_owned());
    check(std::ops::Bound::Excluded(vec![1_u8]));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(Vec<u8>),
    Tuple(u8, Vec<u8>),
    Struct { bytes: Vec<u8>, more: Option<Box<Kind>> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Vec<u8>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tuple(u16, Newtype, Unit);

#[test]
fn what_is_derived_is_written_and_read_as_postcard_does() {
    check((Kind::Unit, Kind::Newtype(vec![1, 2]), Kind::Tuple(3, vec![4])));
    let inner = Some(Box::new(Kind::Newtype(vec![5])));
    check(Kind::Struct { bytes: vec![6; 3], more: inner });
    check(Tuple(300, Newtype(vec![7, 8]), Unit));
}

/// Bytes whose reader turns them round: it asks for a sequence, and gives the same type as that of all others does.
#[derive(Debug, PartialEq)]
struct Reversed(Vec<u8>);

impl Serialize for Reversed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().rev())
    }
}

impl<'de> Deserialize<'de> for Reversed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Turn;
        impl<'de> Visitor<'de> for Turn {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes, the last first")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = VecDeque::new();
                while let Some(byte) = parts.next_element()? {
                    bytes.push_front(byte);
                }
                if bytes.len() > 3 { Err(de::Error::custom("too many")) } else { Ok(bytes.into()) }
            }
        }
        deserializer.deserialize_seq(Turn).map(Reversed)
    }
}

#[test]
fn bytes_that_somebody_reads_otherwise_are_read_so() {
    check(Reversed(vec![1, 2, 3]));
    check((Some(Reversed(vec![1, 2])), vec![1_u8, 2, 3, 4]));
    let mut bytes = Vec::new();
    codec::append(&[1_u8; 4].to_vec(), &mut bytes).expect("it can be written");
    assert!(codec::decode::<Reversed>(&bytes).is_err());
}
