//! Chooses an emoji by its shortcode. The form stays until the reaction is taken.
//!
//! ```text
//! ╭ React ─────────────────────────╮
//! │ Emoji   :tad                   │
//! │                                │
//! │ 🎉 tada                        │
//! │ 👔 necktie                     │
//! │ ↑ ↓ choose · Enter · Esc       │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, Emoji, EmojiError, Index};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::{Deed, Ticket};
use crate::component::field::Field;
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, put, wrapped};
use crate::shortcodes::one_heart;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 40;
const LABEL_CELLS: u16 = 8;
/// Emoji that are offered.
const OFFERED: usize = 8;
/// What is offered while nothing is written.
const USUAL: [&str; OFFERED] = ["+1", "-1", "smile", "tada", "eyes", "rocket", "white_check_mark", "thinking"];

/// The form.
#[derive(Debug)]
pub struct State {
    channel: ChannelId,
    index: Index,
    field: Field,
    error: Option<CleanLine>,
    /// Which of what is offered is chosen.
    at: usize,
    /// What it waits for.
    ticket: Option<Ticket>,
}

impl State {
    /// Asks what to react with to a message.
    pub fn new(channel: ChannelId, index: Index) -> Self {
        Self { channel, index, field: Field::new("Emoji", ""), error: None, at: 0, ticket: None }
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

impl Popup for State {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        match key.code {
            KeyCode::Esc => PopupOutcome::Close,
            KeyCode::Enter if self.ticket.is_some() => PopupOutcome::Stay,
            KeyCode::Enter => match self.chosen() {
                Some(emoji) => PopupOutcome::React(Deed::React(self.channel, self.index, emoji, true)),
                None => {
                    self.fail(&EmojiError.to_string());
                    PopupOutcome::Stay
                }
            },
            KeyCode::Down | KeyCode::Tab => {
                self.at = (self.at + 1).min(self.offered().len().saturating_sub(1));
                PopupOutcome::Stay
            }
            KeyCode::Up | KeyCode::BackTab => {
                self.at = self.at.saturating_sub(1);
                PopupOutcome::Stay
            }
            _ => {
                (self.error, self.at) = (None, 0);
                self.field.key(key);
                PopupOutcome::Stay
            }
        }
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
        let offered = self.offered();
        let inner = framed("React", WIDTH_MAX, 3 + OFFERED as u16, screen, buffer, theme);
        let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
        for (row, (emoji, code)) in (2..).zip(&offered) {
            if let Some(area) = line(row) {
                let style = if usize::from(row) == 2 + self.at { theme.selected } else { theme.dim };
                put(emoji, area.x, area.y, area.width, style, buffer);
                put(code, area.x + 3, area.y, area.width.saturating_sub(3), style, buffer);
            }
        }
        if let Some(error) = &self.error {
            // Where emoji are offered, of which there are none or fewer than the reason has lines.
            let lines = wrapped(error, usize::from(inner.width).max(1));
            let begin = (2 + OFFERED).saturating_sub(lines.len());
            for (row, text) in (begin..).zip(&lines) {
                if let Some(area) = line(row as u16) {
                    put(&" ".repeat(usize::from(area.width)), area.x, area.y, area.width, theme.error, buffer);
                    put(text, area.x, area.y, area.width, theme.error, buffer);
                }
            }
        }
        if let Some(area) = line(2 + OFFERED as u16) {
            let hint =
                if self.ticket.is_some() { "waiting for the answer …" } else { "↑ ↓ choose · Enter · Esc" };
            put(hint, area.x, area.y, area.width, theme.dim, buffer);
        }
        line(0).and_then(|area| self.field.view(LABEL_CELLS, true, area, buffer, theme))
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
            let mut state = State::new("c1".parse().unwrap(), Index::new(3));
            state.paste(written);
            let PopupOutcome::React(Deed::React(_, index, found, true)) =
                state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))
            else {
                panic!("{written} is none")
            };
            assert_eq!((index, found.as_str()), (Index::new(3), emoji), "{written}");
        }
        let mut state = State::new("c1".parse().unwrap(), Index::new(3));
        state.paste("no emoji has this name");
        assert!(matches!(state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)), PopupOutcome::Stay));
    }

    #[test]
    fn another_one_is_chosen_by_the_arrows() {
        let mut state = State::new("c1".parse().unwrap(), Index::new(3));
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
            let mut state = State::new("c1".parse().unwrap(), Index::new(3));
            state.paste(word);
            let enter = state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            assert!(matches!(enter, PopupOutcome::Stay), "{word}");
            assert_eq!(
                state.error.as_ref().map(CleanLine::as_str),
                Some("a reaction is exactly one emoji, such as ♥ or 👍")
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
