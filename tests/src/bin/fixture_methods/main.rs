//! What holds for a process however it is started. The first argument names a start method, the second a scene. Silent and
//! code 0 if all is as it should be.

use std::env;

use lives::{crowd, killed, left_over, nested, server_killed, threads};
use mp_runtime::StartMethod;
use parked::{dismissed, keeps_nothing, no_room, outlive_their_server, parked, parked_killed, replaced, unsent};
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
    let scene: fn(StartMethod) = match &*env::args().nth(2).unwrap() {
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
        "keeps-nothing" => keeps_nothing,
        "no-room" => no_room,
        "unsent" => unsent,
        other => panic!("no scene {other}"),
    };
    scene(fixture_kit::programs::method(1));
}
