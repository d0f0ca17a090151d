//! What a channel keeps in view.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, ClientPacket, Message, Pin};

use super::list::Row;
use super::{Fetch, Fetched, Page, PageRequest};
use crate::chat;
use crate::theme::Theme;
use crate::words::{moment, said};

/// The page.
#[derive(Debug)]
pub struct State {
    channel: ChannelId,
    messages: Vec<Message>,
    told: String,
}

impl State {
    /// Opens the page; the messages are to be fetched.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, messages: Vec::new(), told: "Loading …".to_owned() }
    }
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        format!("Pinned — {}", self.messages.len())
    }

    fn hint(&self, chat: &chat::State) -> &'static str {
        let channel = chat.core.channels.get(&self.channel);
        if channel.is_some_and(|channel| channel.keeps_order(chat.me())) {
            "Enter goes there · P unpins · Esc"
        } else {
            "Enter goes there · Esc"
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |message: &Message| {
            let when = moment(message.date, chat.now, &chat.zone);
            Row::new([(message.handle.as_str().to_owned(), theme.title), (format!(" · {when}"), theme.dim)]).said(
                &said(message),
                "  ",
                cells,
                ratatui::style::Style::new(),
            )
        };
        self.messages.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        let message = row.and_then(|row| self.messages.get(row));
        message.map(|message| PageRequest::Go(self.channel, Some(message.index))).into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        let index = row.and_then(|row| self.messages.get(row)).map(|message| message.index);
        match (key.code, index) {
            (KeyCode::Char('P'), Some(index)) => {
                let unpin = ClientPacket::Pin(Pin { id: self.channel, index, on: false });
                // It is gone from here when the daemon has done it.
                vec![PageRequest::Say(unpin), PageRequest::Fetch(Fetch::Pins(self.channel))]
            }
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Messages(history) = fetched {
            self.messages = history.messages;
            "Nothing is pinned here: P on a chosen message pins it".clone_into(&mut self.told);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn identities(&self, _: &chat::State) -> Vec<String> {
        self.messages.iter().map(|message| message.index.to_string()).collect()
    }

    fn wants(&mut self, _: &chat::State) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Pins(self.channel))]
    }
}
