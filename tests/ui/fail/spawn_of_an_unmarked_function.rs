fn plain() {}

fn start() {
    let _ = plain::spawn();
}

fn main() {}
