#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(text: &str) {}

fn start() {
    let mut text = String::new();
    let builder = run::process(&text);
    text.push('x');
    let _ = builder.spawn();
}

fn main() {}
