#![deny(warnings)]

use mp_runtime::process;

struct Point {
    x: u32,
    y: u32,
}

#[process]
fn patterns((a, b): (u32, u32), Point { x, y }: Point, [c, .., d]: [u32; 4], _: u32, &e: &u32) -> u32 {
    a + b + c + d + e + x + y
}

#[process]
fn mutable(mut count: u32, ref text: String, whole @ (_, _): (u8, u8)) -> usize {
    count += u32::from(whole.0);
    text.len() + count as usize
}

#[process]
fn borrowed<'a, 'b: 'a>(first: &'a str, second: &'b [u8], third: &mut Vec<u32>, elided: &str) -> usize {
    third.push(1);
    first.len() + second.len() + third.len() + elided.len()
}

#[process]
fn its_own_name(its_own_name: u32, arg0: u32, (arg1, _): (u32, u32)) -> u32 {
    its_own_name + arg0 + arg1
}

#[process]
fn not_serde(file: std::fs::File, call: &dyn Fn(u32) -> u32, pointer: fn(u32) -> u32) -> u32 {
    drop(file);
    call(1) + pointer(1)
}

#[process]
fn higher_ranked(call: for<'x> fn(&'x str) -> &'x str) -> String {
    call("text").to_owned()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let five = 5;
    let child = patterns::spawn((1, 2), Point { x: 3, y: 4 }, [1, 2, 3, 4], 0, &five)?;
    assert_eq!(child.join()?, 20);
    assert_eq!(mutable::spawn(1, "text".to_owned(), (2, 3))?.join()?, 7);
    assert_eq!(borrowed::spawn("a", b"b", &mut vec![], "c")?.join()?, 4);
    assert_eq!(its_own_name::spawn(1, 2, (3, 4))?.join()?, 6);
    let file = std::fs::File::open("/dev/null")?;
    assert_eq!(not_serde::spawn(file, &|n| n + five, |n| n)?.join()?, 7);
    assert_eq!(higher_ranked::spawn(|text| text)?.join()?, "text");
    Ok(())
}
