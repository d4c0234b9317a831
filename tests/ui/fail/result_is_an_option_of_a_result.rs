use mp_runtime::process;

#[process]
fn run() -> Option<Result<u32, std::io::Error>> {
    None
}

fn main() {}
