//! The box that messages are written in: readline keys, several lines, what was sent before.
//!
//! ```text
//! > this is a line that wraps when it
//!   grows beyond the box, and a second▏
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::text::{cluster_width, width};
use crate::theme::Theme;

/// Sent lines that are remembered.
const SENT_MAX: usize = 100;
/// Bytes that the box takes; far above the largest message.
const BYTES_MAX: usize = 65_536;
const PROMPT: &str = "> ";
const PROMPT_CELLS: u16 = 2;

/// What is being written, where the cursor stands, and what was sent before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    text: String,
    /// In bytes, always between two clusters.
    cursor: usize,
    killed: String,
    sent: Vec<String>,
    /// Which of `sent` is shown, counted from the newest, and what stood there before.
    recalled: Option<(usize, String)>,
}

impl State {
    /// Gives what is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Gives the byte place of the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Gives what was cut out last.
    pub fn killed(&self) -> &str {
        &self.killed
    }

    /// Takes over what was cut out elsewhere, to be put back here.
    pub fn set_killed(&mut self, killed: String) {
        self.killed = killed;
    }

    /// Takes out what is written and remembers it.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.recalled = None;
        self.remember(&text);
        text
    }

    /// Remembers a text as sent, so that it can be had back.
    pub fn remember(&mut self, text: &str) {
        if self.sent.last().is_none_or(|last| last != text) {
            self.sent.push(text.to_owned());
            let surplus = self.sent.len().saturating_sub(SENT_MAX);
            self.sent.drain(..surplus);
        }
    }

    /// Goes on with what was being written in another box.
    pub fn go_on(&mut self, other: Self) {
        other.sent.iter().for_each(|text| self.remember(text));
        (self.text, self.cursor) = (other.text, other.cursor);
        self.recalled = None;
    }

    /// Empties the box; what stood there is had back as what was sent is.
    pub fn put_by(&mut self) {
        if !self.is_empty() {
            self.take();
        }
    }

    /// Empties the box.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
        self.recalled = None;
    }

    /// Replaces a part of the text and puts the cursor behind it.
    pub fn replace(&mut self, range: std::ops::Range<usize>, with: &str) {
        self.text.replace_range(range.clone(), with);
        self.cursor = range.start + with.len();
    }

    /// Inserts a text at the cursor, as typed or pasted; other line ends become ours. False when it is
    /// more than the box takes: nothing is inserted then.
    pub fn insert(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
        let fits = self.text.len() + text.len() <= BYTES_MAX;
        if fits {
            self.text.insert_str(self.cursor, &text);
            self.cursor += text.len();
        }
        fits
    }

    /// Edits by a key; false when the key is no editing key.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match (key.code, ctrl, alt) {
            (KeyCode::Char('a'), true, false) | (KeyCode::Home, ..) => self.cursor = self.line_start(),
            (KeyCode::Char('e'), true, false) | (KeyCode::End, ..) => self.cursor = self.line_end(),
            (KeyCode::Char('b'), true, false) | (KeyCode::Left, false, false) => self.cursor = self.left(),
            (KeyCode::Char('f'), true, false) | (KeyCode::Right, false, false) => self.cursor = self.right(),
            (KeyCode::Char('b'), false, true) | (KeyCode::Left, ..) => self.cursor = self.word_left(),
            (KeyCode::Char('f'), false, true) | (KeyCode::Right, ..) => self.cursor = self.word_right(),
            (KeyCode::Char('w'), true, false) | (KeyCode::Backspace, false, true) => {
                self.kill(self.word_left(), self.cursor)
            }
            (KeyCode::Char('d'), false, true) => self.kill(self.cursor, self.word_right()),
            (KeyCode::Char('u'), true, false) => self.kill(self.line_start(), self.cursor),
            (KeyCode::Char('k'), true, false) => self.kill(self.cursor, self.line_end()),
            (KeyCode::Char('y'), true, false) => {
                self.insert(&self.killed.clone());
            }
            (KeyCode::Char('h'), true, false) | (KeyCode::Backspace, ..) => self.delete(self.left(), self.cursor),
            (KeyCode::Char('d'), true, false) | (KeyCode::Delete, ..) => self.delete(self.cursor, self.right()),
            (KeyCode::Up, true, false) => self.recall_before(),
            (KeyCode::Down, true, false) => self.recall_after(),
            (KeyCode::Up, ..) => self.up(),
            (KeyCode::Down, ..) => self.down(),
            (KeyCode::Char(c), false, false) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            _ => return false,
        }
        true
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn kill(&mut self, from: usize, to: usize) {
        if from < to {
            self.killed = self.text[from..to].to_owned();
            self.delete(from, to);
        }
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn left(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |cluster| self.cursor + cluster.len())
    }

    fn word_left(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))
    }

    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let word = rest.len() - rest.trim_start().len();
        self.cursor + rest[word..].find(char::is_whitespace).map_or(rest.len(), |at| word + at)
    }

    /// Goes a line up, and from the first line to what was sent before.
    fn up(&mut self) {
        let start = self.line_start();
        if start > 0 {
            let column = width(&self.text[start..self.cursor]);
            let above = self.text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
            self.cursor = above + byte_at(&self.text[above..start - 1], column);
            return;
        }
        self.recall_before();
    }

    /// Shows what was sent before.
    fn recall_before(&mut self) {
        let next = self.recalled.as_ref().map_or(0, |(back, _)| back + 1);
        if next < self.sent.len() {
            let written = self.recalled.take().map_or_else(|| self.text.clone(), |(_, written)| written);
            self.text = self.sent[self.sent.len() - 1 - next].clone();
            self.cursor = self.text.len();
            self.recalled = Some((next, written));
        }
    }

    fn down(&mut self) {
        let end = self.line_end();
        if end < self.text.len() {
            let column = width(&self.text[self.line_start()..self.cursor]);
            let below = end + 1;
            let below_end = self.text[below..].find('\n').map_or(self.text.len(), |at| below + at);
            self.cursor = below + byte_at(&self.text[below..below_end], column);
            return;
        }
        self.recall_after();
    }

    /// Shows what was sent after what is shown, and at last what was being written.
    fn recall_after(&mut self) {
        match self.recalled.take() {
            Some((0, written)) => {
                self.text = written;
                self.cursor = self.text.len();
            }
            Some((back, written)) => {
                self.text = self.sent[self.sent.len() - back].clone();
                self.cursor = self.text.len();
                self.recalled = Some((back - 1, written));
            }
            None => {}
        }
    }
}

/// Gives the byte place of a column in a line.
fn byte_at(line: &str, column: usize) -> usize {
    let mut used = 0;
    for (at, cluster) in line.grapheme_indices(true) {
        if used >= column {
            return at;
        }
        used += cluster_width(cluster);
    }
    line.len()
}

/// A text as the box shows it: rows of clusters, and where the cursor stands among them.
struct Rows<'a> {
    rows: Vec<Vec<&'a str>>,
    cursor: (usize, usize),
}

fn rows(state: &State, cells: usize) -> Rows<'_> {
    let cells = cells.max(2);
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    let mut cursor = (0, 0);
    for (at, cluster) in state.text.grapheme_indices(true) {
        let wide = if cluster == "\t" { 1 } else { cluster_width(cluster) };
        if cluster != "\n" && used + wide > cells {
            rows.push(Vec::new());
            used = 0;
        }
        if at == state.cursor {
            cursor = (rows.len() - 1, used);
        }
        if cluster == "\n" {
            rows.push(Vec::new());
            used = 0;
        } else {
            rows.last_mut().expect("there is a first row").push(if cluster == "\t" { " " } else { cluster });
            used += wide;
        }
    }
    if state.cursor == state.text.len() {
        if used >= cells {
            rows.push(Vec::new());
            used = 0;
        }
        cursor = (rows.len() - 1, used);
    }
    Rows { rows, cursor }
}

/// Gives the rows that the box needs in a given width.
pub fn height(state: &State, cells: u16) -> u16 {
    u16::try_from(rows(state, usize::from(cells.saturating_sub(PROMPT_CELLS))).rows.len()).unwrap_or(u16::MAX)
}

/// Draws the box and gives the place of the cursor.
pub fn view(state: &State, hint: &str, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    if area.height == 0 || area.width <= PROMPT_CELLS {
        return None;
    }
    buffer.set_stringn(area.x, area.y, PROMPT, usize::from(area.width), theme.dim);
    if state.is_empty() {
        buffer.set_stringn(area.x + PROMPT_CELLS, area.y, hint, usize::from(area.width - PROMPT_CELLS), theme.dim);
    }
    let shown = rows(state, usize::from(area.width - PROMPT_CELLS));
    let height = usize::from(area.height);
    let first = (shown.cursor.0 + 1).saturating_sub(height);
    for (row, clusters) in shown.rows.iter().skip(first).take(height).enumerate() {
        let mut x = area.x + PROMPT_CELLS;
        for cluster in clusters {
            buffer.set_stringn(x, area.y + row as u16, cluster, 2, ratatui::style::Style::new());
            x += cluster_width(cluster) as u16;
        }
    }
    Some(Position::new(area.x + PROMPT_CELLS + shown.cursor.1 as u16, area.y + (shown.cursor.0 - first) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(keys: &[(&str, KeyModifiers)]) -> State {
        let mut state = State::default();
        for (key, modifiers) in keys {
            let code = match *key {
                "left" => KeyCode::Left,
                "back" => KeyCode::Backspace,
                "up" => KeyCode::Up,
                "down" => KeyCode::Down,
                text if text.chars().count() == 1 => KeyCode::Char(text.chars().next().unwrap()),
                text => {
                    state.insert(text);
                    continue;
                }
            };
            assert!(state.key(KeyEvent::new(code, *modifiers)), "{key}");
        }
        state
    }

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const CTRL: KeyModifiers = KeyModifiers::CONTROL;
    const ALT: KeyModifiers = KeyModifiers::ALT;

    #[test]
    fn readline_keys_edit() {
        assert_eq!(after(&[("one two three", NONE), ("w", CTRL)]).text(), "one two ");
        assert_eq!(after(&[("one two", NONE), ("b", ALT), ("k", CTRL)]).text(), "one ");
        assert_eq!(after(&[("one two", NONE), ("u", CTRL), ("y", CTRL), ("y", CTRL)]).text(), "one twoone two");
        assert_eq!(after(&[("one two", NONE), ("a", CTRL), ("d", ALT)]).text(), " two");
        assert_eq!(after(&[("ab", NONE), ("left", NONE), ("x", NONE)]).text(), "axb");
        assert_eq!(after(&[("日本👨‍👩‍👧‍👦", NONE), ("back", NONE), ("back", NONE)]).text(), "日");
    }

    #[test]
    fn a_paste_keeps_its_lines_and_loses_its_escapes() {
        assert_eq!(after(&[("a\r\nb\rc\x1b[201~\x07", NONE)]).text(), "a\nb\nc[201~");
    }

    #[test]
    fn what_was_sent_comes_back_and_what_was_written_stays() {
        let mut state = after(&[("first", NONE)]);
        state.take();
        state.insert("second");
        state.take();
        state.insert("draft");
        for (key, text) in [
            (KeyCode::Up, "second"),
            (KeyCode::Up, "first"),
            (KeyCode::Up, "first"),
            (KeyCode::Down, "second"),
            (KeyCode::Down, "draft"),
        ] {
            state.key(KeyEvent::new(key, NONE));
            assert_eq!(state.text(), text);
        }
    }

    #[test]
    fn up_and_down_move_inside_a_draft_of_several_lines() {
        let mut state = after(&[("long line\nab", NONE)]);
        state.key(KeyEvent::new(KeyCode::Up, NONE));
        assert_eq!(state.cursor(), 2);
        state.key(KeyEvent::new(KeyCode::Down, NONE));
        assert_eq!(state.cursor(), state.text().len());
    }

    #[test]
    fn the_box_grows_and_the_cursor_stays_inside() {
        let state = after(&[("abcdefgh\ni", NONE)]);
        assert_eq!(height(&state, 6), 3);
        let area = Rect::new(0, 0, 6, 2);
        let mut buffer = Buffer::empty(area);
        let cursor = view(&state, "", area, &mut buffer, &Theme::plain()).unwrap();
        assert_eq!(cursor, Position::new(3, 1));
    }
}
