//! Tells the protocols, which are compiled here from the sources of `mp-runtime`, that they are models.

fn main() {
    println!("cargo::rustc-cfg=model");
}
