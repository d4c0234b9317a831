//! Processes: how one is described, started, watched, and what it says of itself at its end.

pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod child;
pub(crate) mod closure;
pub(crate) mod end;
pub(crate) mod ending;
pub(crate) mod exit;
pub(crate) mod guarantees;
pub(crate) mod handle;
pub(crate) mod identity;
pub(crate) mod join_error;
pub(crate) mod launch;
pub(crate) mod lifeline;
pub(crate) mod method;
pub(crate) mod outbox;
pub(crate) mod panic;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod report;
pub(crate) mod scope;
pub(crate) mod seed;
pub(crate) mod settings;
pub(crate) mod stopping;
pub(crate) mod strays;
pub(crate) mod streams;
