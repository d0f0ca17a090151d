//! The box that messages are written in: readline keys, several lines, what was sent before.
//!
//! ```text
//! > this is a line that wraps when it
//!   grows beyond the box, and a second▏
//! ```

mod rows;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

use crate::keymap::editing::{EditAction, edit_action};
use rows::Rows;
pub use rows::{height, hint_height, view_composer};

/// Sent lines that are remembered.
const SENT_MAX: usize = 100;
/// Bytes that the box takes; far above the largest message.
const BYTES_MAX: usize = 65_536;
/// Steps that can be undone.
const UNDO_MAX: usize = 100;

/// What is being written, where the cursor stands, and what was sent before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Composer {
    text: String,
    /// In bytes, always between two clusters.
    cursor: usize,
    killed: String,
    sent: Vec<String>,
    /// Which of `sent` is shown, counted from the newest, and what stood there before.
    recalled: Option<(usize, String)>,
    /// What stood there before each change, with the place of the cursor.
    undo: Vec<(String, usize)>,
    /// Whether the last change was a letter that was typed: the next one belongs to the same step.
    typing: bool,
    /// Cells of the box, once it was drawn; a row ends there.
    cells: Option<u16>,
}

impl Composer {
    /// Gives what is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Gives what is being written, also while something older is looked through.
    pub fn written(&self) -> &str {
        self.recalled.as_ref().map_or(self.text(), |(_, written)| written)
    }

    /// Remembers what another box held and remembered.
    pub fn remember_all(&mut self, other: Self) {
        other.sent.iter().for_each(|text| self.remember(text));
        if !other.text.is_empty() {
            self.remember(&other.text);
        }
    }

    /// Remembers a text in place of another one, if that was the last.
    pub fn remember_instead(&mut self, of: &str, text: &str) {
        self.sent.pop_if(|last| last == of);
        self.remember(text);
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

    /// Says how wide the box is.
    pub fn set_width(&mut self, cells: u16) {
        self.cells = Some(cells);
    }

    /// Takes out what is written and remembers it, and what was written before something older was recalled.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.stop_recalling();
        self.remember(&text);
        self.undo.clear();
        text
    }

    /// Cuts everything out, to be put back here or elsewhere; it is had back as what was sent is, too.
    pub fn cut_all(&mut self) {
        self.change();
        self.killed = std::mem::take(&mut self.text);
        self.remember(&self.killed.clone());
        self.cursor = 0;
        self.recalled = None;
    }

    /// Inserts a text that was pasted, without the blank lines around it; see [`Self::insert`].
    pub fn paste(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let is_blank = |line: &&str| line.trim().is_empty();
        let lines = text.split('\n').collect::<Vec<_>>();
        let first = lines.iter().take_while(|line| is_blank(line)).count();
        let last = lines.iter().rev().take_while(|line| is_blank(line)).count();
        self.change();
        if first == lines.len() {
            // Blanks alone are meant.
            return self.insert(text.trim_matches('\n'));
        }
        self.insert(&lines[first..lines.len() - last].join("\n"))
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
        self.stop_recalling();
        self.undo.clear();
    }

    /// Keeps what stands there before it is changed.
    fn change(&mut self) {
        self.typing = false;
        self.stop_recalling();
        if self.undo.len() == UNDO_MAX {
            self.undo.remove(0);
        }
        self.undo.push((self.text.clone(), self.cursor));
    }

    /// What was recalled is written on: what stood there before is had back by Ctrl+Up, too.
    fn stop_recalling(&mut self) {
        if let Some((_, written)) = self.recalled.take().filter(|(_, written)| !written.is_empty()) {
            self.remember(&written);
        }
    }

    /// Goes back by one change.
    fn undo(&mut self) {
        self.typing = false;
        while let Some((text, cursor)) = self.undo.pop() {
            if text != self.text {
                (self.text, self.cursor) = (text, cursor);
                return;
            }
        }
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
            self.stop_recalling();
            self.text.insert_str(self.cursor, &text);
            self.cursor += text.len();
        }
        fits
    }

    /// Edits by a key; false when the key is no editing key.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let types = matches!((key.code, ctrl, alt), (KeyCode::Char(c), false, false) if !c.is_whitespace());
        let edit = edit_action(key);
        match key.code {
            _ if edit == Some(EditAction::Undo) || types && self.typing => {}
            KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete => self.change(),
            _ => {}
        }
        self.typing = types;
        match (edit, key.code) {
            (Some(edit), _) => self.edit(edit),
            (None, KeyCode::Char(c)) if !ctrl && !alt => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            _ => return false,
        }
        true
    }

    fn edit(&mut self, edit: EditAction) {
        match edit {
            EditAction::LineStart => self.cursor = self.line_start(),
            EditAction::LineEnd => self.cursor = self.line_end(),
            EditAction::Left => self.cursor = self.left(),
            EditAction::Right => self.cursor = self.right(),
            EditAction::WordLeft => self.cursor = self.word_left(),
            EditAction::WordRight => self.cursor = self.word_right(),
            EditAction::Up => self.up(),
            EditAction::Down => self.down(),
            EditAction::DeleteLeft => self.delete(self.left(), self.cursor),
            EditAction::DeleteRight => self.delete(self.cursor, self.right()),
            EditAction::CutWordLeft => self.kill(self.word_left(), self.cursor),
            EditAction::CutWordRight => self.kill(self.cursor, self.word_right()),
            EditAction::CutToStart => self.kill(self.line_start(), self.cursor),
            EditAction::CutToEnd => self.kill(self.cursor, self.line_end()),
            EditAction::Paste => _ = self.insert(&self.killed.clone()),
            EditAction::Undo => self.undo(),
            EditAction::Earlier => self.recall_before(),
            EditAction::Later => self.recall_after(),
        }
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

    /// Goes a row up; while what was sent before is looked through, to what was sent before that.
    fn up(&mut self) {
        let rows = Rows::of(&self.text, self.cells);
        let (row, column) = rows.place(self.cursor);
        match row.checked_sub(1) {
            Some(above) => self.cursor = rows.at(above, column),
            None if self.recalled.is_some() => self.recall_before(),
            None => self.cursor = 0,
        }
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
        let rows = Rows::of(&self.text, self.cells);
        let (row, column) = rows.place(self.cursor);
        if row + 1 < rows.len() {
            self.cursor = rows.at(row + 1, column);
        } else if self.recalled.is_some() {
            self.recall_after();
        } else {
            self.cursor = self.text.len();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn after(keys: &[(&str, KeyModifiers)]) -> Composer {
        let mut state = Composer::default();
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
        state.key(KeyEvent::new(KeyCode::Up, NONE));
        assert_eq!(state.text(), "draft", "a plain Up replaces nothing");
        for (key, modifiers, text) in [
            (KeyCode::Up, CTRL, "second"),
            (KeyCode::Up, NONE, "first"),
            (KeyCode::Up, NONE, "first"),
            (KeyCode::Down, NONE, "second"),
            (KeyCode::Down, NONE, "draft"),
        ] {
            state.key(KeyEvent::new(key, modifiers));
            assert_eq!(state.text(), text);
        }
        state.key(KeyEvent::new(KeyCode::Up, CTRL));
        state.insert(" and more");
        assert_eq!(state.take(), "second and more");
        state.key(KeyEvent::new(KeyCode::Up, CTRL));
        state.key(KeyEvent::new(KeyCode::Up, CTRL));
        assert_eq!(state.text(), "draft", "what stood there before is not lost");
    }

    #[test]
    fn rows_of_a_long_line_are_rows() {
        let mut state = after(&[("one two three four five", NONE)]);
        state.set_width(12);
        assert_eq!(height(&state, 12), 3, "one two / three four / five");
        state.key(KeyEvent::new(KeyCode::Up, NONE));
        state.insert("|");
        assert_eq!(state.text(), "one two thre|e four five");
        state.key(KeyEvent::new(KeyCode::Up, NONE));
        state.key(KeyEvent::new(KeyCode::Up, NONE));
        assert_eq!((state.cursor(), state.text()), (0, "one two thre|e four five"));
        for _ in 0..3 {
            state.key(KeyEvent::new(KeyCode::Down, NONE));
        }
        assert_eq!(state.cursor(), state.text().len());
    }

    #[test]
    fn changes_are_undone_step_by_step() {
        let undo = ("7", CTRL);
        let typed = [("o", NONE), ("n", NONE), ("e", NONE), (" ", NONE), ("t", NONE), ("w", NONE), ("o", NONE)];
        assert_eq!(after(&[&typed[..], &[undo]].concat()).text(), "one ");
        assert_eq!(after(&[&typed[..], &[("u", CTRL), undo]].concat()).text(), "one two");
        assert_eq!(after(&[&typed[..], &[undo, undo, undo, undo]].concat()).text(), "");
        let mut cut = after(&typed);
        cut.cut_all();
        assert_eq!((cut.text(), cut.killed()), ("", "one two"));
        cut.key(KeyEvent::new(KeyCode::Char('7'), CTRL));
        assert_eq!(cut.text(), "one two");
    }

    #[test]
    fn a_paste_has_no_blank_lines_around_it() {
        let pasted = |text: &str| {
            let mut state = Composer::default();
            state.paste(text);
            state.text().to_owned()
        };
        assert_eq!(pasted("\n\n  indented\n\nmiddle\n\n \n"), "  indented\n\nmiddle");
        assert_eq!(pasted("trailing newline\r\n\r\n"), "trailing newline");
        assert_eq!(pasted(" "), " ");
        assert_eq!(pasted("\n"), "");
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
        use ratatui::buffer::Buffer;
        use ratatui::layout::{Position, Rect};

        use crate::theme::Theme;

        let area = Rect::new(0, 0, 6, 2);
        let mut buffer = Buffer::empty(area);
        let cursor = view_composer(&state, "", area, &mut buffer, &Theme::plain()).unwrap();
        assert_eq!(cursor, Position::new(3, 1));
    }
}
