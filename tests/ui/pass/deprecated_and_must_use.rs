#![deny(warnings)]

use mp_runtime::process;

#[process]
#[deprecated(note = "use something else")]
#[must_use = "it is needed"]
pub fn old(n: u32) -> u32 {
    n
}

#[process]
#[must_use]
fn needed() -> Result<u32, String> {
    Ok(1)
}

#[process]
#[track_caller]
#[cold]
#[expect(unused_variables, reason = "it is kept for later")]
fn with_attributes(unused: u32) {}

fn main() {
    #[expect(deprecated, reason = "the process is as deprecated as the function")]
    let child = old::spawn(1).unwrap();
    assert_eq!(child.join().unwrap(), 1);
    assert_eq!(needed::spawn().unwrap().join().unwrap(), 1);
    with_attributes::spawn(1).unwrap().join().unwrap();
}
