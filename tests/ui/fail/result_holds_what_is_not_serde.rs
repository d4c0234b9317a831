use mp_runtime::process;

struct Answer;

#[process]
fn run() -> Vec<Answer> {
    vec![]
}

fn main() {}
