//! What holds for a process however it is started. The first argument names a start method, the second a scene. Silent and
//! code 0 if all is as it should be.

use std::env;

use lives::{crowd, killed, left_over, nested, server_killed, threads};
use mp_runtime::{StartMethod, fork_server};
use parked::{dismissed, outlive_their_server, parked, parked_killed, replaced};
use reports::{arguments, failures, signals};
use surroundings::{channels, common, descriptors, identities, streams, surroundings};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod functions;
mod lives;
mod parked;
mod reports;
mod surroundings;

fn main() {
    let words: Vec<_> = env::args().skip(1).collect();
    let method = match &*words[0] {
        "fork" => StartMethod::Fork,
        "forkserver" => StartMethod::ForkServer,
        "parked" => {
            fork_server().parked(3).start().unwrap();
            StartMethod::ForkServer
        }
        "exec" => StartMethod::Exec,
        other => panic!("no method {other}"),
    };
    let scene: fn(StartMethod) = match &*words[1] {
        "arguments" => arguments,
        "failures" => failures,
        "signals" => signals,
        "identities" => identities,
        "surroundings" => surroundings,
        "descriptors" => descriptors,
        "channels" => channels,
        "common" => common,
        "streams" => streams,
        "crowd" => crowd,
        "nested" => nested,
        "threads" => threads,
        "left-over" => left_over,
        "killed" => killed,
        "server-killed" => server_killed,
        "parked" => parked,
        "parked-killed" => parked_killed,
        "dismissed" => dismissed,
        "replaced" => replaced,
        "outlive-their-server" => outlive_their_server,
        other => panic!("no scene {other}"),
    };
    scene(method);
}
