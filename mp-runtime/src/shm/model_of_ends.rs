//! A model of the roster, as `model` is of the ring: what a parent and its child do to the place of one end at the same time, in
//! every order.

use loom::sync::Arc;
use loom::thread;

use crate::shm::model::{Cells, process, ring};
use crate::shm::place::Place;
use crate::shm::ring::Ring;
use crate::shm::roster::Side;

/// An end of process 1, which process 2 declines while process 1 does `meanwhile` with it; `then` looks at what has become of it.
fn declined(meanwhile: fn(&Ring<Cells>, Place), then: fn(&Ring<Cells>)) {
    loom::model(move || {
        let ring = ring();
        let place = ring.roster().take(Side::Send, process(1)).expect("there are places");
        let declining = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.roster().decline(place, process(2)))
        };
        meanwhile(&ring, place);
        declining.join().expect("it has declined");
        then(&ring);
    });
}

#[test]
fn an_end_that_is_declined_while_it_is_handed_over_is_given_up() {
    declined(
        |ring, place| assert!(ring.roster().hand_over(place, process(1), process(2))),
        |ring| {
            assert!(ring.roster().words().all(|word| word == 0), "the end, or the word that declines it, is left");
            assert!(!ring.roster().is_attended(Side::Send, |_| true));
        },
    );
}

#[test]
fn an_end_that_is_declined_while_its_owner_gives_it_up_is_gone() {
    declined(
        |ring, place| ring.roster().give_up(place, process(1)),
        |ring| {
            assert!(!ring.roster().is_attended(Side::Send, |_| true));
            // What is left of it goes with the child.
            ring.roster().bury(process(2));
            assert!(ring.roster().words().all(|word| word == 0));
        },
    );
}
