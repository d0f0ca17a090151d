//! A message and everything that hangs below it by answering.

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, Index, Message};

use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, Wish};
use crate::chat;
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
    told: String,
}

impl State {
    /// Opens the page; the messages are to be fetched.
    pub fn new(channel: ChannelId, root: Index) -> (Self, Vec<Wish>) {
        let state = Self { channel, root, messages: Vec::new(), told: "Loading …".to_owned() };
        (state, vec![Wish::Fetch(Fetch::Thread(channel, root))])
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
        "Enter goes there · r answers · Esc"
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |(depth, message): &(usize, Message)| {
            let margin = "  ".repeat((*depth).min(DEPTH_MAX));
            let name = if message.handle == *chat.me() { theme.title } else { ratatui::style::Style::new() };
            let when = moment(message.date, chat.now, &chat.zone);
            let said = if message.deleted.is_some() { "message deleted" } else { &message.content };
            Row::new([
                (format!("{margin}{}", if *depth > 0 { "╰ " } else { "" }), theme.dim),
                (message.handle.as_str().to_owned(), name),
                (format!(" · {when}"), theme.dim),
            ])
            .said(said, &format!("{margin}  "), cells, ratatui::style::Style::new())
        };
        self.messages.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<Wish> {
        let message = row.and_then(|row| self.messages.get(row));
        message.map(|(_, message)| Wish::Go(self.channel, Some(message.index))).into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, _: &chat::State) -> Vec<Wish> {
        let chosen = row.and_then(|row| self.messages.get(row));
        match (key.code, chosen) {
            (KeyCode::Char('r'), Some((_, message))) if message.deleted.is_none() => {
                let quote = format!("{}: {}", message.handle, one_line(&message.content, 60));
                vec![Wish::Reply(self.channel, message.index, quote)]
            }
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Messages(history) = fetched {
            self.messages = tree(history.messages, self.root);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }
}
