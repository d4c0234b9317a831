use mp_runtime::process;

#[process]
fn run<T: Default + serde::Serialize + serde::de::DeserializeOwned>() -> T {
    T::default()
}

fn start() {
    let _ = run::spawn();
}

fn main() {}
