//! An `async` process function, on the way to a builder.

use crate::process::body::Body;
use crate::process::builder::Builder;
pub use crate::process::runtime::block_on;

/// A process whose function blocks on a future: it has a runtime of its own.
pub fn asynchronous<B: Body>(builder: Builder<B>) -> Builder<B> {
    builder.asynchronous()
}
