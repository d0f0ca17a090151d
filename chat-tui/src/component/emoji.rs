//! Chooses an emoji by its shortcode.
//!
//! ```text
//! ╭ React ─────────────────────────╮
//! │ Emoji   :tad                   │
//! │                                │
//! │ 🎉 tada                        │
//! │ 👔 necktie                     │
//! │ Enter takes the first · Esc    │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, Emoji, Index};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::Deed;
use crate::component::field::Field;
use crate::component::{framed, put};
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
}

/// What a key leads to.
pub enum Outcome {
    /// The form stays.
    Stay,
    /// The form is closed.
    Close,
    /// Somebody reacts.
    React(Deed),
}

impl State {
    /// Asks what to react with to a message.
    pub fn new(channel: ChannelId, index: Index) -> Self {
        Self { channel, index, field: Field::new("Emoji", "") }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter => match self.chosen() {
                Some(emoji) => Outcome::React(Deed::React(self.channel, self.index, emoji, true)),
                None => Outcome::Stay,
            },
            _ => {
                self.field.key(key);
                Outcome::Stay
            }
        }
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
    }

    /// What was written itself, if it is an emoji, else the first that is offered.
    fn chosen(&self) -> Option<Emoji> {
        let written = self.field.text().trim();
        let offered = || self.offered().first().and_then(|(emoji, _)| emoji.parse().ok());
        written.parse().ok().or_else(offered)
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

/// Draws the form and gives the place of the cursor.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let offered = state.offered();
    let inner = framed("React", WIDTH_MAX, 3 + OFFERED as u16, screen, buffer, theme);
    let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
    for (row, (emoji, code)) in (2..).zip(&offered) {
        if let Some(area) = line(row) {
            let style = if row == 2 { theme.title } else { theme.dim };
            put(emoji, area.x, area.y, area.width, style, buffer);
            put(code, area.x + 3, area.y, area.width.saturating_sub(3), style, buffer);
        }
    }
    if let Some(area) = line(2 + OFFERED as u16) {
        put("Enter takes the first · Esc", area.x, area.y, area.width, theme.dim, buffer);
    }
    line(0).and_then(|area| state.field.view(LABEL_CELLS, true, area, buffer, theme))
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyModifiers;

    use super::*;

    #[test]
    fn an_emoji_is_found_by_its_name() {
        for (written, emoji) in [("", "👍"), ("tada", "🎉"), (":rocket:", "🚀"), ("♥", "♥"), ("hear_no", "🙉")]
        {
            let mut state = State::new("c1".parse().unwrap(), Index::new(3));
            state.paste(written);
            let Outcome::React(Deed::React(_, index, found, true)) =
                state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))
            else {
                panic!("{written} is none")
            };
            assert_eq!((index, found.as_str()), (Index::new(3), emoji), "{written}");
        }
        let mut state = State::new("c1".parse().unwrap(), Index::new(3));
        state.paste("no emoji has this name");
        assert!(matches!(state.key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)), Outcome::Stay));
    }

    /// Whatever is offered can be sent.
    #[test]
    fn every_emoji_is_a_reaction() {
        for emoji in emojis::iter() {
            assert!(emoji.as_str().parse::<Emoji>().is_ok(), "{}", emoji.name());
        }
    }
}
