//! How the chat screen is divided and drawn.
//!
//! ```text
//!  Channels         │ #tea  A quiet place                    │ 3 here, 1 away
//!  #lobby           │                                        │ ● alice
//!  #tea          @2 │ hello                                  │ ● bob  …
//!  Direct messages  │╰ bob · 09:41                hi bob     │ ○ carol
//!  @bob           3 │                       alice · 09:42    │
//!                   │ > _                                    │
//!  alice on http://127.0.0.1:7300 · online · bob is typing …
//! ```

use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::ChatScreen;
use crate::component::avatar::{Badge, Badges};
use crate::component::composer::view_composer;
use crate::component::members::view_members;
use crate::component::sidebar::view_sidebar;
use crate::component::status::view_status;
use crate::component::timeline::{Context, view_timeline};
use crate::component::{composer, timeline};
use crate::core::ConnectionState;
use crate::text::{CleanLine, truncate, width, wrap};
use crate::theme::Theme;
use crate::words;

/// From so many columns on the list of channels grows, up to this.
const WIDE_FROM: u16 = 120;
const SIDEBAR_CELLS_MAX: u16 = 40;
/// Cells of the list of channels, with its rule.
const SIDEBAR_CELLS: u16 = 23;
/// Cells of the list of members, with its rule.
const MEMBERS_CELLS: u16 = 21;
/// A screen at least this wide shows the list of channels unless told otherwise.
const SIDEBAR_FROM: u16 = 60;
/// A screen at least this wide shows the list of members unless told otherwise.
const MEMBERS_FROM: u16 = 96;
/// The messages keep at least this many cells; a list that would take them covers them instead.
const MESSAGES_MIN: u16 = 24;
/// A page keeps at least this many cells beside the list of channels.
const PAGE_MIN: u16 = 56;
/// Rows that the messages keep beside what a newcomer should know.
const BANNER_LEAVES: u16 = 4;
/// A screen at least this high has a line above the composer.
const RULE_FROM: u16 = 12;
/// Rows of the keys for a chosen message.
const HINT_ROWS_MAX: u16 = 4;
/// Rows of the composer at most.
const COMPOSER_ROWS_MAX: u16 = 8;
/// Rows of what went wrong or was done at most.
const NOTICE_ROWS_MAX: u16 = 6;
/// Rows of why one is no longer in a channel at most.
const GONE_ROWS_MAX: u16 = 3;

/// The parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panes {
    /// The list of channels.
    pub sidebar: Option<Rect>,
    /// The list of members.
    pub members: Option<Rect>,
    /// Name and topic of the channel.
    pub header: Rect,
    /// What a newcomer should know.
    pub banner: Option<Rect>,
    /// Where the messages stand.
    pub messages: Rect,
    /// Why one is no longer in the channel.
    pub gone: Option<Rect>,
    /// What went wrong or was done.
    pub notice: Option<Rect>,
    /// The line above where one writes.
    pub rule: Option<Rect>,
    /// Where one writes.
    pub composer: Rect,
    /// The line at the bottom.
    pub status: Rect,
}

/// Cells of the list of channels: a wide screen has room for longer names.
fn sidebar_cells(columns: u16) -> u16 {
    (SIDEBAR_CELLS + columns.saturating_sub(WIDE_FROM) / 4).min(SIDEBAR_CELLS_MAX)
}

impl ChatScreen {
    /// Gives what the members of the open channel are seen by who have a picture.
    pub(crate) fn badges(&self) -> Badges {
        let members = self.channel().into_iter().flat_map(|channel| &channel.members);
        let badges = members
            .filter_map(|(handle, member)| Some((handle.clone(), Badge::of(handle, member.avatar?, &self.images))));
        Rc::new(badges.collect())
    }

    /// The pane that messages are drawn in, for laying them out.
    pub fn context(&self) -> Context {
        let pane = panes(self).messages;
        let (me, zone) = (self.me().clone(), self.zone.clone());
        let online = self.core.is_online();
        let changing = self.current.map(|id| self.core.changing_in(id)).unwrap_or_default();
        let (blocked, changing) = (self.core.people.blocked(), Rc::new(changing));
        let (images, badges) = (self.images.setup(), self.badges());
        let (width, height, screen_rows) = (pane.width, pane.height, self.size.1);
        Context { width, height, me, zone, online, blocked, changing, images, screen_rows, badges }
    }
}

/// Divides the screen.
pub fn panes(state: &ChatScreen) -> Panes {
    let (columns, rows) = state.size;
    let status_rows = rows.min(1);
    let body = Rect::new(0, 0, columns, rows - status_rows);
    let status = Rect::new(0, rows - status_rows, columns, status_rows);
    let sidebar_wanted = state.sidebar.unwrap_or(columns >= SIDEBAR_FROM);
    let members_wanted = state.members.unwrap_or(columns >= MEMBERS_FROM);
    let (left, sidebar) = side(sidebar_wanted, sidebar_cells(columns), columns);
    let (right, members) = side(members_wanted, MEMBERS_CELLS, columns - left);
    let middle = Rect::new(left, body.y, columns - left - right, body.height);

    let typed = match state.view().filter(|view| view.timeline.has_chosen()) {
        // The keys for a chosen message are all to be seen.
        Some(_) if state.composer().is_empty() => {
            composer::hint_height(&state.hint(), middle.width.saturating_sub(1)).min(HINT_ROWS_MAX)
        }
        _ => composer::height(state.composer(), middle.width.saturating_sub(1)),
    };
    let composer_rows = typed.min(COMPOSER_ROWS_MAX).min(middle.height.saturating_sub(2)).max(1).min(middle.height);
    let header_rows = if middle.height > composer_rows { 1 } else { 0 };
    let rule_rows = u16::from(middle.height >= RULE_FROM);
    let room = middle.height - composer_rows - header_rows - rule_rows;
    let text_width = middle.width.saturating_sub(2);
    // The messages keep at least half of the room.
    let rows_of = |text: Option<&str>, rows_max: u16| match text {
        Some(text) if room > 1 => (wrap(text, usize::from(text_width)).len() as u16).min(rows_max).min(room / 2),
        _ => 0,
    };
    let notice_rows = rows_of(state.notice.as_ref().map(|notice| notice.text.as_str()), NOTICE_ROWS_MAX);
    let gone_rows = rows_of(gone_line(state).as_deref(), GONE_ROWS_MAX).min(room.saturating_sub(notice_rows + 1));
    let banner = state.banner.as_ref().map_or(0, |banner| wrap(banner.as_str(), usize::from(text_width)).len() as u16);
    let below = notice_rows + gone_rows;
    let banner_rows = if banner + below + BANNER_LEAVES <= room { banner } else { 0 };
    let top = header_rows + banner_rows;
    let messages = Rect::new(middle.x + 1.min(middle.width), top, text_width, room - below - banner_rows);
    let under = |y: u16, rows: u16| (rows > 0).then(|| Rect::new(middle.x, y, middle.width, rows));
    Panes {
        sidebar: sidebar.map(|cells| Rect::new(0, 0, cells, body.height)),
        members: members.map(|cells| Rect::new(columns - cells, 0, cells, body.height)),
        header: Rect::new(middle.x, 0, middle.width, header_rows),
        banner: (banner_rows > 0).then_some(Rect { y: header_rows, height: banner_rows, ..messages }),
        messages,
        gone: under(messages.bottom(), gone_rows),
        notice: under(messages.bottom() + gone_rows, notice_rows),
        rule: (rule_rows > 0).then(|| Rect::new(middle.x, middle.height - composer_rows - 1, middle.width, 1)),
        composer: Rect::new(middle.x, middle.height - composer_rows, middle.width, composer_rows),
        status,
    }
}

/// Gives the room of a page over the conversation: beside the list of channels where there is enough of it.
pub fn page_area(state: &ChatScreen) -> Rect {
    let (columns, rows) = state.size;
    let height = rows.saturating_sub(1);
    match panes(state).sidebar {
        Some(sidebar) if columns - sidebar.width >= PAGE_MIN => {
            // Its frame stands where the rule of the list stood.
            let x = sidebar.right() - 1;
            Rect::new(x, 0, columns - x, height)
        }
        _ => Rect::new(0, 0, columns, height),
    }
}

/// Gives the cells that a list takes from the messages, and its own: where there is no room beside
/// the messages it lies over them.
fn side(wanted: bool, cells: u16, columns: u16) -> (u16, Option<u16>) {
    match wanted {
        false => (0, None),
        true if columns >= cells + MESSAGES_MIN => (cells, Some(cells)),
        true => (0, Some(cells.min(columns))),
    }
}

/// Draws the screen and gives the place of the cursor.
pub fn view_chat(state: &ChatScreen, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let panes = panes(state);
    let context = state.context();
    match state.current.and_then(|id| Some((state.view()?, timeline::Pane::of(&state.core, id, &context)?))) {
        Some((view, pane)) => {
            header(state, panes.header, buffer, theme);
            view_timeline(&view.timeline, &pane, &state.images, panes.messages, buffer, theme);
        }
        None => nothing_open(state, panes.messages, buffer, theme),
    }
    let writing = Rect { x: panes.composer.x + 1, width: panes.composer.width.saturating_sub(1), ..panes.composer };
    let cursor = view_composer(state.composer(), &state.hint(), writing, buffer, theme);
    if let (Some(area), Some(banner)) = (panes.banner, &state.banner) {
        for (row, range) in wrap(banner.as_str(), usize::from(area.width)).into_iter().enumerate() {
            let line = &banner.as_str()[range];
            buffer.set_stringn(area.x, area.y + row as u16, line, usize::from(area.width), theme.online);
        }
    }
    if let Some(area) = panes.rule {
        let line = "─".repeat(usize::from(area.width));
        buffer.set_stringn(area.x, area.y, line, usize::from(area.width), theme.dim);
        let room = usize::from(area.width.saturating_sub(1));
        if let Some(words) = above_composer(state, room.saturating_sub(4)) {
            let words = format!(" {words} ");
            buffer.set_stringn(area.x + 1, area.y, words, room, theme.title);
        }
    }
    if let (Some(area), Some(line)) = (panes.gone, gone_line(state)) {
        lines(&line, area, theme.error, buffer);
    }
    if let (Some(area), Some(notice)) = (panes.notice, &state.notice) {
        lines(&notice.text, area, if notice.failed { theme.error } else { theme.dim }, buffer);
    }
    if let Some(area) = panes.sidebar {
        view_sidebar(state, area, buffer, theme);
    }
    if let (Some(area), Some(channel)) = (panes.members, state.channel()) {
        view_members(channel, state, area, buffer, theme);
    }
    view_status(state, panes.status, buffer, theme);
    cursor
}

/// Says why one is no longer in the channel that is shown, and how it goes away.
fn gone_line(state: &ChatScreen) -> Option<String> {
    let gone = state.channel()?.gone.as_ref()?;
    Some(say!("gone-line", reason = gone.as_str()))
}

/// Draws a text in the rows that there are for it; what has no room is left out, and seen to be.
fn lines(text: &str, area: Rect, style: Style, buffer: &mut Buffer) {
    let cells = usize::from(area.width.saturating_sub(2));
    let ranges = wrap(text, cells);
    let rows = usize::from(area.height);
    for (row, range) in ranges.iter().take(rows).enumerate() {
        let cut = row + 1 == rows && ranges.len() > rows;
        let line = if cut { truncate(&text[range.start..], cells) } else { text[range.clone()].trim_end().to_owned() };
        buffer.set_stringn(area.x + 1, area.y + row as u16, line, cells, style);
    }
}

/// What stands in the line above where one writes: what is written for, or who reacted to the chosen message.
fn above_composer(state: &ChatScreen, cells: usize) -> Option<String> {
    match &state.view()?.target {
        Some(target) => Some(truncate(&target.words(), cells)),
        None => state.chosen()?.reactions().map(|said| truncate(&said, cells)),
    }
}

fn below_words(below: u64) -> String {
    format!(" {} ", say!("header-below", count = below))
}

fn header(state: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let (Some(channel), Some(view)) = (state.channel(), state.view()) else { return };
    if area.height == 0 || area.width < 2 {
        return;
    }
    // What lies below is drawn over nothing else.
    let below = view.timeline.messages_below(&channel.history);
    let taken = if below > 0 { width(&below_words(below)) } else { 0 };
    let room = usize::from(area.width - 1).saturating_sub(taken);
    let title = truncate(&state.full_title(channel), room);
    buffer.set_stringn(area.x + 1, area.y, &title, room, theme.title);
    let used = width(&title) + 2;
    if used < room {
        let topic = truncate(&beside_title(channel), room - used);
        buffer.set_stringn(area.x + 1 + used as u16, area.y, topic, room - used, theme.dim);
    }
    if below > 0 {
        let more = below_words(below);
        let cells = width(&more) as u16;
        if cells < area.width {
            buffer.set_stringn(area.right() - cells, area.y, more, usize::from(cells), theme.mention_strong);
        }
    }
}

/// What stands beside the name of a channel: what it is about; of a direct conversation, how the other is there.
fn beside_title(channel: &super::Channel) -> String {
    let other = channel.members.iter().find(|(handle, _)| handle.as_str() == channel.name.as_str());
    match other.filter(|_| channel.kind == proto::ChannelKind::Dm) {
        Some((_, member)) => {
            let name = member.display_name.as_ref().map(CleanLine::as_str);
            let status = member.status.as_ref().map(CleanLine::as_str);
            let parts = [name, Some(words::presence(member.state)), status].into_iter().flatten();
            parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        }
        None => channel.topic.as_str().to_owned(),
    }
}

fn nothing_open(state: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let text = match state.core.connection {
        ConnectionState::Online => label!("screen-no-channel"),
        ConnectionState::Connecting => label!("screen-connecting"),
        ConnectionState::Waiting { .. } => label!("screen-offline"),
    };
    if area.height > 0 {
        let text = truncate(text, usize::from(area.width));
        let x = area.x + (area.width - width(&text) as u16) / 2;
        buffer.set_stringn(x, area.y + area.height / 2, text, usize::from(area.width), theme.dim);
    }
}
