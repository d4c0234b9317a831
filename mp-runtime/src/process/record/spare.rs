//! The record of a child that is no more, for the next child.
//!
//! To give memory back and to get some again is to write to the allocator's books, to the thread's, and to a piece that lies
//! elsewhere: four pages. Each costs a fault, for the last child has made it read-only; together that is 3 % of a start
//! (measured; see `benches`).

use std::mem;
use std::sync::Arc;

use crate::process::launch::Launch;
use crate::process::record::Record;

/// At most one record that nobody looks at any more.
#[derive(Debug)]
pub(crate) struct Spare(Option<Arc<Record>>);

impl Spare {
    pub(crate) const fn none() -> Spare {
        Spare(None)
    }

    /// Keeps a record that is [buried](Record::bury), and that its last owner is about to let go of.
    pub(crate) fn keep(&mut self, record: &Arc<Record>) {
        if self.0.is_none() && record.has_spot_of_its_process() {
            self.0 = Some(Arc::clone(record));
        }
    }

    /// The record for `launch`: the one that is kept, unless another thread is still letting go of that.
    pub(crate) fn renewed(&mut self, launch: Launch) -> Arc<Record> {
        if let Some(mut record) = self.0.take()
            && let Some(kept) = Arc::get_mut(&mut record)
        {
            kept.renew(launch);
            return record;
        }
        Arc::new(Record::new(launch))
    }

    /// Lets go of it, in a child just forked: to free it would be to write to its memory.
    #[inline]
    pub(crate) fn forget(&mut self) {
        mem::forget(self.0.take());
    }
}
