//! A message and everything that hangs below it by answering, live.

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, ClientPacket, Index, Message, ServerPacket, WatchFeed};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::writing::Writing;
use super::{Fetch, Fetched, Page, PageRequest, verbs};
use crate::chat;
use crate::markdown;
use crate::theme::Theme;
use crate::words::{moment, said};

/// Steps to the right that an answer can stand.
const DEPTH_MAX: usize = 8;

/// The page.
#[derive(Debug)]
pub struct State {
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

impl State {
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
            told: "Loading …".to_owned(),
        }
    }

    /// Takes in what was said or changed below the message.
    fn take_in(&mut self, event: &ServerPacket) {
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
                    message.apply(&update.message);
                }
            }
            _ => {}
        }
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

    fn hint(&self, _: &chat::State) -> &'static str {
        match (&self.writing, self.on_wall) {
            (Some(writing), _) => writing.hint(),
            (None, true) => "r reply · f ♥ · + · e · d · p who · y copy · Esc",
            (None, false) => "Enter goes there · r reply · f ♥ · + · e · d · p · Esc",
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
            let said = if message.deleted.is_some() { "message deleted".to_owned() } else { said(message) };
            let row = Row::new([
                (format!("{margin}{}", if *depth > 0 { "╰ " } else { "" }), theme.dim),
                (message.handle.as_str().to_owned(), name),
                (format!(" · {when}{edited}"), theme.dim),
            ])
            .whole(&said, &format!("{margin}  "), cells, Style::new());
            let reactions = verbs::reactions(message);
            if reactions.is_empty() { row } else { row.line(format!("{margin}  {reactions}"), theme.dim) }
        };
        self.messages.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        let message = self.message(row).filter(|_| !self.on_wall);
        message.map(|message| PageRequest::Go(self.channel, Some(message.index))).into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let Some(message) = self.message(row) else { return Vec::new() };
        let there = message.deleted.is_none();
        match key.code {
            KeyCode::Char('r') if there && !self.on_wall => {
                let quote = format!("{}: {}", message.handle, one_line(&markdown::plain(&message.content), 60));
                return vec![PageRequest::Reply(self.channel, message.index, quote)];
            }
            KeyCode::Char('r') if there => self.writing = Some(Writing::answer(self.channel, message.index)),
            KeyCode::Char('e') if there && message.handle == *chat.me() => {
                self.writing = Some(Writing::edit(self.channel, message));
            }
            _ => {
                let keeps_order = match chat.core.channels.get(&self.channel) {
                    Some(channel) => channel.keeps_order(chat.me()),
                    None => self.messages.first().is_some_and(|(_, root)| root.handle == *chat.me()),
                };
                return verbs::on_message(key, self.channel, message, chat.me(), keeps_order).unwrap_or_default();
            }
        }
        Vec::new()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn identities(&self, _: &chat::State) -> Vec<String> {
        self.messages.iter().map(|(_, message)| message.index.to_string()).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Messages(history) = fetched {
            self.messages = tree(history.messages, self.root);
            self.asked = false;
            for event in std::mem::take(&mut self.heard) {
                self.take_in(&event);
            }
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn heard(&mut self, event: &ServerPacket, _: &chat::State) {
        if self.asked && matches!(event, ServerPacket::MessageAdd(_) | ServerPacket::MessageUpdate(_)) {
            self.heard.push(event.clone());
        }
        self.take_in(event);
    }

    fn wants(&mut self, chat: &chat::State) -> Vec<PageRequest> {
        self.on_wall |= !chat.core.channels.contains_key(&self.channel);
        if self.on_wall { vec![PageRequest::Watch] } else { self.watching() }
    }

    fn watching(&mut self) -> Vec<PageRequest> {
        self.heard.clear();
        self.asked = true;
        vec![PageRequest::Fetch(Fetch::Thread(self.channel, self.root))]
    }

    fn closed(&self, _: &chat::State) -> Option<ClientPacket> {
        self.on_wall.then_some(ClientPacket::WatchFeed(WatchFeed { on: false }))
    }
}
