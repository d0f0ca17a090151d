//! The messages of a channel as they are shown: which part of them, and how.
//!
//! ```text
//!            ── Saturday 21 November 2026 ──
//! ▌hello alice, is the tea ready?
//! ╰ bob · 09:41
//!                                    yes, come
//!                                alice · 09:42
//! ```
//!
//! What is said is the core's; here is where one reads it. The scroll position is a message and a number of its lines, so
//! that what is read stays in place whatever arrives above or below. What is made of a message is kept until the message, the
//! width or its neighbours change.

mod choosing;
mod layout;
mod picture;
mod row;
mod window;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use proto::Index;

use crate::core::history::History;
use crate::core::outbox::Sending;
pub use choosing::Chosen;
pub use layout::{Context, view_timeline};
pub use picture::draw_image;
use row::TimelineRow;

/// Which part of a channel's messages is shown.
#[derive(Debug, Default)]
pub struct Timeline {
    anchor: Option<Anchor>,
    divider: Option<u64>,
    chosen: Option<u64>,
    unfolded: bool,
    /// What was made of messages, by their keys. Drawing fills it; a memo that nobody can tell from making it again.
    rows: RefCell<HashMap<u64, Rc<TimelineRow>>>,
}

/// Where the lower edge of the window stands: so many lines of a message lie below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    key: u64,
    below: usize,
}

/// What there is to show, and in what.
pub struct Pane<'a> {
    /// The messages that are here.
    pub history: &'a History,
    /// Those on their way, in order.
    pub sending: Vec<Sending<'a>>,
    /// The pane and its reader.
    pub context: &'a Context,
}

/// Keys of messages on their way begin here, above every index.
const SENDING: u64 = 1 << 62;

impl Timeline {
    /// Begins at the newest message, with nothing chosen, as when the channel is shown again from another place on.
    pub fn reset(&mut self) {
        (self.chosen, self.anchor) = (None, None);
    }

    /// A message on its way is the stored one now; a window that stands on it stays there.
    pub fn has_become(&mut self, number: u64, index: Index) {
        if let Some(anchor) = &mut self.anchor
            && anchor.key == SENDING + number
        {
            anchor.key = index.get();
        }
    }

    /// Tells whether the newest message is here and shown.
    pub fn follows(&self, history: &History) -> bool {
        self.anchor.is_none() && !history.lacks_newest()
    }

    /// Gives the message near which one reads, unless that is the newest.
    pub fn near(&self) -> Option<Index> {
        self.anchor.map(|anchor| Index::new(anchor.key))
    }

    /// Puts the line where the unread part begins behind a message, or takes it away.
    pub fn set_divider(&mut self, last_read: Option<Index>) {
        self.divider = last_read.map(Index::get);
    }

    /// Tells whether there is a line where the unread part begins.
    pub fn has_divider(&self) -> bool {
        self.divider.is_some()
    }

    /// Shows long messages whole, or folds them again.
    pub fn toggle_unfolded(&mut self) {
        self.unfolded = !self.unfolded;
    }
}
