//! The list of members: who is online first, who types, when the others were last seen.

use proto::{Handle, PresenceState, Role, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::{Channel, MemberState, State};
use crate::component::left_rule;
use crate::text::{truncate, width};
use crate::theme::Theme;

/// Draws the list.
pub fn view(channel: &Channel, state: &State, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(area, buffer);
    left_rule(area, buffer, theme);
    let inner = Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(2), ..area };
    if inner.height == 0 || inner.width < 4 {
        return;
    }
    let online = channel.members.values().filter(|member| member.online).count();
    let heading = format!("{online} of {} online", channel.members_total);
    buffer.set_stringn(inner.x, inner.y, heading, usize::from(inner.width), theme.dim);
    let rows = usize::from(inner.height - 1);
    for (row, (handle, member)) in sorted(channel).into_iter().take(rows).enumerate() {
        let line = Rect { y: inner.y + 1 + row as u16, height: 1, ..inner };
        member_row(handle, member, state, line, buffer, theme);
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

fn member_row(handle: &Handle, member: &MemberState, state: &State, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let (sign, sign_style) = match member.state {
        PresenceState::Online => ("●", theme.online),
        PresenceState::Dnd => ("⊖", theme.error),
        PresenceState::Idle | PresenceState::Away => ("◐", theme.dim),
        PresenceState::Offline | PresenceState::Unknown => ("○", theme.dim),
    };
    let note = match (member.typing && handle != state.me(), member.online, member.last_seen) {
        (true, ..) => "typing".to_owned(),
        (false, false, Some(seen)) => shown_moment(seen, state),
        _ => String::new(),
    };
    let note_cells = width(&note);
    buffer.set_stringn(area.x, area.y, sign, 1, sign_style);
    let crown = if member.role == Role::Owner { "*" } else { "" };
    let room = usize::from(area.width).saturating_sub(3 + if note_cells > 0 { note_cells + 1 } else { 0 });
    let name = truncate(&format!("{handle}{crown}"), room.max(4));
    let style = if member.online { ratatui::style::Style::new() } else { theme.dim };
    let (x, _) = buffer.set_stringn(area.x + 2, area.y, name, usize::from(area.width.saturating_sub(2)), style);
    let at = area.right().saturating_sub(note_cells as u16);
    if note_cells > 0 && at > x {
        buffer.set_stringn(at, area.y, note, note_cells, theme.dim);
    }
}

/// A moment of today by its hour, another by its day: short, and nothing has to be drawn anew as time goes by.
fn shown_moment(moment: Timestamp, state: &State) -> String {
    let local = |moment: Timestamp| {
        jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default().to_zoned(state.zone.clone())
    };
    let today = local(moment).date() == local(state.now).date();
    local(moment).strftime(if today { "%H:%M" } else { "%-d %b" }).to_string()
}
