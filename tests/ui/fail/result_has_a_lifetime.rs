use mp_runtime::process;

#[derive(serde::Serialize, serde::Deserialize)]
struct Answer<'a>(&'a str);

#[process]
fn run<'a>(text: &'a str) -> Answer<'a> {
    Answer(text)
}

fn main() {}
