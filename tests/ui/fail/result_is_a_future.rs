use mp_runtime::process;

#[process]
fn run() -> impl Future<Output = u32> {
    async { 1 }
}

fn main() {}
