use mp_runtime::{mp_main, process};

struct Point;

#[process]
fn run<T: std::fmt::Display>(_count: u32, _value: T) {}

mp_main! {
    worker[2]: run(1, Point);
}
