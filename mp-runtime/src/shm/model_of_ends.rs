//! A model of the roster, as `model` is of the ring: what a parent and its child do to the place of one end at the same time, in
//! every order.

use loom::sync::Arc;
use loom::thread;

use crate::shm::model::{process, ring};
use crate::shm::roster::Side;

#[test]
fn an_end_that_is_declined_while_it_is_handed_over_is_given_up() {
    loom::model(|| {
        let (ring, parent, child) = (ring(), process(1), process(2));
        let place = ring.roster().take(Side::Send, parent).expect("there are places");
        let declining = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.roster().decline(place, child))
        };
        assert!(ring.roster().hand_over(place, parent, child));
        declining.join().expect("it has declined");
        assert!(ring.roster().words().all(|word| word == 0), "the end, or the word that declines it, is left");
        assert!(!ring.roster().is_attended(Side::Send, |_| true));
    });
}

#[test]
fn an_end_that_is_declined_while_its_owner_gives_it_up_is_gone() {
    loom::model(|| {
        let (ring, parent, child) = (ring(), process(1), process(2));
        let place = ring.roster().take(Side::Send, parent).expect("there are places");
        let declining = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.roster().decline(place, child))
        };
        ring.roster().give_up(place, parent);
        declining.join().expect("it has declined");
        assert!(!ring.roster().is_attended(Side::Send, |_| true));
        // What is left of it goes with the child.
        ring.roster().bury(child);
        assert!(ring.roster().words().all(|word| word == 0));
    });
}
