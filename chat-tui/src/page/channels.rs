//! The channels that everybody can find and one's own, by what was said last.

use proto::ChannelKind;
use proto::http::{ChannelSummary, Channels};

use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, Wish};
use crate::chat;
use crate::component::field::Field;
use crate::theme::Theme;
use crate::words::moment;

/// The page.
#[derive(Debug)]
pub struct State {
    field: Field,
    channels: Vec<ChannelSummary>,
    told: String,
}

impl Default for State {
    fn default() -> Self {
        Self { field: Field::new("Find", ""), channels: Vec::new(), told: "Loading …".to_owned() }
    }
}

impl State {
    /// Those whose name or topic holds what is written.
    fn found(&self) -> Vec<&ChannelSummary> {
        let words = self.field.text().trim().trim_start_matches('#').to_lowercase();
        let holds = |channel: &&ChannelSummary| {
            channel.name.as_str().contains(&words) || channel.topic.as_str().to_lowercase().contains(&words)
        };
        self.channels.iter().filter(holds).collect()
    }
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        format!("Channels — {}", self.found().len())
    }

    fn hint(&self, _: &chat::State) -> &'static str {
        "Enter enters, or creates what is written · Esc"
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |channel: &ChannelSummary| {
            let lock = if channel.kind == ChannelKind::Private { " (private)" } else { "" };
            let mark = if channel.member { "✓ " } else { "  " };
            let people = if channel.members_total == 1 {
                "1 member".to_owned()
            } else {
                format!("{} members", channel.members_total)
            };
            let last = channel
                .last_date
                .map_or_else(|| "nothing said yet".to_owned(), |date| moment(date, chat.now, &chat.zone));
            let unread = if channel.unread > 0 { format!(" · {} unread", channel.unread) } else { String::new() };
            Row::new([
                (mark.to_owned(), theme.online),
                (format!("#{}{lock}", channel.name), theme.title),
                (format!("  {people} · {last}{unread}"), theme.dim),
            ])
            .line(format!("    {}", one_line(channel.topic.as_str(), cells.saturating_sub(4))), theme.dim)
        };
        self.found().into_iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<Wish> {
        match row.and_then(|row| self.found().get(row).copied()) {
            Some(channel) if channel.member => vec![Wish::Go(channel.id, None)],
            Some(channel) => vec![Wish::Join(channel.name.clone())],
            None => match chat::command::channel(self.field.text()) {
                Ok(name) => vec![Wish::Join(name)],
                Err(_) => Vec::new(),
            },
        }
    }

    fn field(&self) -> Option<&Field> {
        Some(&self.field)
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Channels(Channels { channels }) = fetched {
            self.channels = channels;
            self.channels.retain(|channel| channel.kind != ChannelKind::Dm);
            self.channels.sort_by_key(|channel| std::cmp::Reverse(channel.last_date));
            self.told = "No channel is called so: Enter creates it".to_owned();
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, _: &chat::State) -> Vec<Wish> {
        vec![Wish::Fetch(Fetch::Channels)]
    }
}
