//! What commands without a screen print in words. Scripts read it, so it stays as it is: whatever the screen says, and in
//! whatever language, is in the catalogue.

use proto::{CatchUpEntry, CatchUpKind, ChannelKind, Handle, PresenceState};

use crate::text::{CleanLine, truncate};

/// Says what is special about somebody's account, if anything is.
pub(super) fn printed_account(profile: &proto::http::Profile) -> Option<&'static str> {
    match (profile.disabled, profile.guest) {
        (true, _) => Some("disabled"),
        (false, true) => Some("a guest"),
        (false, false) => None,
    }
}

/// Says who did what to the reader, as `bob answered you`.
pub(super) fn happened(entry: &CatchUpEntry) -> String {
    let by = &entry.by;
    match (entry.kind, &entry.emoji) {
        (CatchUpKind::Mention, _) => format!("{by} named you"),
        (CatchUpKind::Reply, _) => format!("{by} answered you"),
        (CatchUpKind::Reaction, Some(emoji)) => format!("{by} {emoji} what you said"),
        (CatchUpKind::Invite, _) if entry.waiting => format!("{by} invites you{}", invited_to(entry)),
        (CatchUpKind::Invite, _) => format!("{by} invited you"),
        (CatchUpKind::Friend, _) => format!("{by} wants to be your friend"),
        (CatchUpKind::Reaction | CatchUpKind::Unknown, _) => format!("{by} did something"),
    }
}

/// Where an invitation leads: ` to #secret (private)`.
fn invited_to(entry: &CatchUpEntry) -> String {
    let (Some(name), Some(kind)) = (&entry.name, entry.channel_kind) else { return String::new() };
    let private = if kind == ChannelKind::Private { " (private)" } else { "" };
    format!(" to {}{private}", printed_channel_title(kind, name.as_str()))
}

/// Gives the name of a channel as people write it.
pub(super) fn printed_channel_title(kind: ChannelKind, name: &str) -> String {
    match kind {
        ChannelKind::Dm => format!("@{name}"),
        ChannelKind::Wall => format!("{name}'s posts"),
        _ => format!("#{name}"),
    }
}

/// Gives where something happened to somebody, if it was in a channel.
pub(super) fn place(entry: &CatchUpEntry, me: &Handle) -> Option<String> {
    let (kind, name) = (entry.channel_kind?, entry.name.as_ref()?.as_str());
    let own = kind == ChannelKind::Wall && name == me.as_str();
    Some(if own { "your posts".to_owned() } else { printed_channel_title(kind, name) })
}

/// Gives the name that somebody wants, with their handle: the name alone proves nothing.
pub(super) fn printed_name(handle: &Handle, name: Option<&str>, cells: usize) -> String {
    match name.map(CleanLine::new).filter(|name| !name.as_str().is_empty()) {
        Some(name) => truncate(&format!("{handle} ({name})"), cells),
        None => handle.to_string(),
    }
}

/// Says how somebody is there.
pub(super) fn printed_presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "online",
        PresenceState::Idle => "idle",
        PresenceState::Away => "away",
        PresenceState::Dnd => "busy",
        PresenceState::Offline | PresenceState::Unknown => "offline",
    }
}
