use mp_runtime::process;

#[process]
pub enum Run {}

fn main() {}
