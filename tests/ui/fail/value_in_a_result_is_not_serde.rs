use mp_runtime::process;

struct Answer;

#[process]
fn run() -> Result<Answer, String> {
    Ok(Answer)
}

fn main() {}
