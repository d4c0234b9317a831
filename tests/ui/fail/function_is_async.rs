use mp_runtime::process;

#[process]
async fn run() -> u32 {
    7
}

fn main() {}
