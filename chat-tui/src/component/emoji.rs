//! Chooses an emoji by its shortcode. The form stays until the reaction is taken.
//!
//! ```text
//! ╭ Add a reaction ────────────────╮
//! │ Emoji   :tad                   │
//! │                                │
//! │ 🎉 tada                        │
//! │ 👔 necktie                     │
//! │ ↑↓ choose  Enter react  Esc …  │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, Emoji, Index};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::{Field, form_label_cells};
use crate::component::popup::keys::{PopupKey, action_of, also, hint_lines, hinted};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put, put_lines, row_of, wrapped};
use crate::deed::{Deed, Ticket};
use crate::shortcodes::one_heart;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 40;
/// Emoji that are offered.
const OFFERED: usize = 8;
/// What is offered while nothing is written.
const USUAL: [&str; OFFERED] = ["+1", "-1", "smile", "tada", "eyes", "rocket", "white_check_mark", "thinking"];

/// What a key does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Next,
    Previous,
    React,
    Close,
}

const KEYS: [PopupKey<Action>; 6] = [
    hinted(KeyCode::Down, Action::Next, key!("form-key-choose")),
    also(KeyCode::Tab, Action::Next),
    also(KeyCode::Up, Action::Previous),
    also(KeyCode::BackTab, Action::Previous),
    hinted(KeyCode::Enter, Action::React, key!("form-key-react")),
    hinted(KeyCode::Esc, Action::Close, key!("form-key-cancel")),
];

/// The form in which an emoji is chosen.
#[derive(Debug)]
pub struct EmojiPopup {
    channel: ChannelId,
    index: Index,
    field: Field,
    error: Option<CleanLine>,
    /// Which of what is offered is chosen.
    at: usize,
    /// What it waits for.
    ticket: Option<Ticket>,
}

impl EmojiPopup {
    /// Asks what to react with to a message.
    pub fn new(channel: ChannelId, index: Index) -> Self {
        Self { channel, index, field: Field::new(label!("form-emoji-label"), ""), error: None, at: 0, ticket: None }
    }

    /// What was written itself, if it is an emoji, else the one that is chosen.
    fn chosen(&self) -> Option<Emoji> {
        let written = self.field.text().trim();
        let offered = || self.offered().get(self.at).and_then(|(emoji, _)| Emoji::listed(emoji).ok()).map(one_heart);
        Emoji::listed(written).ok().or_else(offered)
    }

    fn offered(&self) -> Vec<(&'static str, &'static str)> {
        let written = self.field.text().trim().trim_matches(':').to_lowercase();
        if written.is_empty() {
            let usual = USUAL.iter().filter_map(|code| Some((emojis::get_by_shortcode(code)?.as_str(), *code)));
            return usual.collect();
        }
        let named = |matches: fn(&str, &str) -> bool| {
            let written = written.clone();
            emojis::iter().filter_map(move |emoji| {
                Some((emoji.as_str(), emoji.shortcodes().find(|code| matches(code, &written))?))
            })
        };
        // The name itself comes first, then what begins so, then what holds it.
        let begins = named(|code, written| code == written).chain(named(|code, written| code.starts_with(written)));
        let mut offered = Vec::new();
        for found in begins.chain(named(|code, written| code.contains(written))) {
            if !offered.contains(&found) {
                offered.push(found);
            }
            if offered.len() == OFFERED {
                break;
            }
        }
        offered
    }
}

impl Popup for EmojiPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        match action_of(&KEYS, key) {
            Some(Action::Close) => return PopupOutcome::Close,
            Some(Action::React) if self.ticket.is_some() => {}
            Some(Action::React) => match self.chosen() {
                Some(emoji) => return PopupOutcome::React(Deed::React(self.channel, self.index, emoji, true)),
                None => self.fail(label!("error-emoji")),
            },
            Some(Action::Next) => self.at = (self.at + 1).min(self.offered().len().saturating_sub(1)),
            Some(Action::Previous) => self.at = self.at.saturating_sub(1),
            None => {
                (self.error, self.at) = (None, 0);
                self.field.key(key);
            }
        }
        PopupOutcome::Stay
    }

    fn paste(&mut self, text: &str) {
        self.at = 0;
        self.field.paste(text);
    }

    fn wait(&mut self, ticket: Ticket) {
        self.ticket = Some(ticket);
        self.error = None;
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        self.ticket.is_some_and(|ticket| awaited == Awaited::Answer(ticket))
    }

    fn fail(&mut self, reason: &str) {
        self.ticket = None;
        self.error = Some(CleanLine::new(reason));
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = inner_cells(WIDTH_MAX, screen);
        let hints = match self.ticket {
            Some(_) => vec![label!("form-waiting").to_owned()],
            None => hint_lines(&KEYS, cells),
        };
        let below = 2 + OFFERED as u16;
        let inner = framed(label!("form-emoji-title"), WIDTH_MAX, below + hints.len() as u16, screen, buffer, theme);
        for (row, (emoji, code)) in (2..).zip(self.offered()) {
            let Some(row_area) = row_of(inner, row) else { break };
            let style = if usize::from(row) == 2 + self.at { theme.selected } else { theme.dim };
            put(emoji, row_area.x, row_area.y, row_area.width, style, buffer);
            put(code, row_area.x + 3, row_area.y, row_area.width.saturating_sub(3), style, buffer);
        }
        if let Some(error) = &self.error {
            // Where emoji are offered, of which there are none or fewer than the reason has lines.
            let lines = wrapped(error, cells);
            let begin = below.saturating_sub(lines.len() as u16);
            let blank = vec![" ".repeat(cells); lines.len()];
            put_lines(&blank, begin, inner, theme.error, buffer);
            put_lines(&lines, begin, inner, theme.error, buffer);
        }
        put_lines(&hints, below, inner, theme.dim, buffer);
        let label_cells = form_label_cells([self.field.label]);
        row_of(inner, 0).and_then(|row| self.field.view(label_cells, true, row, buffer, theme))
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    #[test]
    fn an_emoji_is_found_by_its_name() {
        for (written, emoji) in
            [("", "👍"), ("tada", "🎉"), (":rocket:", "🚀"), ("♥", "♥"), ("heart", "♥"), ("hear_no", "🙉")]
        {
            let mut state = EmojiPopup::new("c1".parse().unwrap(), Index::new(3));
            state.paste(written);
            let PopupOutcome::React(Deed::React(_, index, found, true)) =
                state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))
            else {
                panic!("{written} is none")
            };
            assert_eq!((index, found.as_str()), (Index::new(3), emoji), "{written}");
        }
        let mut state = EmojiPopup::new("c1".parse().unwrap(), Index::new(3));
        state.paste("no emoji has this name");
        assert!(matches!(state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)), PopupOutcome::Stay));
    }

    #[test]
    fn another_one_is_chosen_by_the_arrows() {
        let mut state = EmojiPopup::new("c1".parse().unwrap(), Index::new(3));
        for code in [KeyCode::Down, KeyCode::Down, KeyCode::Down, KeyCode::Up, KeyCode::Up] {
            state.key(KeyEvent::new(code, KeyModifiers::NONE));
        }
        assert_eq!(state.chosen().unwrap().as_str(), "👎");
        state.key(KeyEvent::new(KeyCode::Char('t'), KeyModifiers::NONE));
        assert_eq!(state.at, 0, "what is written anew is looked for anew");
    }

    /// "Reactions of words are refused before sending."
    #[test]
    fn words_are_no_reactions() {
        for word in ["вор", "ПРЯМОНАХУЙ", "去死吧你这个骗子", "ｙｏｕｓｕｃｋ", "👍👍", "👍 yes"]
        {
            let mut state = EmojiPopup::new("c1".parse().unwrap(), Index::new(3));
            state.paste(word);
            let enter = state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            assert!(matches!(enter, PopupOutcome::Stay), "{word}");
            assert_eq!(
                state.error.as_ref().map(CleanLine::as_str),
                Some("No emoji matches. Type a name such as tada.")
            );
            assert_eq!(state.field.text(), word, "it can be mended");
        }
    }

    /// Whatever is offered can be sent.
    #[test]
    fn every_emoji_is_a_reaction() {
        for emoji in emojis::iter() {
            assert!(Emoji::listed(emoji.as_str()).is_ok(), "{}", emoji.name());
        }
    }
}
