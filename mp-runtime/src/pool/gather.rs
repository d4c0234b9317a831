//! The way out of a map: each value to its place, and the first failure.

use serde::de::DeserializeOwned;

use crate::pool::engine::Engine;
use crate::pool::error::TaskError;
use crate::pool::feed;
use crate::pool::job::{Delivery, Outcome};

/// The values of a map as they come in.
#[derive(Debug)]
pub(crate) struct Gather<R> {
    places: Vec<Option<R>>,
    failure: Option<TaskError>,
}

impl<R: DeserializeOwned> Gather<R> {
    pub(crate) fn new() -> Gather<R> {
        Gather { places: Vec::new(), failure: None }
    }

    pub(crate) fn add(&mut self, delivery: Delivery, engine: &mut Engine<'_>) {
        let begin = delivery.first as usize;
        let end = begin + delivery.count as usize;
        if self.places.len() < end {
            self.places.resize_with(end, || None);
        }
        let Gather { places, failure } = self;
        let mut places = places[begin..end].iter_mut();
        feed::read(&delivery, |_, value| match (value, places.next()) {
            (Ok(value), Some(place)) => *place = Some(value),
            (Ok(_), None) => {}
            (Err(error), _) => keep_first(failure, error),
        });
        if let Outcome::Told { bytes, .. } = delivery.outcome {
            engine.recycle(bytes);
        }
    }

    pub(crate) fn fail(&mut self, error: TaskError) {
        keep_first(&mut self.failure, error);
    }

    pub(crate) fn finish(self) -> Result<Vec<R>, TaskError> {
        match self.failure {
            Some(error) => Err(error),
            // Without a failure each item has a value.
            None => Ok(self.places.into_iter().flatten().collect()),
        }
    }
}

fn keep_first(failure: &mut Option<TaskError>, error: TaskError) {
    if failure.as_ref().is_none_or(|first| error.index() < first.index()) {
        *failure = Some(error);
    }
}
