use mp_runtime::process;

#[derive(serde::Serialize, serde::Deserialize)]
struct Result;

#[process]
fn run() -> Result {
    Result
}

fn main() {}
