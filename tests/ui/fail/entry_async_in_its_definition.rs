#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
async fn run(text: &str) -> usize {
    text.len()
}

mp_main! {
    worker[2]: run("text");

    fn main() {
        let length: usize = worker.into_iter().next().unwrap().join().unwrap();
    }
}
