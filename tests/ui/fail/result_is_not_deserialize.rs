use mp_runtime::process;

#[derive(serde::Serialize)]
struct Answer;

#[process]
fn run() -> Answer {
    Answer
}

fn main() {}
