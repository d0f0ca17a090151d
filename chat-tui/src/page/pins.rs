//! The pinned messages of a channel.

use proto::{ChannelId, ClientPacket, Message, Pin};

use super::keys::{self, PageAction, PageKey};
use super::list::Row;
use super::{Fetch, Fetched, Page, PageRequest};
use crate::chat::ChatScreen;
use crate::theme::Theme;
use crate::words::{moment, said};

/// The keys of the page.
pub(super) const PINS_KEYS: &[PageKey] =
    &[keys::OPEN, PageKey::letter('P', "P", PageAction::Unpin, key!("page-key-unpin"), key!("page-help-unpin"))];

/// The page of pinned messages of a channel.
#[derive(Debug)]
pub struct PinsPage {
    channel: ChannelId,
    messages: Vec<Message>,
    told: String,
}

impl PinsPage {
    /// Opens the page; the messages are to be fetched.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, messages: Vec::new(), told: label!("page-loading").to_owned() }
    }

    fn message(&self, row: Option<usize>) -> Option<&Message> {
        self.messages.get(row?)
    }
}

impl Page for PinsPage {
    fn title(&self, chat: &ChatScreen) -> String {
        let channel = chat.core.channels.get(&self.channel).map(|channel| chat.full_title(channel)).unwrap_or_default();
        say!("page-pins-title", channel = channel, count = self.messages.len())
    }

    fn keys(&self) -> &'static [PageKey] {
        PINS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        let channel = chat.core.channels.get(&self.channel);
        let moderates = channel.is_some_and(|channel| channel.keeps_order(chat.me()));
        self.message(row).is_some() && (action == PageAction::Open || moderates)
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> Vec<PageRequest> {
        let Some(index) = self.message(row).map(|message| message.index) else { return Vec::new() };
        match action {
            PageAction::Unpin => {
                let unpin = ClientPacket::Pin(Pin { id: self.channel, index, on: false });
                // It is gone from here when the daemon has done it.
                vec![PageRequest::Change(unpin)]
            }
            _ => vec![PageRequest::Go(self.channel, Some(index))],
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
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

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Messages(history) = fetched else { return fetched.was_not_asked_for() };
        self.messages = history.messages;
        label!("page-pins-empty").clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.messages.iter().map(|message| message.index.to_string()).collect()
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Pins(self.channel))]
    }
}
