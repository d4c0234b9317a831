//! An `async` function, by fork and by the other methods.

use mp_runtime::process;

#[process]
async fn count(text: &str) -> usize {
    text.len()
}

#[process(start = forkserver)]
async fn parse(text: String) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

fn main() {
    assert_eq!(count::spawn("lucky").unwrap().join().unwrap(), 5);
    assert_eq!(parse::spawn("7".to_owned()).unwrap().join().unwrap(), 7);
}
