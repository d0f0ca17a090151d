//! What the screen keeps from one key or packet to the next, as values: what is done with them is told in the files that they
//! are named after.

use proto::{ChannelId, ChannelName, FileId, Timestamp};

use crate::core::RequestId;
use crate::unsent::Unsent;

/// Whoever has done nothing for so long is not there, though their window has the focus: as the daemon says of who is idle.
pub(super) const AWAY_AFTER_MILLIS: u64 = 5 * 60 * 1_000;

/// A line above the composer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says, safe to draw.
    pub text: String,
    /// Whether something failed.
    pub failed: bool,
    /// When it goes by itself.
    pub(super) until: Timestamp,
}

/// A command that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandLine {
    /// Where it was written; nowhere when no channel is open.
    pub(super) place: Option<ChannelId>,
    pub(super) text: String,
    /// The request that it led to; none while a name in it is looked up.
    pub(super) request: Option<RequestId>,
}

/// What is to be done with the channel that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Join,
    Open,
    Leave,
    /// Close it: a conversation, or what one is no longer in.
    Close,
}

/// A name that the daemon was asked about, and what for.
#[derive(Debug)]
pub(super) struct Naming {
    pub(super) name: ChannelName,
    pub(super) purpose: Purpose,
}

/// The candidates that Tab goes through, and the place they are put.
#[derive(Debug, Clone)]
pub(super) struct Cycle {
    pub(super) start: usize,
    pub(super) candidates: Vec<String>,
    pub(super) at: usize,
    /// What is put behind each.
    pub(super) behind: &'static str,
}

/// What is known of what lies on the disk.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// As it was handed over last.
    pub(super) kept: Unsent,
    pub(super) due: Option<Timestamp>,
    /// Something was sent that must not wait.
    pub(super) urgent: bool,
    /// A key or a packet may have changed something.
    pub(super) touched: bool,
    /// What is being written on pages.
    pub(super) on_pages: Vec<String>,
    /// What was being written elsewhere when the program ended, until the reader has seen that it can be had back.
    pub(super) lines: Vec<String>,
    /// Whether they are on Ctrl+Up.
    pub(super) lines_given: bool,
    /// What came back to the reader and stands in no box: on Ctrl+Up, and on the disk until they have looked there.
    pub(super) given_back: Vec<String>,
}

/// Files that are being saved.
#[derive(Debug, Default)]
pub(super) struct Saving {
    /// Those that are not there yet.
    pub(super) left: usize,
    /// Those that are.
    pub(super) saved: usize,
    /// Those that are to be opened then.
    pub(super) opens: Vec<FileId>,
    /// What was told last of how far one is.
    pub(super) told: String,
}

/// What moves, and since when.
#[derive(Debug, Default)]
pub(super) struct Playing {
    /// Up to when pictures have moved; none while nothing does.
    pub(super) moved_at: Option<Timestamp>,
    /// When the next frame is due.
    pub(super) due: Option<Timestamp>,
    /// Since when there is a screen: somebody has started the program.
    pub(super) began: Option<Timestamp>,
}
