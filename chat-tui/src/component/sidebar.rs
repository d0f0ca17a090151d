//! The list of channels with what waits in each.

use proto::{ChannelId, ChannelKind, NotifyLevel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::ChatScreen;
use crate::component::{put, right_rule};
use crate::core::channel::Channel;
use crate::page::PagePlace;
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
    /// A channel or conversation that the reader is in.
    Channel(ChannelId),
    /// What leads to a page.
    Page(PagePlace),
}

/// A list at least this high has the doors to pages below it.
const DOORS_FROM: u16 = 14;

/// The doors below the list: what they are called, the key, where they lead.
fn doors(state: &ChatScreen) -> [(String, &'static str, PagePlace); 3] {
    let friends = match (state.core.people.asking(), state.core.people.friends_online()) {
        (0, 0) => label!("sidebar-friends").to_owned(),
        (0, online) => say!("sidebar-friends-online", count = online),
        (asking, _) => say!("sidebar-friends-requests", count = asking),
    };
    let home = (label!("sidebar-home").to_owned(), "F2", PagePlace::Feed);
    [home, (friends, "F3", PagePlace::Friends), (label!("sidebar-settings").to_owned(), "F4", PagePlace::Settings)]
}

/// Divides the list into the channels and what stands below them.
fn parts(state: &ChatScreen, area: Rect) -> (Rect, Rect) {
    let below = if area.height >= DOORS_FROM { doors(state).len() as u16 } else { 0 };
    let above = area.height - below;
    (Rect { height: above, ..area }, Rect { y: area.y + above, height: below, ..area })
}

/// Gives what stands in a row of the screen.
pub fn spot_at(state: &ChatScreen, area: Rect, y: u16) -> Option<Spot> {
    let (area, below) = parts(state, area);
    if y >= below.y {
        return doors(state).into_iter().nth(usize::from(y - below.y)).map(|(_, _, place)| Spot::Page(place));
    }
    let entries = entries(state);
    let window = Window::of(&entries, state, usize::from(area.height));
    let row = usize::from(y - area.y);
    // What is hidden above or below is gone to: the next of it that is unread.
    let hidden = match () {
        () if row == 0 && window.above.is_some() => unread_in(&entries[..=window.first]).last(),
        () if row + 1 == window.height && window.below.is_some() => {
            unread_in(&entries[window.first + window.height - 1..]).next()
        }
        () => {
            return entries.get(window.first + row).map(|entry| match entry {
                Entry::Heading(_) => Spot::Heading,
                Entry::Channel(channel) => Spot::Channel(channel.id),
            });
        }
    };
    hidden.map(|channel| Spot::Channel(channel.id))
}

/// Gives the first row of the list after the wheel has moved it by so many.
pub fn scrolled(state: &ChatScreen, area: Rect, rows: isize) -> usize {
    let (area, _) = parts(state, area);
    let entries = entries(state);
    let window = Window::of(&entries, state, usize::from(area.height));
    window.first.saturating_add_signed(rows).min(entries.len().saturating_sub(window.height))
}

/// The part of the list that is shown, and how much is unread in what is not.
struct Window {
    first: usize,
    height: usize,
    above: Option<(u64, u64)>,
    below: Option<(u64, u64)>,
}

/// A list lower than this has no room to say what is hidden.
const SAYS_FROM: usize = 4;

impl Window {
    /// The channel that is open is always in it, unless somebody has moved the list.
    fn of(entries: &[Entry<'_>], state: &ChatScreen, height: usize) -> Self {
        let last = entries.len().saturating_sub(height);
        let is_current =
            |entry: &Entry<'_>| matches!(entry, Entry::Channel(channel) if Some(channel.id) == state.current);
        let current = entries.iter().position(is_current).unwrap_or(0);
        let mut first = state.list_first.unwrap_or_else(|| (current + 1).saturating_sub(height)).min(last);
        let says = height >= SAYS_FROM;
        // A line that says what is below stands on the last row: not on the channel that is open.
        if says && state.list_first.is_none() && current + 1 == first + height && first < last {
            first += 1;
        }
        let hidden = |entries: &[Entry<'_>]| Some(counts(entries)).filter(|(unread, _)| *unread > 0);
        let above = if says && first > 0 { hidden(&entries[..=first]) } else { None };
        let below = if says && first + height < entries.len() { hidden(&entries[first + height - 1..]) } else { None };
        Self { first, height, above, below }
    }
}

fn unread_in<'a>(entries: &'a [Entry<'a>]) -> impl DoubleEndedIterator<Item = &'a Channel> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Channel(channel) if channel.unread > 0 => Some(*channel),
        _ => None,
    })
}

/// How much is unread, and how much of it is meant for the reader.
fn counts(entries: &[Entry<'_>]) -> (u64, u64) {
    unread_in(entries).fold((0, 0), |(unread, mentions), channel| {
        let direct = if channel.kind == ChannelKind::Dm { channel.unread } else { channel.mentions };
        (unread + channel.unread, mentions + direct)
    })
}

fn hidden_row(sign: &str, (unread, mentions): (u64, u64), line: Rect, buffer: &mut Buffer, theme: &Theme) {
    let (text, style) = match mentions {
        0 => (say!("sidebar-more-unread", sign = sign, unread = unread), theme.unread),
        _ => (say!("sidebar-more-mentions", sign = sign, mentions = mentions, unread = unread), theme.mention_strong),
    };
    put(&" ".repeat(usize::from(line.width)), line.x, line.y, line.width, ratatui::style::Style::new(), buffer);
    put(&text, line.x + 1, line.y, line.width.saturating_sub(1), style, buffer);
}

/// Draws the list; the channel that is shown is always in it.
pub fn view_sidebar(state: &ChatScreen, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(area, buffer);
    right_rule(area, buffer, theme);
    let (area, below) = parts(state, area);
    let entries = entries(state);
    let window = Window::of(&entries, state, usize::from(area.height));
    for (row, entry) in entries.iter().skip(window.first).take(window.height).enumerate() {
        let line = Rect { y: area.y + row as u16, height: 1, width: area.width.saturating_sub(1), ..area };
        match (entry, window.above.filter(|_| row == 0), window.below.filter(|_| row + 1 == window.height)) {
            (_, Some(hidden), _) => hidden_row("↑", hidden, line, buffer, theme),
            (_, _, Some(hidden)) => hidden_row("↓", hidden, line, buffer, theme),
            (Entry::Heading(text), ..) => {
                buffer.set_stringn(line.x + 1, line.y, text, usize::from(line.width.saturating_sub(1)), theme.dim);
            }
            (Entry::Channel(channel), ..) => {
                let tag = is_namesake(&entries, window.first + row).then(|| state.tag(channel)).flatten();
                channel_row(channel, tag, state, line, buffer, theme);
            }
        }
    }
    for (row, (name, key, _)) in doors(state).into_iter().enumerate().take(usize::from(below.height)) {
        let y = below.y + row as u16;
        let room = below.width.saturating_sub(2);
        put(&name, below.x + 1, y, room, ratatui::style::Style::new(), buffer);
        let key_x = below.right().saturating_sub(4).max(below.x);
        // What waits is more than the key that leads to it.
        if below.x + 1 + (width(&name) as u16) < key_x {
            put(key, key_x, y, 2, theme.dim, buffer);
        }
    }
}

fn entries(state: &ChatScreen) -> Vec<Entry<'_>> {
    let sorted = state.sorted();
    let (channels, direct): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|channel| channel.kind != ChannelKind::Dm);
    let mut entries = vec![Entry::Heading(label!("sidebar-channels"))];
    entries.extend(channels.into_iter().map(Entry::Channel));
    if !direct.is_empty() {
        entries.push(Entry::Heading(""));
        entries.push(Entry::Heading(label!("sidebar-direct")));
        entries.extend(direct.into_iter().map(Entry::Channel));
    }
    entries
}

/// Tells whether another channel has the same name: they are sorted by it.
fn is_namesake(entries: &[Entry<'_>], at: usize) -> bool {
    let channel = |at: usize| match entries.get(at) {
        Some(Entry::Channel(channel)) => Some(channel),
        _ => None,
    };
    let Some(name) = channel(at).map(|channel| &channel.name) else { return false };
    [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(channel).any(|other| other.name == *name)
}

fn channel_row(
    channel: &Channel,
    tag: Option<String>,
    state: &ChatScreen,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
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
    } else if state.has_draft(channel.id) && !current {
        ("✎".to_owned(), theme.dim)
    } else {
        (String::new(), style)
    };
    let counts_cells = width(&counts) as u16;
    let room = usize::from(area.width.saturating_sub(counts_cells + 3));
    // What tells namesakes apart is seen, however long the name is.
    let tag = tag.map(|tag| format!(" {}", truncate(&tag, room / 2)));
    let name = truncate_middle(&channel.title(), room.saturating_sub(tag.as_deref().map_or(0, width)));
    let (x, _) = buffer.set_stringn(area.x + 1, area.y, &name, room, style);
    if let Some(tag) = tag {
        buffer.set_stringn(x, area.y, &tag, width(&tag), if current { style } else { theme.dim });
    }
    if counts_cells > 0 && counts_cells + 1 < area.width {
        buffer.set_stringn(area.right() - counts_cells - 1, area.y, counts, usize::from(counts_cells), counts_style);
    }
}
