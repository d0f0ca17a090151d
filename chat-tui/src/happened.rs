//! The words for what happened to somebody.

use proto::{CatchUpEntry, CatchUpKind};

/// Says who did what, as `bob answered you`.
pub fn happened(entry: &CatchUpEntry) -> String {
    let by = &entry.by;
    match (entry.kind, &entry.emoji) {
        (CatchUpKind::Mention, _) => format!("{by} named you"),
        (CatchUpKind::Reply, _) => format!("{by} answered you"),
        (CatchUpKind::Reaction, Some(emoji)) => format!("{by} {emoji} what you said"),
        (CatchUpKind::Invite, _) => format!("{by} invited you"),
        (CatchUpKind::Reaction | CatchUpKind::Unknown, _) => format!("{by} did something"),
    }
}
