//! What one does with a chosen message: answer, change, delete, react, copy.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ChannelId, ClientPacket, EditMessage, Emoji, Index, MarkUnread, Timestamp, WatchFeed};

use super::channel_view::ComposerTarget;
use super::outcome::KeyOutcome;
use super::{Asked, ChatScreen, command};
use crate::component::confirm::ConfirmPopup;
use crate::component::emoji::EmojiPopup;
use crate::component::timeline::Timeline;
use crate::component::viewer::Viewer;
pub use crate::deed::Deed;
use crate::effect::Effect;
use crate::keymap::message::{OnMessage, on_message};
use crate::markdown;
use crate::page::PagePlace;
use crate::rules::OnScreen;
use crate::shortcodes;
use crate::text::CleanLine;

/// How long a letter waits for another one behind it.
const HELD_MILLIS: i64 = 250;

fn has_modifier(key: KeyEvent) -> bool {
    key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

impl ChatScreen {
    /// Goes on with a letter that may have been the begin of a word: what follows at once belongs to it, and both are text.
    pub(super) fn hold_or_go_on(&mut self, key: KeyEvent, now: Timestamp) -> Option<KeyOutcome> {
        let (letter, action, due) = self.held.take()?;
        let types = matches!(key.code, KeyCode::Char(_)) && !has_modifier(key);
        if !types || due <= now {
            return Some(self.on_chosen(action));
        }
        self.view_mut()?.timeline.unchoose();
        self.edit(|composer| composer.insert(letter.encode_utf8(&mut [0; 4])));
        self.wrote_since = true;
        None
    }

    /// Nothing has followed a letter: it was meant for the chosen message.
    pub fn held_key_due(&mut self, now: Timestamp) -> Option<KeyOutcome> {
        let (_, action, _) = self.held.take_if(|(.., due)| *due <= now)?;
        Some(self.on_chosen(action))
    }

    /// Takes a key while a message is chosen, or the one that chooses; `None` when it means something else.
    pub(super) fn choosing_key(&mut self, key: KeyEvent, now: Timestamp) -> Option<KeyOutcome> {
        let plain = !has_modifier(key);
        let empty = self.composer().is_empty();
        let is_chosen = self.chosen().is_some();
        let view = self.view_mut()?;
        if !is_chosen {
            // What was chosen may have been let go since.
            view.timeline.unchoose();
            let begins = key.code == KeyCode::Up && plain && empty && view.target.is_none();
            let chosen = begins && self.with_timeline(Timeline::choose_newest)?;
            return chosen.then(|| KeyOutcome::GoOn(Vec::new()));
        }
        match (on_message(key), key.code) {
            // Whoever writes from habit does nothing to a message by their first letter.
            (Some(action), KeyCode::Char(letter)) => {
                let due = now.plus_millis(HELD_MILLIS);
                self.held = Some((letter, action, due));
                Some(KeyOutcome::GoOn(vec![Effect::WakeAt(due)]))
            }
            (Some(action), _) => Some(self.on_chosen(action)),
            // Anything else is meant for where one writes.
            (None, _) => {
                view.timeline.unchoose();
                (key.code == KeyCode::Esc).then(|| KeyOutcome::GoOn(Vec::new()))
            }
        }
    }

    /// Chooses no message any more.
    pub(super) fn unchoose(&mut self) {
        if let Some(view) = self.view_mut() {
            view.timeline.unchoose();
        }
    }

    fn on_chosen(&mut self, action: OnMessage) -> KeyOutcome {
        let (Some(channel), Some(chosen)) = (self.channel(), self.chosen()) else {
            return KeyOutcome::GoOn(Vec::new());
        };
        let moves = matches!(action, OnMessage::Before | OnMessage::After);
        if chosen.is_deleted() && !moves && action != OnMessage::Copy {
            return self.refuse(label!("error-message-deleted"));
        }
        let reads = matches!(
            action,
            OnMessage::Copy
                | OnMessage::CopyLink
                | OnMessage::Author
                | OnMessage::Original
                | OnMessage::Save
                | OnMessage::Open
                | OnMessage::View
        ) || moves;
        if let (Some(words), false) = (channel.gone.clone(), reads) {
            return self.refuse(words.as_str());
        }
        match action {
            OnMessage::Before => _ = self.with_timeline(Timeline::choose_before),
            OnMessage::After => _ = self.with_timeline(Timeline::choose_after),
            OnMessage::Original => return self.go_to_original(chosen.answers()),
            OnMessage::Copy | OnMessage::CopyLink => return self.copy_chosen(action),
            OnMessage::Save => {
                let files = chosen.files().to_vec();
                self.unchoose();
                return self.download(files);
            }
            OnMessage::Open => {
                let files = chosen.files().to_vec();
                self.unchoose();
                return self.open_files(files);
            }
            OnMessage::Link => {
                let Some((index, files)) = self.message_with_files() else {
                    return self.refuse(label!("error-no-files"));
                };
                self.unchoose();
                return KeyOutcome::GoOn(self.make_download_link(index, files));
            }
            OnMessage::View => {
                let viewer = chosen.files().iter().find_map(|file| Viewer::of(file.clone()));
                return match viewer {
                    Some(viewer) => KeyOutcome::View(viewer),
                    None => self.refuse(label!("error-no-picture")),
                };
            }
            OnMessage::Thread | OnMessage::Author | OnMessage::Reactions => return self.page_of_chosen(action),
            _ => return self.change_chosen(action),
        }
        KeyOutcome::GoOn(Vec::new())
    }

    fn go_to_original(&mut self, original: Option<Index>) -> KeyOutcome {
        let (Some(original), Some(id)) = (original, self.current) else {
            self.tell(label!("error-no-original"));
            return KeyOutcome::GoOn(Vec::new());
        };
        let is_here = self.with_timeline(|timeline, pane| timeline.choose(original, pane)) == Some(true);
        KeyOutcome::GoOn(if is_here { Vec::new() } else { self.seek(id, original, true).into_iter().collect() })
    }

    /// Puts the chosen message into the clipboard, or the address in it.
    fn copy_chosen(&mut self, action: OnMessage) -> KeyOutcome {
        let Some(chosen) = self.chosen() else { return KeyOutcome::GoOn(Vec::new()) };
        let (text, words) = if action == OnMessage::CopyLink {
            let Some(link) = chosen.links().next().map(str::to_owned) else {
                return self.refuse(label!("error-no-link"));
            };
            let words = say!("notice-link-copied", link = CleanLine::new(&link).as_str());
            (link, words)
        } else {
            let who = if chosen.is_told() { format!("{} ", chosen.handle()) } else { String::new() };
            (format!("{who}{}", chosen.raw()), label!("notice-copied").to_owned())
        };
        self.unchoose();
        self.tell(words);
        KeyOutcome::GoOn(vec![Effect::Copy(text)])
    }

    /// Shows a page about the chosen message.
    fn page_of_chosen(&mut self, action: OnMessage) -> KeyOutcome {
        let (Some(chosen), Some(id)) = (self.chosen(), self.current) else { return KeyOutcome::GoOn(Vec::new()) };
        let place = match action {
            OnMessage::Author => PagePlace::Profile(chosen.handle().clone()),
            OnMessage::Reactions if chosen.given().is_empty() => {
                return self.refuse(label!("error-no-reactions"));
            }
            OnMessage::Reactions => PagePlace::Reactions(id, chosen.index, chosen.given().to_vec()),
            _ => PagePlace::Thread(id, chosen.index),
        };
        self.unchoose();
        KeyOutcome::Page(place)
    }

    /// Does something with the chosen message that others see, or answers it.
    fn change_chosen(&mut self, action: OnMessage) -> KeyOutcome {
        let (Some(channel), Some(chosen)) = (self.channel(), self.chosen()) else {
            return KeyOutcome::GoOn(Vec::new());
        };
        let (id, index, own) = (channel.id, chosen.index, chosen.is_own());
        let keeps_order = channel.keeps_order(self.me());
        match action {
            OnMessage::Reply => {
                let said = markdown::plain(chosen.content());
                let quote = format!("{}: {}", chosen.handle(), said.lines().next().unwrap_or_default());
                self.reply_to(id, index, quote);
            }
            OnMessage::Edit if own => {
                let content = chosen.raw().to_owned();
                self.edit_message(index, &content);
            }
            OnMessage::Edit if chosen.is_told() => self.fail(label!("error-edit-system")),
            OnMessage::Edit => self.fail(label!("error-edit-others")),
            OnMessage::Delete if !own && !keeps_order => {
                self.fail(say!("error-delete-others", channel = channel.title()));
            }
            OnMessage::Pin | OnMessage::Unpin if !keeps_order => {
                self.fail(say!("error-pin-role", channel = channel.title()))
            }
            OnMessage::Delete => {
                let begin = chosen.content().lines().next().unwrap_or_default().to_owned();
                return KeyOutcome::Confirm(ConfirmPopup::new(
                    label!("confirm-delete-message"),
                    &begin,
                    Deed::Delete(id, index),
                ));
            }
            OnMessage::Like => {
                let on = !chosen.has_reacted(&Emoji::like(), self.me());
                return KeyOutcome::GoOn(self.perform(Deed::React(id, index, Emoji::like(), on)));
            }
            OnMessage::Pin | OnMessage::Unpin => {
                let deed = Deed::Pin(id, index, !chosen.is_pinned());
                return KeyOutcome::GoOn(self.perform(deed));
            }
            OnMessage::React => return KeyOutcome::Emoji(EmojiPopup::new(id, index)),
            OnMessage::Unread => return self.mark_unread(id, index),
            _ => {}
        }
        KeyOutcome::GoOn(Vec::new())
    }

    /// Writes another text for an own message; what was being written waits.
    fn edit_message(&mut self, index: Index, content: &str) {
        let Some(view) = self.view_mut() else { return };
        view.timeline.unchoose();
        let draft = std::mem::take(&mut view.composer);
        view.composer.insert(content);
        view.target = Some(ComposerTarget::Edit { index, draft });
    }

    fn mark_unread(&mut self, id: ChannelId, index: Index) -> KeyOutcome {
        let Some(view) = self.view_mut() else { return KeyOutcome::GoOn(Vec::new()) };
        view.timeline.unchoose();
        view.timeline.set_divider(Some(Index::new(index.get().saturating_sub(1))));
        view.held_unread = true;
        KeyOutcome::GoOn(self.request(Asked::Quietly, ClientPacket::MarkUnread(MarkUnread { id, index })))
    }

    /// Lets what is written answer a message of the channel that is shown.
    pub(crate) fn reply_to(&mut self, id: ChannelId, index: Index, quote: String) {
        self.leave_target();
        let is_shown = self.current == Some(id);
        if let Some(view) = self.view_mut().filter(|_| is_shown) {
            view.target = Some(ComposerTarget::Reply { index, quote });
            view.timeline.unchoose();
        }
    }

    /// Says something for a page; only a refusal is told.
    pub fn say(&mut self, packet: ClientPacket) -> Vec<Effect> {
        self.request(Asked::Quietly, packet)
    }

    /// Does what was decided about a message.
    pub fn perform(&mut self, deed: Deed) -> Vec<Effect> {
        match deed {
            Deed::Leave(id) => self.leave_now(id),
            Deed::Join(id) => {
                self.page_leads = true;
                self.join_by_id(id)
            }
            Deed::Say(packet) => self.request(Asked::Confirmed, packet),
            deed => self.change(deed.packet()),
        }
    }

    /// Keeps a text to be had back by Ctrl+Up.
    pub fn keep(&mut self, text: &str) {
        self.remember_for_reader(text);
    }

    /// Hears of what is posted from now on; the page that wants it is told when that is so.
    pub fn watch_feed(&mut self) -> Option<Effect> {
        self.core.is_online().then(|| self.ask(Asked::Watching, ClientPacket::WatchFeed(WatchFeed { on: true })))
    }

    /// Sends what was written for a message of one's own; false when something is wrong with it, and it stays.
    pub(super) fn submit_edit(&mut self, index: Index, written: &str) -> Vec<Effect> {
        // What is a command elsewhere is hardly meant for everybody to read.
        let written = match written.strip_prefix("//") {
            Some(rest) => &format!("/{rest}"),
            None if command::is_command(written) => {
                self.fail(label!("error-command-while-editing"));
                return Vec::new();
            }
            None => written,
        };
        let content = match shortcodes::content(written) {
            Ok(content) if self.core.is_online() => content,
            Ok(_) => {
                self.fail(label!("error-offline"));
                return Vec::new();
            }
            Err(error) => {
                self.fail(error.to_string());
                return Vec::new();
            }
        };
        let Some(id) = self.current else { return Vec::new() };
        if let Some(too_large) = self.core.too_large(id, &content, proto::MessageKind::Text) {
            self.fail(too_large.on_screen());
            return Vec::new();
        }
        self.leave_target();
        // Should the daemon refuse it, it is not lost.
        self.composer_mut().remember(written);
        let mut effects = self.stop_typing();
        effects.extend(self.change(ClientPacket::EditMessage(EditMessage { id, index, content })));
        effects
    }

    /// Goes back to writing a message of its own; true when something else was being written.
    pub(super) fn leave_target(&mut self) -> bool {
        let Some(view) = self.view_mut() else { return false };
        match view.target.take() {
            Some(ComposerTarget::Edit { draft, .. }) => {
                // Ctrl+Up brings it back, should it not have been meant to go; and what was given back meanwhile.
                let edited = std::mem::replace(&mut view.composer, draft);
                view.composer.remember_all(edited);
            }
            Some(ComposerTarget::Reply { .. }) => {}
            None => return false,
        }
        true
    }

    /// Takes the message that is being answered.
    pub(super) fn take_reply(&mut self) -> Option<Index> {
        match self.view_mut()?.target.take_if(|target| matches!(target, ComposerTarget::Reply { .. }))? {
            ComposerTarget::Reply { index, .. } => Some(index),
            ComposerTarget::Edit { .. } => None,
        }
    }
}
