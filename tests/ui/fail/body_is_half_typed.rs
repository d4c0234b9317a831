use mp_runtime::process;

#[process]
fn run(port: u16) -> u16 {
    let next = ;
    port
}

fn main() {}
