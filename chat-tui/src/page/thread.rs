//! A thread: a message and all replies below it, live.

use std::collections::HashMap;

use proto::{ChannelId, ChannelKind, ClientPacket, Index, Message, ServerPacket, WatchFeed};
use ratatui::style::Style;

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, one_line};
use super::verbs::PageMessage;
use super::writing::Writing;
use super::{Fetch, Fetched, MessageNews, Page, PageRequest, message_news, verbs};
use crate::chat::ChatScreen;
use crate::markdown;
use crate::theme::Theme;
use crate::words::{channel_title, moment, said};

/// The keys of the page.
pub(super) const THREAD_KEYS: &[PageKey] = &[
    keys::OPEN,
    verbs::REPLY,
    verbs::LIKE,
    verbs::REACT,
    verbs::EDIT,
    verbs::DELETE,
    verbs::DELETE_KEY,
    keys::PROFILE,
    verbs::COPY,
    verbs::REACTIONS,
];

/// Cells of what a reply quotes of its message.
const QUOTE_CELLS: usize = 60;
/// Steps to the right that an answer can stand.
const DEPTH_MAX: usize = 8;

/// The page of a message and the replies to it.
#[derive(Debug)]
pub struct ThreadPage {
    channel: ChannelId,
    root: Index,
    /// In the order of the tree, each with its depth.
    messages: Vec<(usize, Message)>,
    /// Whether the channel is a wall, as far as is known.
    on_wall: bool,
    /// What was heard since the messages were asked for, and may be newer than the answer.
    heard: Vec<ServerPacket>,
    asked: bool,
    writing: Option<Writing>,
    told: String,
}

impl ThreadPage {
    /// Opens the page; the messages are to be fetched, and heard as they come.
    pub fn new(channel: ChannelId, root: Index) -> Self {
        Self {
            channel,
            root,
            messages: Vec::new(),
            on_wall: false,
            heard: Vec::new(),
            asked: false,
            writing: None,
            told: label!("page-loading").to_owned(),
        }
    }

    /// Takes in what was said or changed below the message.
    fn take_in(&mut self, event: &ServerPacket) {
        match message_news(event) {
            Some(MessageNews::Added(add)) if add.id == self.channel => {
                let known = |index| self.messages.iter().any(|(_, message)| message.index == index);
                if add.message.reply_to.is_some_and(known) && !known(add.message.index) {
                    let mut messages = std::mem::take(&mut self.messages);
                    messages.push((0, add.message.clone()));
                    messages.sort_by_key(|(_, message)| message.index);
                    self.messages = tree(messages.into_iter().map(|(_, message)| message).collect(), self.root);
                }
            }
            Some(MessageNews::Changed(update)) if update.id == self.channel => {
                let patched = self.messages.iter_mut().find(|(_, message)| message.index == update.message.index);
                if let Some((_, message)) = patched {
                    message.apply(&update.message);
                }
            }
            // A message of elsewhere, and what is no message.
            Some(_) | None => {}
        }
    }

    fn message(&self, row: Option<usize>) -> Option<&Message> {
        self.messages.get(row?).map(|(_, message)| message)
    }

    fn shown<'a>(&'a self, row: Option<usize>, chat: &'a ChatScreen) -> Option<PageMessage<'a>> {
        let message = self.message(row)?;
        let moderates = match chat.core.channels.get(&self.channel) {
            Some(channel) => channel.keeps_order(chat.me()),
            // On a wall it is whose wall it is.
            None => self.messages.first().is_some_and(|(_, root)| root.handle == *chat.me()),
        };
        Some(PageMessage { channel: self.channel, message, me: chat.me(), moderates, on_wall: self.on_wall })
    }

    /// Gives where it is: the channel, or whose posts.
    fn place(&self, chat: &ChatScreen) -> Option<String> {
        let (_, root) = self.messages.first()?;
        Some(match chat.core.channels.get(&self.channel) {
            Some(channel) => chat.full_title(channel),
            None if root.handle == *chat.me() => label!("place-my-posts").to_owned(),
            None => channel_title(ChannelKind::Wall, root.handle.as_str()),
        })
    }
}

/// Puts answers below what they answer.
fn tree(messages: Vec<Message>, root: Index) -> Vec<(usize, Message)> {
    let mut answers = HashMap::<Index, Vec<Message>>::new();
    let mut stack = Vec::new();
    for message in messages {
        match message.reply_to.filter(|_| message.index != root) {
            Some(original) => answers.entry(original).or_default().push(message),
            None => stack.push((0, message)),
        }
    }
    let mut tree = Vec::new();
    while let Some((depth, message)) = stack.pop() {
        let below = answers.remove(&message.index).unwrap_or_default();
        stack.extend(below.into_iter().rev().map(|answer| (depth + 1, answer)));
        tree.push((depth, message));
    }
    tree
}

impl Page for ThreadPage {
    fn title(&self, chat: &ChatScreen) -> String {
        match self.place(chat) {
            Some(place) => say!("page-thread-title", channel = place, count = self.messages.len() - 1),
            None => label!("page-thread-title-loading").to_owned(),
        }
    }

    fn keys(&self) -> &'static [PageKey] {
        THREAD_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        let shown = self.shown(row, chat);
        shown.is_some_and(|message| if action == PageAction::Open { !self.on_wall } else { message.can(action) })
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let can = self.can(action, row, chat);
        let Some(message) = self.message(row) else { return Vec::new() };
        match action {
            PageAction::Open if can => return vec![PageRequest::Go(self.channel, Some(message.index))],
            PageAction::Reply if message.deleted.is_none() && self.on_wall => {
                self.writing = Some(Writing::answer(self.channel, message.index));
            }
            PageAction::Reply if message.deleted.is_none() => {
                let quote =
                    format!("{}: {}", message.handle, one_line(&markdown::plain(&message.content), QUOTE_CELLS));
                return vec![PageRequest::Reply(self.channel, message.index, quote)];
            }
            PageAction::Edit if can => self.writing = Some(Writing::edit(self.channel, message)),
            _ => return self.shown(row, chat).and_then(|message| message.act(action)).into_iter().collect(),
        }
        Vec::new()
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |(depth, message): &(usize, Message)| {
            let margin = "  ".repeat((*depth).min(DEPTH_MAX));
            let name = if message.handle == *chat.me() { theme.title } else { Style::new() };
            let when = moment(message.date, chat.now, &chat.zone);
            let said = match message.deleted {
                Some(_) => label!("timeline-deleted").to_owned(),
                None => said(message),
            };
            let row = Row::new([
                (format!("{margin}{}", if *depth > 0 { "╰ " } else { "" }), theme.dim),
                (message.handle.as_str().to_owned(), name),
                (verbs::noted(message, &when), theme.dim),
            ])
            .whole(&said, &format!("{margin}  "), cells, Style::new());
            let reactions = verbs::reactions(message);
            if reactions.is_empty() { row } else { row.line(format!("{margin}  {reactions}"), theme.dim) }
        };
        self.messages.iter().map(row).collect()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.messages.iter().map(|(_, message)| message.index.to_string()).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Messages(history) = fetched else { return fetched.was_not_asked_for() };
        self.messages = tree(history.messages, self.root);
        self.asked = false;
        for event in std::mem::take(&mut self.heard) {
            self.take_in(&event);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn heard(&mut self, event: &ServerPacket, _: &ChatScreen) {
        if self.asked && message_news(event).is_some() {
            self.heard.push(event.clone());
        }
        self.take_in(event);
    }

    fn wants(&mut self, chat: &ChatScreen) -> Vec<PageRequest> {
        self.on_wall |= !chat.core.channels.contains_key(&self.channel);
        if self.on_wall { vec![PageRequest::Watch] } else { self.watching() }
    }

    fn watching(&mut self) -> Vec<PageRequest> {
        self.heard.clear();
        self.asked = true;
        vec![PageRequest::Fetch(Fetch::Thread(self.channel, self.root))]
    }

    fn closed(&self, _: &ChatScreen) -> Option<ClientPacket> {
        self.on_wall.then_some(ClientPacket::WatchFeed(WatchFeed { on: false }))
    }
}
