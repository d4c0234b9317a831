#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(text: String) {}

fn start() {
    let text = String::new();
    let _ = run::spawn(text);
    println!("{text}");
}

fn main() {}
