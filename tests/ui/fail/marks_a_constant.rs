use mp_runtime::process;

#[process]
const RUN: u32 = 1;

fn main() {}
