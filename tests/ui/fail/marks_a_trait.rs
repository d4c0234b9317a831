use mp_runtime::process;

#[process]
trait Run {}

fn main() {}
