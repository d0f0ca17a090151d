//! The list of members: who is online first, who types, when the others were last seen.

use proto::{Handle, PresenceState, Role, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::ChatScreen;
use crate::component::avatar::{AVATAR_CELLS, Badge, person_style};
use crate::component::left_rule;
use crate::core::ConnectionState;
use crate::core::channel::{Channel, MemberState};
use crate::text::{CleanLine, truncate, width};
use crate::theme::Theme;

/// Cells of the sign, the crown and the gaps around a name.
const NAME_MARGIN: usize = 4;

/// Draws the list.
pub fn view_members(channel: &Channel, state: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(area, buffer);
    left_rule(area, buffer, theme);
    let inner = Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(2), ..area };
    if inner.height == 0 || inner.width < 4 {
        return;
    }
    if channel.gone.is_some() {
        buffer.set_stringn(inner.x, inner.y, label!("members-gone"), usize::from(inner.width), theme.dim);
        return;
    }
    let online = channel.members.values().filter(|member| member.online).count();
    let heading = if state.core.connection != ConnectionState::Online {
        label!("members-offline").to_owned()
    } else if channel.members.len() as u64 >= channel.members_total {
        say!("members-online", online = online, total = channel.members_total)
    } else {
        // Of a large channel the server tells who some are, not how many are online.
        say!("members-count", count = channel.members_total)
    };
    buffer.set_stringn(inner.x, inner.y, heading, usize::from(inner.width), theme.dim);
    let line = |row: usize| Rect { y: inner.y + 1 + row as u16, height: 1, ..inner };
    let lines = lines(channel, usize::from(inner.height - 1));
    for (row, (handle, member, part)) in lines.iter().enumerate() {
        match (part, &member.status) {
            (Part::Status, Some(status)) => {
                let area = line(row);
                super::put(status.as_str(), area.x + 2, area.y, area.width.saturating_sub(2), theme.dim, buffer);
            }
            _ => member_row(handle, member, state, line(row), buffer, theme),
        }
    }
    let shown = lines.iter().filter(|(_, _, part)| *part == Part::Name).count();
    let hidden = channel.members_total.saturating_sub(shown as u64);
    if hidden > 0 && inner.height > 1 {
        let area = line(lines.len());
        let more = truncate(&say!("members-more", count = hidden), usize::from(area.width));
        buffer.set_stringn(area.x, area.y, more, usize::from(area.width), theme.dim);
    }
}

/// What a line says of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Name,
    Status,
}

/// Gives the lines of the members that there is room for. One stays free for how many there are more of, where there is
/// no room for all or the server does not tell of all.
fn lines(channel: &Channel, rows: usize) -> Vec<(&Handle, &MemberState, Part)> {
    let of = |(handle, member)| {
        let status = member_status(member).map(|_| (handle, member, Part::Status));
        std::iter::once((handle, member, Part::Name)).chain(status)
    };
    let mut lines = sorted(channel).into_iter().flat_map(of).collect::<Vec<_>>();
    if lines.len() > rows || (channel.members.len() as u64) < channel.members_total {
        lines.truncate(rows.saturating_sub(1));
    }
    lines
}

/// What somebody does just now, if they are there to do it.
fn member_status(member: &MemberState) -> Option<&CleanLine> {
    member.status.as_ref().filter(|status| member.online && !status.as_str().is_empty())
}

/// Gives the member in a row of the screen.
pub fn member_at(channel: &Channel, area: Rect, y: u16) -> Option<Handle> {
    let row = usize::from(y.checked_sub(area.y + 1)?);
    lines(channel, usize::from(area.height.saturating_sub(1))).get(row).map(|(handle, ..)| (*handle).clone())
}

/// What stands behind a name: that somebody types, since when they are not quite there, when they were last seen.
fn note(handle: &Handle, member: &MemberState, state: &ChatScreen, room: usize) -> String {
    let since = || member.since.map(|since| shown_moment(since, state));
    let (word, long) = match member.state {
        _ if member.disabled => return label!("presence-note-disabled").to_owned(),
        _ if member.typing && handle != state.me() => return label!("presence-note-typing").to_owned(),
        PresenceState::Idle => {
            (label!("presence-note-idle"), since().map(|time| say!("presence-note-idle-since", time = time)))
        }
        PresenceState::Away => {
            (label!("presence-note-away"), since().map(|time| say!("presence-note-away-since", time = time)))
        }
        PresenceState::Dnd => {
            (label!("presence-note-busy"), since().map(|time| say!("presence-note-busy-since", time = time)))
        }
        PresenceState::Offline => return member.last_seen.map_or_else(String::new, |seen| shown_moment(seen, state)),
        PresenceState::Online | PresenceState::Unknown => return String::new(),
    };
    // The name comes first where there is no room for both.
    long.filter(|long| width(handle.as_str()) + width(long) + NAME_MARGIN <= room).unwrap_or_else(|| word.to_owned())
}

/// Gives the sign of how somebody is there.
pub fn sign(member: &MemberState, theme: &Theme) -> (&'static str, ratatui::style::Style) {
    sign_of(member.state, theme)
}

/// The same, of nobody in particular.
pub fn sign_of(state: PresenceState, theme: &Theme) -> (&'static str, ratatui::style::Style) {
    match state {
        PresenceState::Online => ("●", theme.online),
        PresenceState::Dnd => ("⊖", theme.error),
        PresenceState::Idle | PresenceState::Away => ("◐", theme.dim),
        PresenceState::Offline | PresenceState::Unknown => ("○", theme.dim),
    }
}

fn sorted(channel: &Channel) -> Vec<(&Handle, &MemberState)> {
    let mut members = channel.members.iter().collect::<Vec<_>>();
    members.sort_by_key(|(handle, member)| (rank(member), (*handle).clone()));
    members
}

fn rank(member: &MemberState) -> u8 {
    match member.state {
        PresenceState::Online => 0,
        PresenceState::Dnd => 1,
        PresenceState::Idle => 2,
        PresenceState::Away => 3,
        PresenceState::Offline | PresenceState::Unknown => 4,
    }
}

fn member_row(
    handle: &Handle,
    member: &MemberState,
    state: &ChatScreen,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let is_known = state.core.connection == ConnectionState::Online;
    let (sign, sign_style) = if is_known { sign(member, theme) } else { sign_of(PresenceState::Unknown, theme) };
    let note = if is_known { note(handle, member, state, usize::from(area.width)) } else { String::new() };
    let note_cells = width(&note);
    buffer.set_stringn(area.x, area.y, sign, 1, sign_style);
    let crown = match member.role {
        Role::Owner => "*",
        Role::Moderator => "+",
        Role::Member | Role::Unknown => "",
    };
    let mut room = usize::from(area.width).saturating_sub(3 + if note_cells > 0 { note_cells + 1 } else { 0 });
    let badge = member.avatar.map(|avatar| Badge::of(handle, avatar, &state.images));
    let mut x = area.x + 2;
    if let Some(badge) = badge.filter(|_| room > NAME_MARGIN + AVATAR_CELLS) {
        (x, _) = buffer.set_stringn(x, area.y, &badge.text, AVATAR_CELLS, person_style(badge.color, theme));
        (x, room) = (x + 1, room - AVATAR_CELLS - 1);
    }
    let name = truncate(&format!("{handle}{crown}"), room.max(4));
    let style = if member.online && is_known { ratatui::style::Style::new() } else { theme.dim };
    let (x, _) = buffer.set_stringn(x, area.y, name, usize::from(area.right().saturating_sub(x)), style);
    let at = area.right().saturating_sub(note_cells as u16);
    if note_cells > 0 && at > x {
        buffer.set_stringn(at, area.y, note, note_cells, theme.dim);
    }
}

/// A moment of today by its hour, another by its day: short, and nothing has to be drawn anew as time goes by.
fn shown_moment(moment: Timestamp, state: &ChatScreen) -> String {
    let local = |moment: Timestamp| {
        jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default().to_zoned(state.zone.clone())
    };
    let today = local(moment).date() == local(state.now).date();
    local(moment).strftime(if today { "%H:%M" } else { "%-d %b" }).to_string()
}
