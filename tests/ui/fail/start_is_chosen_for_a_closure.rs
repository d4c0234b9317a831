use mp_runtime::{Builder, StartMethod};

fn main() {
    let _ = Builder::closure(|| 1).start(StartMethod::Exec).spawn();
}
