//! Words that several places of the screen say in the same way.

use jiff::tz::TimeZone;
use proto::{CatchUpEntry, CatchUpKind, ChannelKind, FileInfo, Handle, Message, MessageKind, PresenceState, Timestamp};

use crate::core::attachment::{Attachment, Passed};
use crate::text::{CleanLine, truncate};

/// Says what is special about somebody's account, if anything is.
pub(crate) fn account(profile: &proto::http::Profile) -> Option<&'static str> {
    match (profile.disabled, profile.guest) {
        (true, _) => Some(label!("account-disabled")),
        (false, true) => Some(label!("account-guest")),
        (false, false) => None,
    }
}

/// Says how much something is: `482 KiB`, with one digit behind the point where there is one before it.
pub(crate) fn size(bytes: u64) -> String {
    let (mut amount, mut units) = (bytes as f64, ["B", "KiB", "MiB", "GiB", "TiB"].into_iter());
    let mut unit = units.next().unwrap_or_default();
    while amount >= 1_000.0
        && let Some(larger) = units.next()
    {
        (amount, unit) = (amount / 1_024.0, larger);
    }
    if amount >= 9.95 || unit == "B" { format!("{amount:.0} {unit}") } else { format!("{amount:.1} {unit}") }
}

/// Says who did what to the reader, and where: `bob replied to you in #tea`.
pub fn activity(entry: &CatchUpEntry, me: &Handle) -> String {
    let handle = entry.by.as_str();
    let own_post = entry.channel_kind == Some(ChannelKind::Wall)
        && entry.name.as_ref().is_some_and(|of| of.as_str() == me.as_str());
    match (entry.kind, place(entry, me), &entry.emoji) {
        (CatchUpKind::Mention, Some(place), _) => say!("activity-mention-in", handle = handle, place = place),
        (CatchUpKind::Mention, None, _) => say!("activity-mention", handle = handle),
        (CatchUpKind::Reply, Some(_), _) if own_post => say!("activity-reply-post", handle = handle),
        (CatchUpKind::Reply, Some(place), _) => say!("activity-reply-in", handle = handle, place = place),
        (CatchUpKind::Reply, None, _) => say!("activity-reply", handle = handle),
        (CatchUpKind::Reaction, place, Some(emoji)) => {
            let emoji = emoji.as_str();
            match place {
                Some(_) if own_post => say!("activity-reaction-post", handle = handle, emoji = emoji),
                Some(place) => say!("activity-reaction-in", handle = handle, emoji = emoji, place = place),
                None => say!("activity-reaction", handle = handle, emoji = emoji),
            }
        }
        (CatchUpKind::Invite, Some(channel), _) if entry.waiting => {
            if entry.channel_kind == Some(ChannelKind::Private) {
                say!("activity-invitation-private", handle = handle, channel = channel)
            } else {
                say!("activity-invitation", handle = handle, channel = channel)
            }
        }
        (CatchUpKind::Invite, Some(place), _) => say!("activity-added", handle = handle, place = place),
        (CatchUpKind::Friend, ..) => say!("activity-friend", handle = handle),
        (CatchUpKind::Reaction, _, None) | (CatchUpKind::Invite, None, _) | (CatchUpKind::Unknown, ..) => {
            say!("activity-unknown", handle = handle)
        }
    }
}

/// Tells of an invitation that waits for an answer, and how it is given.
pub(crate) fn invited(entry: &CatchUpEntry) -> String {
    let place = entry.name.as_ref().zip(entry.channel_kind);
    let channel = place.map(|(name, kind)| channel_title(kind, name.as_str())).unwrap_or_default();
    say!("notice-invited", handle = entry.by.as_str(), channel = CleanLine::new(&channel).as_str())
}

/// Gives what a message says, by itself: of what somebody did, or what is told of them, also who.
pub fn said(message: &Message) -> String {
    let words = match message.kind {
        MessageKind::Action | MessageKind::System => format!("* {} {}", message.handle, message.content),
        _ => message.content.clone(),
    };
    let files = message.files.iter().map(file);
    [words].into_iter().filter(|words| !words.is_empty()).chain(files).collect::<Vec<_>>().join(" ")
}

/// Gives a file as it stands in a message: what it is called, and how large it is.
pub(crate) fn file(file: &FileInfo) -> String {
    say!("timeline-file", name = CleanLine::new(file.name.as_str()).as_str(), size = size(file.size))
}

/// Gives a file that goes with a message on its way, and how far it is.
pub(crate) fn attachment(attachment: &Attachment) -> String {
    if let Some(info) = &attachment.file {
        return file(info);
    }
    let name = attachment.source.path.file_name().unwrap_or(attachment.source.path.as_os_str()).to_string_lossy();
    let name = CleanLine::new(&name);
    match attachment.passed.filter(|passed| passed.total > 0) {
        Some(passed) => {
            let (percent, total) = (percent(passed), size(passed.total));
            let text = say!("timeline-file-passing", name = name.as_str(), percent = percent, total = total);
            with_rate(text, passed)
        }
        None => say!("timeline-file-waiting", name = name.as_str()),
    }
}

/// Adds how fast a file is, where that is known.
pub(crate) fn with_rate(text: String, passed: Passed) -> String {
    if passed.rate == 0 { text } else { format!("{text} · {}/s", size(passed.rate)) }
}

/// How much of a file has gone on its way, in hundredths.
pub(crate) fn percent(passed: Passed) -> u64 {
    passed.done.saturating_mul(100).checked_div(passed.total).unwrap_or(0).min(100)
}

/// Gives the name of a channel as people write it.
pub fn channel_title(kind: ChannelKind, name: &str) -> String {
    match kind {
        ChannelKind::Dm => format!("@{name}"),
        ChannelKind::Wall => say!("place-posts", handle = name),
        _ => format!("#{name}"),
    }
}

/// Gives where something happened to somebody, within a sentence, if it was in a channel.
fn place(entry: &CatchUpEntry, me: &Handle) -> Option<String> {
    let (kind, name) = (entry.channel_kind?, entry.name.as_ref()?.as_str());
    Some(match kind {
        ChannelKind::Wall if name == me.as_str() => label!("place-my-posts").to_owned(),
        ChannelKind::Dm => label!("place-direct").to_owned(),
        _ => channel_title(kind, name),
    })
}

/// Gives the name that somebody wants, with their handle: the name alone proves nothing.
pub fn named(handle: &Handle, name: Option<&str>, cells: usize) -> String {
    match name.map(CleanLine::new).filter(|name| !name.as_str().is_empty()) {
        Some(name) => truncate(&format!("{handle} ({name})"), cells),
        None => handle.to_string(),
    }
}

/// Says how somebody is there, within a line.
pub fn presence(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => label!("presence-note-online"),
        PresenceState::Idle => label!("presence-note-idle"),
        PresenceState::Away => label!("presence-note-away"),
        PresenceState::Dnd => label!("presence-note-busy"),
        PresenceState::Offline | PresenceState::Unknown => label!("presence-note-offline"),
    }
}

/// The same at the beginning of a line.
pub(crate) fn presence_first(state: PresenceState) -> &'static str {
    match state {
        PresenceState::Online => label!("presence-online"),
        PresenceState::Idle => label!("presence-idle"),
        PresenceState::Away => label!("presence-away"),
        PresenceState::Dnd => label!("presence-busy"),
        PresenceState::Offline | PresenceState::Unknown => label!("presence-offline"),
    }
}

/// Says when something was: of today by its hour, of other days with the day.
pub fn moment(date: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = |moment: Timestamp| {
        jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default().to_zoned(zone.clone())
    };
    let (date, now) = (local(date), local(now));
    let form = match (date.date() == now.date(), date.year() == now.year()) {
        (true, _) => label!("date-today"),
        (false, true) => label!("date-this-year"),
        (false, false) => label!("date-other-year"),
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

    #[test]
    fn sizes_are_short() {
        for (bytes, said) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 KiB"),
            (482_113, "471 KiB"),
            (1_200_000, "1.1 MiB"),
            (104_857_600, "100 MiB"),
            (u64::MAX, "16777216 TiB"),
        ] {
            assert_eq!(size(bytes), said);
        }
    }
}
