//! What holds for a pool however its workers are started. The first argument names a start method, the second a scene. Silent
//! and code 0 if all is as it should be.

use std::env;
use std::thread;
use std::time::Duration;

use fixture_kit::pass;
use items::{cancels, failures, maps, nested, retries, times};
use mp_runtime::{Pool, StartMethod};
use workers::{endings, farewells, initialisers, kills, sizes, threads};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod functions;
mod items;
mod workers;

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let method = if words[0] == "beside-threads" {
        // They come and go and allocate, for as long as the program runs.
        thread::spawn(|| {
            loop {
                drop(thread::spawn(|| vec![1_u8; 10_000].len()).join());
                pass(Duration::from_micros(200));
            }
        });
        StartMethod::ForkServer
    } else {
        fixture_kit::programs::method(1)
    };
    let builder = Pool::builder().start_method(method);
    match &*words[1] {
        "maps" => maps(builder),
        "failures" => failures(builder),
        "kills" => kills(builder),
        "initialisers" => initialisers(builder),
        "farewells" => farewells(builder),
        "times" => times(builder),
        "cancels" => cancels(builder),
        "retries" => retries(builder),
        "sizes" => sizes(builder),
        "endings" => endings(builder),
        "nested" => nested(builder, method),
        "threads" => threads(builder, method),
        scene => panic!("no scene {scene}"),
    }
}
