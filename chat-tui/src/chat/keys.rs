//! What keys and pastes do on the chat screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ChannelId, ChannelKind, MessageKind, Timestamp};

use super::channel_view::ComposerTarget;
use super::command::{Line, saying};
use super::outcome::KeyOutcome;
use super::{Channel, ChatScreen, command, panes};
use crate::component::composer::Composer;
use crate::component::prompt::PromptPopup;
use crate::effect::Effect;
use crate::keymap::message::{OnMessage, message_hints};
use crate::keymap::{Action, action};
use crate::page::PagePlace;

/// What follows a paste within this time was not typed by a person: a paste can hold what looks like
/// its own end, and a line end behind it must not send.
pub const PASTE_TAIL_MILLIS: i64 = 50;

impl ChatScreen {
    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Timestamp) -> KeyOutcome {
        self.has_seen_lines();
        let armed = std::mem::take(&mut self.quit_armed);
        let in_paste = self.pasting_until.is_some_and(|until| now < until);
        self.pasting_until = in_paste.then(|| now.plus_millis(PASTE_TAIL_MILLIS));
        let mut before = Vec::new();
        match self.hold_or_go_on(key, now) {
            Some(KeyOutcome::GoOn(effects)) => before = effects,
            Some(outcome) => return outcome,
            None => {}
        }
        if !in_paste && let Some(outcome) = self.choosing_key(key, now) {
            return outcome.after(before);
        }
        self.written_key(key, armed, in_paste, now).after(before)
    }

    /// Takes a key that is meant for where one writes, or for the screen.
    fn written_key(&mut self, key: KeyEvent, armed: bool, in_paste: bool, now: Timestamp) -> KeyOutcome {
        let action = match action(key) {
            Some(Action::Send) if in_paste => Some(Action::NewLine),
            action => action,
        };
        if !matches!(action, Some(Action::Complete | Action::CompleteBack)) {
            self.completing = None;
        }
        if let Some(action) = action {
            return self.act(action, armed);
        }
        self.notice = self.notice.take().filter(|notice| notice.failed);
        if key.code == KeyCode::Up && key.modifiers.contains(KeyModifiers::CONTROL) {
            self.has_looked_back();
        }
        let edited = self.edit(|composer| composer.key(key));
        self.wrote_since |= edited;
        if edited {
            self.is_typed_in(now);
        }
        KeyOutcome::GoOn(if edited { self.tell_typing(now) } else { Vec::new() })
    }

    /// Edits what is being written. What is cut out in one place is put back in any other.
    pub(super) fn edit<T>(&mut self, edit: impl FnOnce(&mut Composer) -> T) -> T {
        let (width, killed) = (panes(self).composer.width.saturating_sub(1), std::mem::take(&mut self.killed));
        let composer = self.composer_mut();
        composer.set_width(width);
        composer.set_killed(killed);
        let edited = edit(composer);
        self.killed = composer.killed().to_owned();
        edited
    }

    /// Takes a pasted text: it stays in the composer, nothing is sent.
    pub fn paste(&mut self, text: &str, now: Timestamp) -> Vec<Effect> {
        self.completing = None;
        self.unchoose();
        self.pasting_until = Some(now.plus_millis(PASTE_TAIL_MILLIS));
        self.wrote_since = true;
        self.is_typed_in(now);
        if !self.edit(|composer| composer.paste(text)) {
            self.fail(say!("error-paste-too-long", bytes = text.len()));
        }
        let files = self.ask_for_pasted(text);
        self.tell_typing(now).into_iter().chain(files).collect()
    }

    pub(super) fn act(&mut self, action: Action, quit_armed: bool) -> KeyOutcome {
        match action {
            Action::Send => self.submit(),
            Action::NextChannel => self.go(self.neighbour(true)),
            Action::PreviousChannel => self.go(self.neighbour(false)),
            Action::NextUnread => match self.next_unread() {
                Some(id) => self.go(Some(id)),
                None => self.say_on_screen(label!("notice-no-unread")),
            },
            Action::Channel(place) => self.go(self.sorted().get(place - 1).map(|channel| channel.id)),
            Action::CreateChannel => KeyOutcome::Prompt(PromptPopup::create_channel()),
            Action::Invite => self.ask_whom_to_invite(),
            Action::Channels => KeyOutcome::Page(PagePlace::Channels(String::new())),
            Action::Search => KeyOutcome::Page(PagePlace::Search(String::new())),
            Action::CatchUp => KeyOutcome::Page(PagePlace::CatchUp),
            Action::Room => self.page_of_channel(PagePlace::Room),
            Action::Pins => self.page_of_channel(PagePlace::Pins),
            Action::Feed => KeyOutcome::Page(PagePlace::Feed),
            Action::Friends => KeyOutcome::Page(PagePlace::Friends),
            Action::Settings => KeyOutcome::Page(PagePlace::Settings),
            Action::Help => KeyOutcome::Help,
            Action::Back => self.back(),
            Action::Interrupt => self.interrupt(quit_armed),
            Action::Quit => self.unless_unsent(KeyOutcome::Quit),
            Action::NewLine
            | Action::PageUp
            | Action::PageDown
            | Action::Bottom
            | Action::MarkRead
            | Action::Unfold
            | Action::Complete
            | Action::CompleteBack
            | Action::Retry
            | Action::TakeBack
            | Action::ToggleSidebar
            | Action::ToggleMembers
            | Action::Mouse
            | Action::Redraw
            | Action::Suspend => KeyOutcome::GoOn(self.act_here(action).into_iter().collect()),
        }
    }

    /// Does what changes the screen where it is.
    fn act_here(&mut self, action: Action) -> Option<Effect> {
        let page = usize::from(panes(self).messages.height).saturating_sub(2).max(1);
        match action {
            Action::NewLine => _ = self.composer_mut().insert("\n"),
            Action::PageUp => _ = self.with_timeline(|timeline, pane| timeline.scroll_up(page, pane)),
            Action::PageDown => _ = self.with_timeline(|timeline, pane| timeline.scroll_down(page, pane)),
            Action::Bottom => _ = self.with_timeline(|timeline, _| timeline.scroll_to_bottom()),
            Action::MarkRead => {
                let last = self.channel().map(|channel| channel.history.last_index())?;
                return self.mark_read_up_to(last);
            }
            Action::Unfold => _ = self.with_timeline(|timeline, _| timeline.toggle_unfolded()),
            Action::Complete => return self.complete(true),
            Action::CompleteBack => return self.complete(false),
            Action::Retry => return self.retry(),
            Action::TakeBack => self.take_back(),
            Action::ToggleSidebar => self.sidebar = Some(panes(self).sidebar.is_none()),
            Action::ToggleMembers => self.members = Some(panes(self).members.is_none()),
            Action::Mouse => {
                self.mouse = !self.mouse;
                let words = if self.mouse { label!("notice-mouse-on") } else { label!("notice-mouse-off") };
                self.tell(words);
                return Some(Effect::Mouse(self.mouse));
            }
            Action::Redraw => return Some(Effect::Redraw),
            Action::Suspend => return Some(Effect::Suspend),
            // The others lead somewhere, as `act` says.
            _ => {}
        }
        None
    }

    /// Goes to a channel, if there is one to go to.
    fn go(&mut self, id: Option<ChannelId>) -> KeyOutcome {
        KeyOutcome::GoOn(id.map(|id| self.open(id)).unwrap_or_default())
    }

    fn say_on_screen(&mut self, words: &str) -> KeyOutcome {
        self.tell(words);
        KeyOutcome::GoOn(Vec::new())
    }

    fn ask_whom_to_invite(&mut self) -> KeyOutcome {
        match self.channel() {
            Some(channel) if channel.kind != ChannelKind::Dm && channel.gone.is_none() => {
                let (title, people) = (self.full_title(channel), self.people_named("").cloned().collect());
                KeyOutcome::Prompt(PromptPopup::invite(channel.id, &title, people))
            }
            _ => self.refuse(label!("error-invite-no-channel")),
        }
    }

    /// Takes one thing back: a list over the messages, what is being written, a notice, how far one has scrolled.
    fn back(&mut self) -> KeyOutcome {
        if self.uncover() {
            return KeyOutcome::GoOn(Vec::new());
        }
        if self.leave_target() {
            return KeyOutcome::GoOn(self.stop_typing());
        }
        if self.notice.take().is_none() {
            self.banner = None;
        }
        self.with_timeline(|timeline, _| timeline.scroll_to_bottom());
        KeyOutcome::GoOn(Vec::new())
    }

    /// Shows a page of the channel that is shown.
    pub(super) fn page_of_channel(&mut self, place: impl FnOnce(ChannelId) -> PagePlace) -> KeyOutcome {
        match (self.current, self.channel().and_then(|channel| channel.gone.clone())) {
            (Some(_), Some(gone)) => self.refuse(gone.as_str()),
            (Some(id), None) => KeyOutcome::Page(place(id)),
            (None, _) => self.refuse(label!("error-no-channel")),
        }
    }

    /// Clears the line; on an empty one asks for the key once more and then ends the program.
    fn interrupt(&mut self, armed: bool) -> KeyOutcome {
        if !self.composer().is_empty() {
            // It is put back here or elsewhere.
            self.edit(Composer::cut_all);
            return KeyOutcome::GoOn(self.stop_typing());
        }
        if armed {
            return self.unless_unsent(KeyOutcome::Quit);
        }
        self.quit_armed = true;
        self.tell(label!("notice-quit-again"));
        KeyOutcome::GoOn(Vec::new())
    }

    /// Lets the program go on at the second time when messages have not gone yet.
    pub(super) fn unless_unsent(&mut self, outcome: KeyOutcome) -> KeyOutcome {
        let unsent = self.core.outbox.unsent_count();
        if unsent == 0 || self.quit_warned {
            return outcome;
        }
        self.quit_warned = true;
        self.quit_armed = true;
        self.fail(match &self.not_kept {
            None => say!("error-quit-unsent-kept", count = unsent),
            Some(_) => say!("error-quit-unsent-lost", count = unsent),
        });
        KeyOutcome::GoOn(Vec::new())
    }

    fn submit(&mut self) -> KeyOutcome {
        let written = self.composer().text().to_owned();
        if written.trim().is_empty() {
            return KeyOutcome::GoOn(Vec::new());
        }
        self.notice = None;
        let command = written.starts_with('/') && !written.starts_with("//");
        if let (Some(words), false) = (self.gone_words(), command) {
            return self.refuse(words);
        }
        if let Some(ComposerTarget::Edit { index, .. }) = self.view().and_then(|view| view.target.as_ref()) {
            return KeyOutcome::GoOn(self.submit_edit(*index, &written));
        }
        let read = match written.strip_prefix('/') {
            Some(_) if command => command::read(self, &written),
            // Of two slashes one is said.
            Some(rest) => saying::here(self, MessageKind::Text, rest),
            None => saying::here(self, MessageKind::Text, &written),
        };
        match read {
            Ok(Line { is_kept, run }) => {
                let (place, before) = (self.current, self.core.next_request());
                self.composer_mut().take();
                let outcome = run(self);
                if !is_kept {
                    self.line_was_done(place, written, before);
                }
                outcome
            }
            Err(reason) => self.refuse(reason),
        }
    }

    /// Tells whether the reader is owner or moderator of the channel that is shown.
    fn keeps_order(&self) -> bool {
        self.channel().is_some_and(|channel| channel.keeps_order(self.me()))
    }

    /// Gives the keys that do something with the chosen message.
    fn hint_on_message(&self, channel: &Channel) -> String {
        let Some(chosen) = self.chosen() else { return String::new() };
        let (moderates, told) = (channel.keeps_order(self.me()), chosen.is_told());
        let own = chosen.is_own() && !told;
        let can = |action| match action {
            OnMessage::Reply | OnMessage::Like | OnMessage::React => !told,
            OnMessage::Edit => own,
            OnMessage::Delete => own || moderates,
            OnMessage::Reactions => moderates && !chosen.given().is_empty(),
            OnMessage::CopyLink => chosen.links().next().is_some(),
            OnMessage::Save | OnMessage::Link | OnMessage::Open => !chosen.files().is_empty(),
            OnMessage::View => chosen.files().iter().any(|file| file.picture.is_some()),
            OnMessage::Pin => moderates && !chosen.is_pinned(),
            OnMessage::Unpin => moderates && chosen.is_pinned(),
            OnMessage::Original => chosen.answers().is_some(),
            _ => true,
        };
        message_hints(|action| !chosen.is_deleted() && can(action))
    }

    /// Gives the hint in an empty composer.
    pub(super) fn hint(&self) -> String {
        match self.channel() {
            Some(channel) if self.view().is_some_and(|view| view.timeline.has_chosen()) => {
                self.hint_on_message(channel)
            }
            Some(channel) if channel.gone.is_some() => label!("composer-gone").to_owned(),
            Some(channel) if channel.rules.read_only && !self.keeps_order() => {
                say!("composer-read-only", channel = channel.title())
            }
            Some(channel) => say!("composer-message", channel = self.full_title(channel)),
            None => label!("composer-no-channel").to_owned(),
        }
    }
}
