//! A message and everything that hangs below it by answering, live.

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, ClientPacket, Index, Message, ServerPacket, WatchFeed};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::writing::Writing;
use super::{Fetch, Fetched, Page, Wish, verbs};
use crate::chat;
use crate::component::field::Field;
use crate::theme::Theme;
use crate::words::moment;

/// Steps to the right that an answer can stand.
const DEPTH_MAX: usize = 8;

/// The page.
#[derive(Debug)]
pub struct State {
    channel: ChannelId,
    root: Index,
    /// In the order of the tree, each with its depth.
    messages: Vec<(usize, Message)>,
    /// What is being written, where it cannot be written in the channel: on a wall.
    writing: Option<Writing>,
    told: String,
}

impl State {
    /// Opens the page; the messages are to be fetched, and heard as they come.
    pub fn new(channel: ChannelId, root: Index) -> Self {
        Self { channel, root, messages: Vec::new(), writing: None, told: "Loading …".to_owned() }
    }

    fn message(&self, row: Option<usize>) -> Option<&Message> {
        self.messages.get(row?).map(|(_, message)| message)
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

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        match self.messages.len().saturating_sub(1) {
            1 => "Thread — 1 answer".to_owned(),
            answers => format!("Thread — {answers} answers"),
        }
    }

    fn hint(&self) -> &'static str {
        match self.writing {
            Some(_) => "Enter sends · Esc",
            None => "Enter goes there · r reply · f ♥ · + · e · d · p · Esc",
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |(depth, message): &(usize, Message)| {
            let margin = "  ".repeat((*depth).min(DEPTH_MAX));
            let name = if message.handle == *chat.me() { theme.title } else { Style::new() };
            let edited = if message.edited.is_some() { " · edited" } else { "" };
            let when = moment(message.date, chat.now, &chat.zone);
            let said = if message.deleted.is_some() { "message deleted" } else { &message.content };
            let row = Row::new([
                (format!("{margin}{}", if *depth > 0 { "╰ " } else { "" }), theme.dim),
                (message.handle.as_str().to_owned(), name),
                (format!(" · {when}{edited}"), theme.dim),
            ])
            .said(said, &format!("{margin}  "), cells, Style::new());
            let reactions = verbs::reactions(message);
            if reactions.is_empty() { row } else { row.line(format!("{margin}  {reactions}"), theme.dim) }
        };
        self.messages.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<Wish> {
        if let Some(writing) = self.writing.take() {
            return writing.done().into_iter().collect();
        }
        let there = chat.channels.contains_key(&self.channel);
        let message = self.message(row).filter(|_| there);
        message.map(|message| Wish::Go(self.channel, Some(message.index))).into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<Wish> {
        let Some(message) = self.message(row) else { return Vec::new() };
        let there = chat.channels.contains_key(&self.channel);
        match key.code {
            KeyCode::Char('r') if message.deleted.is_some() => {}
            KeyCode::Char('r') if there => {
                let quote = format!("{}: {}", message.handle, one_line(&message.content, 60));
                return vec![Wish::Reply(self.channel, message.index, quote)];
            }
            KeyCode::Char('r') => self.writing = Some(Writing::answer(self.channel, message.index)),
            KeyCode::Char('e') if message.handle == *chat.me() && message.deleted.is_none() => {
                self.writing = Some(Writing::edit(self.channel, message));
            }
            _ => return verbs::on_message(key, self.channel, message, chat.me()).unwrap_or_default(),
        }
        Vec::new()
    }

    fn field(&self) -> Option<&Field> {
        self.writing.as_ref().map(|writing| &writing.field)
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        self.writing.as_mut().map(|writing| &mut writing.field)
    }

    fn filters(&self) -> bool {
        false
    }

    fn goes_back(&mut self) -> bool {
        self.writing.take().is_some()
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Messages(history) = fetched {
            self.messages = tree(history.messages, self.root);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn heard(&mut self, event: &ServerPacket, _: &chat::State) {
        match event {
            ServerPacket::MessageAdd(add) if add.id == self.channel => {
                let known = |index| self.messages.iter().any(|(_, message)| message.index == index);
                if add.message.reply_to.is_some_and(known) && !known(add.message.index) {
                    let mut messages = std::mem::take(&mut self.messages);
                    messages.push((0, add.message.clone()));
                    messages.sort_by_key(|(_, message)| message.index);
                    self.messages = tree(messages.into_iter().map(|(_, message)| message).collect(), self.root);
                }
            }
            ServerPacket::MessageUpdate(update) if update.id == self.channel => {
                let patched = self.messages.iter_mut().find(|(_, message)| message.index == update.message.index);
                if let Some((_, message)) = patched {
                    verbs::patch(message, &update.message);
                }
            }
            _ => {}
        }
    }

    fn wants(&mut self, chat: &chat::State) -> Vec<Wish> {
        let watch = Wish::Say(ClientPacket::WatchFeed(WatchFeed { on: true }));
        let watch = (!chat.channels.contains_key(&self.channel)).then_some(watch);
        watch.into_iter().chain([Wish::Fetch(Fetch::Thread(self.channel, self.root))]).collect()
    }

    fn closed(&self, chat: &chat::State) -> Option<ClientPacket> {
        let watch = ClientPacket::WatchFeed(WatchFeed { on: false });
        (!chat.channels.contains_key(&self.channel)).then_some(watch)
    }
}
