//! Who reacted to a message, and with what. Owner and moderators take reactions of others away here, everybody their own.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, ClientPacket, Emoji, Handle, Index, React, Reaction, RemoveReactions, ServerPacket};
use ratatui::style::Style;

use super::list::Row;
use super::{Page, PageRequest};
use crate::chat;
use crate::text::CleanLine;
use crate::theme::Theme;

/// The page.
#[derive(Debug)]
pub struct State {
    channel: ChannelId,
    index: Index,
    given: Vec<Reaction>,
}

/// What a row is about: all who reacted so, or one of them.
struct About<'a> {
    reaction: &'a Reaction,
    of: Option<&'a Handle>,
}

impl State {
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
    fn keeps_order(&self, chat: &chat::State) -> bool {
        chat.core.channels.get(&self.channel).is_none_or(|channel| channel.keeps_order(chat.me()))
    }

    fn take_away(&self, emoji: &Emoji, of: Option<&Handle>, chat: &chat::State) -> Vec<PageRequest> {
        let (id, index, emoji) = (self.channel, self.index, emoji.clone());
        if of == Some(chat.me()) {
            return vec![PageRequest::Say(ClientPacket::React(React { id, index, emoji, on: false }))];
        }
        if !self.keeps_order(chat) {
            return vec![PageRequest::Fail("only owner and moderators take others' reactions away".to_owned())];
        }
        let whose = of.map_or_else(|| "of everybody".to_owned(), |handle| format!("of {handle}"));
        let about = format!("{} {whose}", CleanLine::new(emoji.as_str()));
        let packet = RemoveReactions { id, index, emoji: Some(emoji), handle: of.cloned() };
        vec![PageRequest::Ask("Take this reaction away?", about, ClientPacket::RemoveReactions(packet))]
    }
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        match self.given.iter().map(|reaction| reaction.count).sum::<u64>() {
            1 => "Reactions — 1".to_owned(),
            count => format!("Reactions — {count}"),
        }
    }

    fn hint(&self, chat: &chat::State) -> &'static str {
        if self.keeps_order(chat) { "x takes it away · Esc" } else { "x takes your own away · Esc" }
    }

    fn empty(&self) -> &str {
        "Nobody has reacted to this message"
    }

    fn rows(&self, chat: &chat::State, _: usize, theme: &Theme) -> Vec<Row> {
        let row = |about: &About<'_>| {
            let emoji = CleanLine::new(about.reaction.emoji.as_str());
            match about.of {
                Some(handle) => {
                    let me = if handle == chat.me() { " (you)" } else { "" };
                    Row::new([(format!("{emoji}  {handle}{me}"), Style::new())])
                }
                None => Row::new([(format!("{emoji}  all {}", about.reaction.count), theme.title)]),
            }
        };
        self.abouts().iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let abouts = self.abouts();
        match row.and_then(|row| abouts.get(row)) {
            Some(about) => self.take_away(&about.reaction.emoji, about.of, chat),
            None => Vec::new(),
        }
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        match key.code {
            KeyCode::Char('x' | '-') | KeyCode::Delete => self.open(row, chat),
            _ => Vec::new(),
        }
    }

    fn identities(&self, _: &chat::State) -> Vec<String> {
        self.abouts().iter().map(|about| format!("{} {:?}", about.reaction.emoji.as_str(), about.of)).collect()
    }

    fn heard(&mut self, event: &ServerPacket, _: &chat::State) {
        if let ServerPacket::MessageUpdate(update) = event
            && (update.id, update.message.index) == (self.channel, self.index)
            && let Some(reactions) = &update.message.reactions
        {
            self.given.clone_from(reactions);
        }
    }
}
