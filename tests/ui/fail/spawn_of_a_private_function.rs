mod jobs {
    #[mp_runtime::process]
    fn run() {}
}

fn start() {
    let _ = jobs::run::spawn();
}

fn main() {}
