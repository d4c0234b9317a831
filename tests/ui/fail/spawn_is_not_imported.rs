mod jobs {
    #[mp_runtime::process]
    pub fn run() {}
}

fn start() {
    let _ = run::spawn();
}

fn main() {}
