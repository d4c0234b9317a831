use mp_runtime::process;

use std::borrow::Cow;

#[process]
fn run(text: &str) -> Cow<'_, str> {
    text.into()
}

fn main() {}
