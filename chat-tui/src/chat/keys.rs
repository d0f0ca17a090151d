//! What keys and pastes do on the chat screen.

use crossterm::event::KeyEvent;
use proto::{ChannelKind, Timestamp};

use super::{Channel, State, command};
use crate::component::prompt;
use crate::effect::Effect;
use crate::keymap::{Action, action};

/// What a key leads to.
pub enum Outcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// Show the keys and commands.
    Help,
    /// Show a form.
    Prompt(prompt::State),
    /// Sign out.
    SignOut,
    /// End the program.
    Quit,
}

impl State {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Timestamp) -> Outcome {
        let armed = std::mem::take(&mut self.quit_armed);
        let action = action(key);
        if action != Some(Action::Complete) {
            self.completing = None;
        }
        if let Some(action) = action {
            return self.act(action, armed, now);
        }
        self.notice = self.notice.take().filter(|notice| notice.failed);
        let edited = self.channel_mut().is_some_and(|channel| channel.composer.key(key));
        Outcome::GoOn(if edited { self.tell_typing(now) } else { Vec::new() })
    }

    /// Takes a pasted text: it stays in the composer, nothing is sent.
    pub fn paste(&mut self, text: &str, now: Timestamp) -> Vec<Effect> {
        if let Some(channel) = self.channel_mut() {
            channel.composer.insert(text);
        }
        self.tell_typing(now)
    }

    fn act(&mut self, action: Action, quit_armed: bool, now: Timestamp) -> Outcome {
        let context = self.context();
        let page = usize::from(context.height).saturating_sub(2).max(1);
        let mut effects = Vec::new();
        match action {
            Action::Send => return self.submit(now),
            Action::NewLine => {
                if let Some(channel) = self.channel_mut() {
                    channel.composer.insert("\n");
                }
            }
            Action::NextChannel => effects.extend(self.neighbour(true).map(|id| self.open(id)).into_iter().flatten()),
            Action::PreviousChannel => {
                effects.extend(self.neighbour(false).map(|id| self.open(id)).into_iter().flatten());
            }
            Action::NextUnread => match self.next_unread() {
                Some(id) => effects.extend(self.open(id)),
                None => self.tell("nothing is unread elsewhere"),
            },
            Action::Channel(place) => {
                let id = self.sorted().get(place - 1).map(|channel| channel.id);
                effects.extend(id.map(|id| self.open(id)).into_iter().flatten());
            }
            Action::PageUp => self.with_timeline(|timeline| timeline.scroll_up(page, &context)),
            Action::PageDown => self.with_timeline(|timeline| timeline.scroll_down(page, &context)),
            Action::Bottom => self.with_timeline(|timeline| timeline.scroll_to_bottom()),
            Action::Unfold => self.with_timeline(|timeline| timeline.toggle_unfolded()),
            Action::Complete => self.complete(),
            Action::CreateChannel => return Outcome::Prompt(prompt::State::create_channel()),
            Action::Invite => match self.channel() {
                Some(channel) if channel.kind != ChannelKind::Dm => {
                    return Outcome::Prompt(prompt::State::invite(&channel.title()));
                }
                _ => self.fail("people are invited to channels, open one first"),
            },
            Action::Retry => effects.extend(self.retry()),
            Action::ToggleSidebar => self.sidebar = Some(super::panes(self).sidebar.is_none()),
            Action::ToggleMembers => self.members = Some(super::panes(self).members.is_none()),
            Action::Help => return Outcome::Help,
            Action::Back => {
                if self.notice.take().is_none() {
                    self.banner = None;
                }
                self.with_timeline(|timeline| timeline.scroll_to_bottom());
            }
            Action::Interrupt => return self.interrupt(quit_armed),
            Action::Redraw => effects.push(Effect::Redraw),
            Action::Suspend => effects.push(Effect::Suspend),
            Action::Quit => return Outcome::Quit,
        }
        Outcome::GoOn(effects)
    }

    fn with_timeline(&mut self, work: impl FnOnce(&mut crate::component::timeline::State)) {
        if let Some(channel) = self.channel_mut() {
            work(&mut channel.timeline);
        }
    }

    /// Clears the line; on an empty one asks for the key once more and then ends the program.
    fn interrupt(&mut self, armed: bool) -> Outcome {
        match self.channel_mut() {
            Some(channel) if !channel.composer.is_empty() => {
                channel.composer.clear();
                Outcome::GoOn(self.stop_typing())
            }
            _ if armed => Outcome::Quit,
            _ => {
                self.quit_armed = true;
                self.tell("Ctrl+C once more ends the program");
                Outcome::GoOn(Vec::new())
            }
        }
    }

    fn submit(&mut self, now: Timestamp) -> Outcome {
        let Some(written) = self.channel().map(|channel| channel.composer.text().to_owned()) else {
            return Outcome::GoOn(Vec::new());
        };
        if written.trim().is_empty() {
            return Outcome::GoOn(Vec::new());
        }
        self.notice = None;
        match command::parse(&written) {
            Ok(command) => {
                if let Some(channel) = self.channel_mut() {
                    channel.composer.take();
                }
                self.run(command, now)
            }
            Err(reason) => {
                self.fail(reason);
                Outcome::GoOn(Vec::new())
            }
        }
    }

    /// Gives the hint in an empty composer.
    pub(super) fn hint(channel: &Channel) -> String {
        format!("message {} — F1 shows the keys", channel.title())
    }
}
