//! Keys and commands, drawn from the tables that the program itself reads.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::catalogue::Key;
use crate::chat::command;
use crate::component::popup::keys::{PopupKey, action_of, also};
use crate::component::popup::{Popup, PopupOutcome};
use crate::component::{frame_area, framed, inside_frame};
use crate::keymap::BINDINGS;
use crate::keymap::editing::EDIT_BINDINGS;
use crate::keymap::message::MESSAGE_BINDINGS;
use crate::page::PAGES;
use crate::page::keys::{ON_PAGES, PageKey};
use crate::text::{width, wrap};
use crate::theme::Theme;

/// Cells of the frame at most.
const WIDTH_MAX: u16 = 100;
/// Cells of the left column.
const LEFT: usize = 34;
/// With at least so many cells the help stands beside the keys.
const BESIDE_FROM: usize = 64;

/// Lines that a page key scrolls.
const PAGE_LINES: usize = 10;

/// What a key does here.
#[derive(Debug, Clone, Copy)]
enum Scroll {
    Up(usize),
    Down(usize),
    Begin,
    End,
}

/// Any other key closes the page. It has no line of hints: every line is needed for what it explains.
const KEYS: [PopupKey<Scroll>; 9] = [
    also(KeyCode::Up, Scroll::Up(1)),
    also(KeyCode::Char('k'), Scroll::Up(1)),
    also(KeyCode::Down, Scroll::Down(1)),
    also(KeyCode::Char('j'), Scroll::Down(1)),
    also(KeyCode::PageUp, Scroll::Up(PAGE_LINES)),
    also(KeyCode::PageDown, Scroll::Down(PAGE_LINES)),
    also(KeyCode::Char(' '), Scroll::Down(PAGE_LINES)),
    also(KeyCode::Home, Scroll::Begin),
    also(KeyCode::End, Scroll::End),
];

/// How far it is scrolled, and over which page it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelpPopup {
    first: usize,
    /// The screen: it says how many lines there are, and how many are seen at once.
    screen: Rect,
    page: Option<(String, &'static [PageKey])>,
}

impl HelpPopup {
    /// The help of a page: what its keys do comes first.
    pub fn of_page(title: String, keys: &'static [PageKey]) -> Self {
        Self { page: Some((title, keys)), ..Self::default() }
    }
}

impl Popup for HelpPopup {
    fn resized(&mut self, screen: Rect) {
        self.screen = screen;
    }

    /// Any key that does not scroll closes the page.
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        // From where it is scrolled to the end one goes up at once.
        self.first = self.first.min(end(lines(self, self.screen).len(), self.screen));
        let Some(scroll) = action_of(&KEYS, key) else { return PopupOutcome::Close };
        self.first = match scroll {
            Scroll::Up(lines) => self.first.saturating_sub(lines),
            Scroll::Down(lines) => self.first.saturating_add(lines),
            Scroll::Begin => 0,
            Scroll::End => usize::MAX,
        };
        PopupOutcome::Stay
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        view(self, screen, buffer, theme);
        None
    }
}

/// A heading, or what stands left and right.
enum Entry {
    Title(String),
    Words(String, &'static str),
}

fn entries(state: &HelpPopup) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Some((title, keys)) = &state.page {
        section(&mut entries, title, page_rows(keys));
    }
    let keys = BINDINGS.iter().filter_map(|binding| binding.help);
    section(&mut entries, label!("help-title-keys"), keys.map(named));
    let editing = EDIT_BINDINGS.iter().filter_map(|binding| binding.help);
    section(&mut entries, label!("help-title-writing"), editing.map(named));
    let on_message = MESSAGE_BINDINGS.iter().filter_map(|binding| binding.help);
    section(&mut entries, label!("help-title-message"), on_message.map(named));
    section(&mut entries, label!("help-title-pages"), ON_PAGES.iter().copied().map(named));
    let commands = command::all().map(|command| (command.usage(), command.help()));
    section(&mut entries, label!("help-title-commands"), commands);
    for (name, keys) in PAGES {
        section(&mut entries, &say!("help-title-page", page = name.label()), page_rows(keys));
    }
    entries
}

fn named((shown, help): (&'static str, Key)) -> (String, &'static str) {
    (shown.to_owned(), help.label())
}

fn page_rows(keys: &'static [PageKey]) -> impl Iterator<Item = (String, &'static str)> {
    keys.iter().filter_map(|key| Some((key.shown.to_owned(), key.help()?)))
}

fn section(entries: &mut Vec<Entry>, title: &str, rows: impl Iterator<Item = (String, &'static str)>) {
    if !entries.is_empty() {
        entries.push(Entry::Title(String::new()));
    }
    entries.push(Entry::Title(title.to_owned()));
    entries.extend(rows.map(|(left, right)| Entry::Words(format!("  {left}"), right)));
}

/// A line of the page: what stands on the left, and what on the right.
type Line = (String, String, bool);

/// Breaks the rows for the screen: the help stands beside the keys, or below them where there is no room.
fn lines(state: &HelpPopup, screen: Rect) -> Vec<Line> {
    let cells = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4));
    let beside = cells >= BESIDE_FROM;
    let (room, indent) = if beside { (cells - LEFT, "") } else { (cells.saturating_sub(4), "    ") };
    let mut lines = Vec::new();
    for entry in entries(state) {
        let (left, right) = match entry {
            Entry::Title(title) => {
                lines.push((title, String::new(), true));
                continue;
            }
            Entry::Words(left, right) => (left, right),
        };
        let mut help = wrap(right, room.max(2)).into_iter().map(|range| right[range].to_owned());
        let below = !beside || width(&left) >= LEFT;
        let first = if below { String::new() } else { help.next().unwrap_or_default() };
        lines.push((left, first, false));
        lines.extend(help.map(|line| {
            if beside { (String::new(), line, false) } else { (format!("{indent}{line}"), String::new(), false) }
        }));
    }
    lines
}

/// Gives the first of so many lines that is shown when the page is scrolled to its end.
fn end(lines: usize, screen: Rect) -> usize {
    let inner = inside_frame(frame_area(WIDTH_MAX, lines as u16, screen));
    lines.saturating_sub(usize::from(inner.height))
}

/// Draws the page.
fn view(state: &HelpPopup, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let lines = lines(state, screen);
    let inner = framed(label!("help-title"), WIDTH_MAX, lines.len() as u16, screen, buffer, theme);
    let height = usize::from(inner.height);
    let first = state.first.min(end(lines.len(), screen));
    for (y, (left, right, is_title)) in (inner.y..).zip(lines.iter().skip(first).take(height)) {
        let style = match (is_title, left.starts_with("    ")) {
            (true, _) => theme.title,
            (_, true) => theme.dim,
            _ => ratatui::style::Style::new(),
        };
        buffer.set_stringn(inner.x, y, left, usize::from(inner.width), style);
        if !right.is_empty() {
            buffer.set_stringn(
                inner.x + LEFT as u16,
                y,
                right,
                usize::from(inner.width).saturating_sub(LEFT),
                theme.dim,
            );
        }
    }
}
