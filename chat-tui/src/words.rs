//! Words that several places of the screen say in the same way.

use jiff::tz::TimeZone;
use proto::{CatchUpEntry, CatchUpKind, ChannelKind, Handle, Message, MessageKind, PresenceState, Timestamp};

use crate::text::{CleanLine, truncate};

/// Says what is special about somebody's account, if anything is.
pub(crate) fn account(profile: &proto::http::Profile) -> Option<&'static str> {
    match (profile.disabled, profile.guest) {
        (true, _) => Some("disabled"),
        (false, true) => Some("a guest"),
        (false, false) => None,
    }
}

/// Says who did what to the reader, as `bob answered you`.
pub fn happened(entry: &CatchUpEntry) -> String {
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
    format!(" to {}{private}", channel_title(kind, name.as_str()))
}

/// Gives what a message says, by itself: of what somebody did, or what is told of them, also who.
pub fn said(message: &Message) -> String {
    match message.kind {
        MessageKind::Action | MessageKind::System => format!("* {} {}", message.handle, message.content),
        _ => message.content.clone(),
    }
}

/// Gives the name of a channel as people write it.
pub fn channel_title(kind: ChannelKind, name: &str) -> String {
    match kind {
        ChannelKind::Dm => format!("@{name}"),
        ChannelKind::Wall => format!("{name}'s posts"),
        _ => format!("#{name}"),
    }
}

/// Gives where something happened to somebody, if it was in a channel.
pub fn place(entry: &CatchUpEntry, me: &Handle) -> Option<String> {
    let (kind, name) = (entry.channel_kind?, entry.name.as_ref()?.as_str());
    let own = kind == ChannelKind::Wall && name == me.as_str();
    Some(if own { "your posts".to_owned() } else { channel_title(kind, name) })
}

/// Gives the name that somebody wants, with their handle: the name alone proves nothing.
pub fn named(handle: &Handle, name: Option<&str>, cells: usize) -> String {
    match name.map(CleanLine::new).filter(|name| !name.as_str().is_empty()) {
        Some(name) => truncate(&format!("{handle} ({name})"), cells),
        None => handle.to_string(),
    }
}

/// Says how somebody is there.
pub fn presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => "online",
        PresenceState::Idle => "idle",
        PresenceState::Away => "away",
        PresenceState::Dnd => "busy",
        PresenceState::Offline | PresenceState::Unknown => "offline",
    }
}

/// Says when something was: of today by its hour, of other days with the day.
pub fn moment(date: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = |moment: Timestamp| {
        jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default().to_zoned(zone.clone())
    };
    let (date, now) = (local(date), local(now));
    let form = match (date.date() == now.date(), date.year() == now.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%a %-d %b %H:%M",
        (false, false) => "%-d %b %Y",
    };
    date.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_long_as_they_must_be() {
        let now = Timestamp::from_millis(1_795_255_200_000);
        let said = |millis: i64| moment(now.plus_millis(-millis), now, &TimeZone::UTC);
        let day = 86_400_000;
        assert_eq!([said(0), said(day), said(400 * day)], ["10:00", "Fri 20 Nov 10:00", "17 Oct 2025"]);
    }
}
