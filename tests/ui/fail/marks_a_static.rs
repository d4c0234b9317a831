use mp_runtime::process;

#[process]
static RUN: u32 = 1;

fn main() {}
