use mp_runtime::process;

#[process]
fn run() -> mp_runtime::Child<u32> {
    todo!()
}

fn main() {}
