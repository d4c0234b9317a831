//! What comes back from processes; the first argument names a scene. Silent and code 0 if all is right.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt::Debug;
use std::time::Duration;
use std::{env, fs, panic};

use fixture_kit::ended;
use mp_runtime::{Builder, Child, ExitKind, process};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod fixture_kit;

#[process]
fn echo<T: Serialize + DeserializeOwned>(value: T) -> T {
    value
}

#[process]
fn fallible(value: Result<String, String>) -> Result<String, String> {
    value
}

#[process]
fn unit() {}

/// A closure that has taken N bytes along, by value.
fn carries<const N: usize>() {
    let bytes = [7_u8; N];
    let sum = Builder::closure(move || bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    assert_eq!(sum.spawn().unwrap().join().unwrap(), 7 * N as u64);
}

#[process]
fn never() -> ! {
    std::process::exit(3)
}

/// `length` bytes, no two pages alike.
fn bytes(length: usize, seed: u64) -> String {
    let mut text = String::with_capacity(length + 20);
    let mut number = seed;
    while text.len() < length {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text += &format!("{number:020}");
    }
    text.truncate(length);
    text
}

#[process]
fn text(length: usize, seed: u64) -> String {
    bytes(length, seed)
}

#[process]
fn huge(length: usize) -> String {
    "x".repeat(length)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Polygon { corners: Vec<(i32, i32)>, inner: Option<Box<Shape>> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Drawing {
    name: String,
    shapes: HashMap<String, Shape>,
    layers: BTreeMap<u8, Vec<Option<char>>>,
    size: (u128, i64, bool, Duration),
}

/// Can be written, and not read.
#[derive(Debug, Serialize)]
struct OneWay(u32);

impl<'de> Deserialize<'de> for OneWay {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<OneWay, D::Error> {
        Err(D::Error::custom("this way is closed"))
    }
}

#[process]
fn one_way() -> OneWay {
    OneWay(1)
}

/// Ends its process, or fails, while it is written, after 200 000 bytes.
struct Deadly(bool);

impl Serialize for Deadly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeTuple};
        let mut tuple = serializer.serialize_tuple(2)?;
        tuple.serialize_element(&"x".repeat(200_000))?;
        if self.0 {
            mp_tests::raise(libc::SIGKILL).unwrap();
        }
        Err(S::Error::custom("no more"))
    }
}

impl<'de> Deserialize<'de> for Deadly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Deadly, D::Error> {
        String::deserialize(deserializer).map(|_| Deadly(false))
    }
}

#[process]
fn deadly(kill: bool) -> Deadly {
    Deadly(kill)
}

/// Fails with a long message, once nothing is there any more to which it could be written.
#[process]
fn bare(panics: bool) -> Result<(), String> {
    fixture_kit::sys::close_from(3);
    if panics { panic!("{}", "no luck ".repeat(1000)) } else { Err("no luck ".repeat(1000)) }
}

fn assert_echo<T: Serialize + DeserializeOwned + PartialEq + Clone + Debug>(value: T) {
    assert_eq!(echo::spawn(value.clone()).unwrap().join().unwrap(), value);
}

/// The memory that is free or can be freed, in bytes.
fn available() -> usize {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    1024 * line.trim().trim_end_matches(" kB").parse::<usize>().unwrap()
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "types" => {
            unit::spawn().unwrap().join().unwrap();
            assert_echo(());
            assert_echo((u8::MAX, i8::MIN, u64::MAX, i64::MIN, u128::MAX, i128::MIN, usize::MAX));
            assert_echo((f64::MIN_POSITIVE, f32::INFINITY, '\u{10ffff}', true));
            assert_echo((String::new(), "lucky \0 \u{df}".to_owned(), vec![String::from("a"); 3]));
            assert_echo((Some(Some(5)), Some(None::<u8>), None::<Option<u8>>));
            assert_echo(Ok::<_, String>(5));
            let inner = Some(Box::new(Shape::Circle(0.5)));
            let polygon = Shape::Polygon { corners: vec![(-1, 2), (i32::MAX, i32::MIN)], inner };
            let shapes = HashMap::from([("p".to_owned(), Shape::Point), ("q".to_owned(), polygon)]);
            let layers = BTreeMap::from([(3, vec![None, Some('a')]), (1, vec![])]);
            let size = (1 << 100, -1, true, Duration::new(1, 999_999_999));
            assert_echo(Drawing { name: "d".to_owned(), shapes, layers, size });
            assert_eq!(fallible::spawn(Ok("luck".to_owned())).unwrap().join().unwrap(), "luck");
            let error = fallible::spawn(Err("no luck".to_owned())).unwrap().join().unwrap_err();
            assert_eq!(error.exit().unwrap().kind(), &ExitKind::Failed("no luck".to_owned()));
        }
        "never" => {
            let child: Child<Infallible> = never::spawn().unwrap();
            let Err(error) = child.join();
            assert_eq!(error.exit().unwrap().kind(), &ExitKind::Exited(3));
        }
        "sizes" => {
            // Of the payload: a string has its length before it, in 1 to 4 bytes.
            let edges = [0, 1, 127, 128, 4063, 4064, 4065, 65535, 65536, 65537, 1 << 20];
            for (edge, head) in edges.into_iter().flat_map(|edge| (0..=3).map(move |head| (edge, head))) {
                let length = usize::saturating_sub(edge, head);
                assert!(text::spawn(length, 1).unwrap().join().unwrap() == bytes(length, 1), "{length}");
            }
        }
        "error-sizes" => {
            for length in [0, 1, 4000, 4063, 65536, 1 << 20] {
                let error = fallible::spawn(Err(bytes(length, 2))).unwrap().join().unwrap_err();
                assert!(error.exit().unwrap().kind() == &ExitKind::Failed(bytes(length, 2)), "{length}");
            }
        }
        "bodies" => {
            // Around those that fill what is left of a page; then as much as a stack of 8 MiB holds several times.
            carries::<0>();
            carries::<480>();
            carries::<1000>();
            carries::<1488>();
            carries::<1520>();
            carries::<2032>();
            carries::<3056>();
            carries::<3568>();
            carries::<4096>();
            carries::<400_000>();
        }
        "large" => assert!(text::spawn(64 << 20, 3).unwrap().join().unwrap() == bytes(64 << 20, 3)),
        "huge" => {
            let length = 1 << 30;
            // In the child the value, in shared memory its bytes, in the parent the value.
            assert!(available() > 4 * length, "expected 4 GiB of free memory, found {}", available());
            let value = huge::spawn(length).unwrap().join().unwrap();
            assert!(value.len() == length && value.bytes().all(|byte| byte == b'x'));
        }
        "many" => {
            let started: Vec<_> = (0..200).map(|seed| text::spawn(1 << 20, seed).unwrap()).collect();
            started.iter().for_each(|child| ended(child.id()));
            let joined = started.into_iter().zip(0..);
            joined.for_each(|(child, seed)| assert!(child.join().unwrap() == bytes(1 << 20, seed), "{seed}"));
        }
        "one-way" => {
            let child = one_way::spawn().unwrap();
            let id = child.id();
            let error = child.join().unwrap_err();
            assert!(error.exit().unwrap().is_success());
            let said = error.to_string().replace(&id.to_string(), "N");
            println!("{said}");
        }
        "nowhere-to-write" => {
            panic::set_hook(Box::new(|_| ())); // what it prints is long
            let end = |panics| bare::spawn(panics).unwrap().join().unwrap_err().exit().unwrap().kind().clone();
            let ExitKind::Failed(message) = end(false) else { panic!("it has failed") };
            println!("{}", &message[..12]);
            println!("{}", &message[message.len() - 48..]);
            let ExitKind::Panicked(panic) = end(true) else { panic!("it has panicked") };
            assert!(panic.message() == message && panic.location().is_some());
        }
        "killed-while-written" => {
            let error = deadly::spawn(true).unwrap().join().err().unwrap();
            assert_eq!(error.exit().unwrap().signal(), Some(libc::SIGKILL));
        }
        "failed-while-written" => {
            let error = deadly::spawn(false).unwrap().join().err().unwrap();
            let ExitKind::Failed(message) = error.exit().unwrap().kind() else { panic!("{error}") };
            println!("{message}");
            // The memory that it has written to is not another's.
            assert_echo(5);
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
