//! Who reacted to a message, and with what. Owner and moderators remove reactions of others here, everybody their own.

use crossterm::event::KeyCode;
use proto::{ChannelId, ClientPacket, Emoji, Handle, Index, React, Reaction, RemoveReactions, ServerPacket};
use ratatui::style::Style;

use super::keys::{PageAction, PageKey};
use super::list::Row;
use super::{MessageNews, Page, PageRequest, message_news};
use crate::chat::ChatScreen;
use crate::text::CleanLine;
use crate::theme::Theme;

/// The keys of the page.
pub(super) const REACTIONS_KEYS: &[PageKey] = &[
    PageKey::letter('x', "x", PageAction::Remove, key!("page-key-remove"), key!("page-help-remove-reaction")),
    PageKey::also(KeyCode::Enter, PageAction::Remove),
    PageKey::also(KeyCode::Char('-'), PageAction::Remove),
    PageKey::also(KeyCode::Delete, PageAction::Remove),
];

/// The page of who reacted to a message.
#[derive(Debug)]
pub struct ReactionsPage {
    channel: ChannelId,
    index: Index,
    given: Vec<Reaction>,
}

/// What a row is about: all who reacted so, or one of them.
struct About<'a> {
    reaction: &'a Reaction,
    of: Option<&'a Handle>,
}

impl ReactionsPage {
    /// Opens the page of a message, with what is known of it.
    pub fn new(channel: ChannelId, index: Index, given: Vec<Reaction>) -> Self {
        Self { channel, index, given }
    }

    fn abouts(&self) -> Vec<About<'_>> {
        let of_one = |reaction: &Reaction| reaction.count == 1 && reaction.handles.len() == 1;
        let rows = self.given.iter().flat_map(|reaction| {
            let all = (!of_one(reaction)).then_some(About { reaction, of: None });
            all.into_iter().chain(reaction.handles.iter().map(move |handle| About { reaction, of: Some(handle) }))
        });
        rows.collect()
    }

    /// Tells whether the reader keeps order where the message is; on a wall the daemon says.
    fn keeps_order(&self, chat: &ChatScreen) -> bool {
        chat.core.channels.get(&self.channel).is_none_or(|channel| channel.keeps_order(chat.me()))
    }

    fn remove(&self, emoji: &Emoji, of: Option<&Handle>, chat: &ChatScreen) -> PageRequest {
        let (id, index, emoji) = (self.channel, self.index, emoji.clone());
        if of == Some(chat.me()) {
            return PageRequest::Say(ClientPacket::React(React { id, index, emoji, on: false }));
        }
        if !self.keeps_order(chat) {
            let channel = chat.core.channels.get(&id).map(|channel| chat.full_title(channel)).unwrap_or_default();
            return PageRequest::Fail(say!("error-reactions-role", channel = channel));
        }
        let shown = CleanLine::new(emoji.as_str());
        let question = match of {
            Some(handle) => {
                say!("confirm-remove-reaction-of", handle = handle.as_str(), emoji = shown.as_str())
            }
            None => say!("confirm-remove-reaction-all", emoji = shown.as_str()),
        };
        let packet = RemoveReactions { id, index, emoji: Some(emoji), handle: of.cloned() };
        let packet = ClientPacket::RemoveReactions(packet);
        PageRequest::confirmed(question, "", packet)
    }
}

impl Page for ReactionsPage {
    fn title(&self, _: &ChatScreen) -> String {
        let count = self.given.iter().map(|reaction| reaction.count).sum::<u64>();
        say!("page-reactions-title", count = count)
    }

    fn keys(&self) -> &'static [PageKey] {
        REACTIONS_KEYS
    }

    fn can(&self, _: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        let about = row.and_then(|row| self.abouts().into_iter().nth(row));
        about.is_some_and(|about| about.of == Some(chat.me()) || self.keeps_order(chat))
    }

    fn act(&mut self, _: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let about = row.and_then(|row| self.abouts().into_iter().nth(row));
        about.map(|about| self.remove(&about.reaction.emoji, about.of, chat)).into_iter().collect()
    }

    fn empty(&self) -> &str {
        label!("page-reactions-empty")
    }

    fn rows(&self, chat: &ChatScreen, _: usize, theme: &Theme) -> Vec<Row> {
        let row = |about: &About<'_>| {
            let emoji = CleanLine::new(about.reaction.emoji.as_str());
            match about.of {
                Some(handle) => {
                    let me = if handle == chat.me() { format!(" {}", label!("page-you")) } else { String::new() };
                    Row::new([(format!("{emoji}  {handle}{me}"), Style::new())])
                }
                None => {
                    let all = say!("page-reactions-all", emoji = emoji.as_str(), count = about.reaction.count);
                    Row::new([(all, theme.title)])
                }
            }
        };
        self.abouts().iter().map(row).collect()
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.abouts().iter().map(|about| format!("{} {:?}", about.reaction.emoji.as_str(), about.of)).collect()
    }

    fn heard(&mut self, event: &ServerPacket, _: &ChatScreen) {
        if let Some(MessageNews::Changed(update)) = message_news(event)
            && (update.id, update.message.index) == (self.channel, self.index)
            && let Some(reactions) = &update.message.reactions
        {
            self.given.clone_from(reactions);
        }
    }
}
