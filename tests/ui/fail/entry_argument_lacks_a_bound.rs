use mp_runtime::{mp_main, process};

struct Point;

#[process]
fn run<T: std::fmt::Display>(_value: T) {}

mp_main! {
    run(Point);
}
