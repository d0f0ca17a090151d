//! The list of channels with what waits in each.

use proto::{ChannelId, ChannelKind, NotifyLevel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::{Channel, State};
use crate::component::{put, right_rule};
use crate::page::Place;
use crate::text::{truncate, truncate_middle, width};
use crate::theme::Theme;

/// Counts beyond this are shown as `99+`.
const COUNT_SHOWN_MAX: u64 = 99;

enum Entry<'a> {
    Heading(&'static str),
    Channel(&'a Channel),
}

/// What stands at a place of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// The words above a part of it.
    Heading,
    /// A channel.
    Channel(ChannelId),
    /// What leads to a page.
    Page(Place),
}

/// A list at least this high has the doors to pages below it.
const DOORS_FROM: u16 = 14;

/// The doors below the list: what they are called, the key, where they lead.
fn doors(state: &State) -> [(String, &'static str, Place); 3] {
    let friends = match (state.people.asking(), state.people.friends_online()) {
        (0, 0) => "Friends".to_owned(),
        (0, online) => format!("Friends · {online} there"),
        (asking, _) => format!("Friends · {asking} asks"),
    };
    let home = ("Home".to_owned(), "F2", Place::Feed);
    [home, (friends, "F3", Place::Friends), ("Settings".to_owned(), "F4", Place::Settings)]
}

/// Divides the list into the channels and what stands below them.
fn parts(state: &State, area: Rect) -> (Rect, Rect) {
    let below = if area.height >= DOORS_FROM { doors(state).len() as u16 } else { 0 };
    let above = area.height - below;
    (Rect { height: above, ..area }, Rect { y: area.y + above, height: below, ..area })
}

/// Gives what stands in a row of the screen.
pub fn at(state: &State, area: Rect, y: u16) -> Option<Spot> {
    let (area, below) = parts(state, area);
    if y >= below.y {
        return doors(state).into_iter().nth(usize::from(y - below.y)).map(|(_, _, place)| Spot::Page(place));
    }
    let entries = entries(state);
    let first = first_row(&entries, state, usize::from(area.height));
    entries.get(first + usize::from(y - area.y)).map(|entry| match entry {
        Entry::Heading(_) => Spot::Heading,
        Entry::Channel(channel) => Spot::Channel(channel.id),
    })
}

/// The first entry that is shown: the channel that is open is always among them.
fn first_row(entries: &[Entry<'_>], state: &State, height: usize) -> usize {
    let current =
        entries.iter().position(|entry| matches!(entry, Entry::Channel(channel) if Some(channel.id) == state.current));
    current.map_or(0, |current| (current + 1).saturating_sub(height))
}

/// Draws the list; the channel that is shown is always in it.
pub fn view(state: &State, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(area, buffer);
    right_rule(area, buffer, theme);
    let (area, below) = parts(state, area);
    let entries = entries(state);
    let height = usize::from(area.height);
    let first = first_row(&entries, state, height);
    for (row, entry) in entries.iter().skip(first).take(height).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, width: area.width.saturating_sub(1), ..area };
        match entry {
            Entry::Heading(text) => {
                buffer.set_stringn(line.x + 1, line.y, text, usize::from(line.width.saturating_sub(1)), theme.dim);
            }
            Entry::Channel(channel) => channel_row(channel, state, line, buffer, theme),
        }
    }
    for (row, (name, key, _)) in doors(state).into_iter().enumerate().take(usize::from(below.height)) {
        let y = below.y + row as u16;
        let room = below.width.saturating_sub(2);
        put(&name, below.x + 1, y, room, ratatui::style::Style::new(), buffer);
        put(key, (below.right().saturating_sub(4)).max(below.x), y, 2, theme.dim, buffer);
    }
}

fn entries(state: &State) -> Vec<Entry<'_>> {
    let sorted = state.sorted();
    let (channels, direct): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|channel| channel.kind != ChannelKind::Dm);
    let mut entries = vec![Entry::Heading("Channels")];
    entries.extend(channels.into_iter().map(Entry::Channel));
    if !direct.is_empty() {
        entries.push(Entry::Heading(""));
        entries.push(Entry::Heading("Direct messages"));
        entries.extend(direct.into_iter().map(Entry::Channel));
    }
    entries
}

fn channel_row(channel: &Channel, state: &State, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let current = Some(channel.id) == state.current;
    let loud = channel.mentions > 0
        || channel.level == NotifyLevel::All && channel.quiet_until.is_none_or(|until| until <= state.now);
    let style = match (current, channel.unread > 0 && loud) {
        (true, _) => theme.selected,
        _ if channel.gone.is_some() => theme.dim,
        (false, true) => theme.unread,
        (false, false) => ratatui::style::Style::new(),
    };
    buffer.set_style(area, style);
    let count = |number: u64| if number > COUNT_SHOWN_MAX { format!("{COUNT_SHOWN_MAX}+") } else { number.to_string() };
    let (counts, counts_style) = if channel.gone.is_some() {
        ("✗".to_owned(), if current { style } else { theme.error })
    } else if channel.mentions > 0 && channel.unread > channel.mentions && channel.kind != ChannelKind::Dm {
        (format!("@{} {}", count(channel.mentions), count(channel.unread)), theme.mention_strong)
    } else if channel.mentions > 0 {
        (format!("@{}", count(channel.mentions)), theme.mention_strong)
    } else if channel.unread > 0 && channel.kind == ChannelKind::Dm {
        (count(channel.unread), theme.mention_strong)
    } else if channel.unread > 0 {
        (count(channel.unread), style)
    } else if !channel.composer.is_empty() && !current {
        ("✎".to_owned(), theme.dim)
    } else {
        (String::new(), style)
    };
    let counts_cells = width(&counts) as u16;
    let room = usize::from(area.width.saturating_sub(counts_cells + 3));
    // What tells namesakes apart is seen, however long the name is.
    let tag = state.tag(channel).map(|tag| format!(" {}", truncate(&tag, room / 2)));
    let name = truncate_middle(&channel.title(), room.saturating_sub(tag.as_deref().map_or(0, width)));
    let (x, _) = buffer.set_stringn(area.x + 1, area.y, &name, room, style);
    if let Some(tag) = tag {
        buffer.set_stringn(x, area.y, &tag, width(&tag), if current { style } else { theme.dim });
    }
    if counts_cells > 0 && counts_cells + 1 < area.width {
        buffer.set_stringn(area.right() - counts_cells - 1, area.y, counts, usize::from(counts_cells), counts_style);
    }
}
