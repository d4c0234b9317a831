use mp_runtime::process;

#[process(start = exec)]
fn run(_work: Box<dyn Fn()>) {}

fn main() {
    let _ = run::spawn(Box::new(|| ()));
}
