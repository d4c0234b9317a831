use mp_runtime::process;

struct Answer;

#[process]
fn run() -> Answer {
    Answer
}

fn main() {}
