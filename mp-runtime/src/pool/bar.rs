//! A bar that shows how far a map is.

use indicatif::{ProgressBar, ProgressStyle};

use crate::pool::progress::Progress;

const BAR: &str = "{bar:40} {pos}/{len} ({per_sec}, {eta} left){msg}";
const NO_END: &str = "{spinner} {pos} ({per_sec}){msg}";

/// Draws a bar on stderr, if that is a terminal, each time it is called. Without a thread: a pool forks.
pub(crate) fn bar() -> impl FnMut(&Progress) {
    let mut shown = None;
    move |progress| {
        let bar = shown.get_or_insert_with(|| {
            let (bar, template) = match progress.total {
                Some(total) => (ProgressBar::new(total as u64), BAR),
                None => (ProgressBar::no_length(), NO_END),
            };
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_position((progress.done + progress.failed) as u64);
        if progress.failed > 0 {
            bar.set_message(format!(", {} failed", progress.failed));
        }
        bar.tick();
        if progress.is_over {
            bar.abandon();
        }
    }
}
