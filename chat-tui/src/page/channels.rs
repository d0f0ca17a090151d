//! The channels that everybody can find and one's own. What is written is a name first of all: the channel of that name comes
//! before all others, and a row says what Enter does on it.

use proto::http::{ChannelSummary, Channels};
use proto::{ChannelKind, ChannelName};

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, one_line};
use super::{ChannelsWish, Fetch, Fetched, Page, PageRequest};
use crate::chat::ChatScreen;
use crate::component::field::Field;
use crate::rules::OnScreen;
use crate::text::CleanLine;
use crate::theme::Theme;
use crate::words::moment;

/// The keys of the page: what Enter does, each row says by itself.
pub(super) const CHANNELS_KEYS: &[PageKey] = &[
    keys::OPEN,
    PageKey::enter(PageAction::Join, key!("page-key-join"), key!("page-help-join")),
    PageKey::enter(PageAction::Create, key!("page-key-create"), key!("page-help-create")),
];

/// So many rows before the end of the list the next ones are asked for.
const AHEAD: usize = 10;

/// The page on which public channels are found.
#[derive(Debug)]
pub struct ChannelsPage {
    field: Field,
    /// Those that are known for what was asked for.
    channels: Vec<ChannelSummary>,
    /// What was asked for.
    asked: ChannelsWish,
    /// Whether the answer has not come yet.
    waiting: bool,
    /// Whether there are more public ones than are known.
    more: bool,
    told: String,
}

/// What a row is about.
enum About<'a> {
    Channel(&'a ChannelSummary),
    Create(ChannelName),
}

impl ChannelsPage {
    /// Opens the page, with words that are looked for.
    pub fn new(words: &str) -> Self {
        Self {
            field: Field::new(label!("page-channels-find"), words),
            channels: Vec::new(),
            asked: ChannelsWish::default(),
            waiting: true,
            more: false,
            told: label!("page-loading").to_owned(),
        }
    }

    fn words(&self) -> String {
        self.field.text().trim().trim_start_matches('#').to_lowercase()
    }

    /// Those whose name or topic holds what is written: the one that is called so, then the others, then the row that makes
    /// one of that name.
    fn found(&self) -> Vec<About<'_>> {
        let words = self.words();
        let holds = |channel: &&ChannelSummary| {
            channel.name.as_str().contains(&words) || channel.topic.as_str().to_lowercase().contains(&words)
        };
        let mut found = self.channels.iter().filter(holds).collect::<Vec<_>>();
        found.sort_by_key(|channel| channel.name.as_str() != words);
        let free = |name: &ChannelName| {
            let known = |channel: &ChannelSummary| channel.name == *name && channel.kind == ChannelKind::Public;
            !self.waiting && !self.channels.iter().any(known)
        };
        let new = crate::meant::channel(self.field.text()).ok().filter(free).map(About::Create);
        let own = found.first().is_some_and(|channel| channel.name.as_str() == words);
        // Whoever writes the name of a channel of their own does not want another one.
        found.into_iter().map(About::Channel).chain(new.filter(|_| !own)).collect()
    }

    /// Asks anew, where what is known is only a part.
    fn search(&mut self) -> Vec<PageRequest> {
        let request = ChannelsWish { text: self.words(), after: None };
        if request.text == self.asked.text || !(self.more || self.waiting || !self.asked.text.is_empty()) {
            return Vec::new();
        }
        self.ask(request)
    }

    fn ask(&mut self, request: ChannelsWish) -> Vec<PageRequest> {
        self.waiting = true;
        self.asked = request.clone();
        vec![PageRequest::Fetch(Fetch::Channels(request))]
    }
}

impl Page for ChannelsPage {
    fn title(&self, _: &ChatScreen) -> String {
        let count = self.found().iter().filter(|about| matches!(about, About::Channel(_))).count();
        say!("page-channels-title", count = count, more = if self.more { "+" } else { "" })
    }

    fn keys(&self) -> &'static [PageKey] {
        CHANNELS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        let meant = match row.and_then(|row| self.found().into_iter().nth(row)) {
            Some(About::Channel(channel)) if channel.member => PageAction::Open,
            Some(About::Channel(_)) => PageAction::Join,
            Some(About::Create(_)) => PageAction::Create,
            None => return false,
        };
        action == meant
    }

    fn empty(&self) -> &str {
        if self.waiting { label!("page-searching") } else { &self.told }
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        self.found().into_iter().map(|about| row(&about, chat, cells, theme)).collect()
    }

    fn act(&mut self, _: PageAction, row: Option<usize>, _: &ChatScreen) -> Vec<PageRequest> {
        if self.waiting {
            return vec![PageRequest::Tell(label!("error-list-not-loaded").to_owned())];
        }
        match row.and_then(|row| self.found().into_iter().nth(row)) {
            Some(About::Channel(channel)) if channel.member => vec![PageRequest::Go(channel.id, None)],
            Some(About::Channel(channel)) => vec![PageRequest::Join(channel.id)],
            Some(About::Create(name)) => vec![PageRequest::Create(name)],
            None => match crate::meant::channel(self.field.text()) {
                Err(reason) if !self.words().is_empty() => vec![PageRequest::Fail(reason.on_screen())],
                _ => Vec::new(),
            },
        }
    }

    fn field(&self) -> Option<&Field> {
        Some(&self.field)
    }

    fn field_mut(&mut self) -> Option<&mut Field> {
        Some(&mut self.field)
    }

    fn changed(&mut self) -> Vec<PageRequest> {
        self.search()
    }

    fn reached(&mut self, row: usize) -> Vec<PageRequest> {
        let last = self.channels.iter().rev().find(|channel| channel.kind == ChannelKind::Public && !channel.member);
        let far = row + AHEAD < self.found().len();
        match last.map(|channel| channel.name.clone()) {
            Some(after) if self.more && !self.waiting && !far => {
                self.waiting = true;
                self.asked.after = Some(after);
                vec![PageRequest::Fetch(Fetch::Channels(self.asked.clone()))]
            }
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Channels(after, Channels { channels, more }) = fetched else { return fetched.was_not_asked_for() };
        self.waiting = false;
        self.more = more;
        let known = if after.is_some() { std::mem::take(&mut self.channels) } else { Vec::new() };
        let new = channels.into_iter().filter(|channel| channel.kind != ChannelKind::Dm);
        self.channels = known.into_iter().chain(new).collect();
        if after.is_none() && !more {
            // All are here: those where something was said last come first.
            self.channels.sort_by_key(|channel| std::cmp::Reverse(channel.last_date));
        }
        label!("page-channels-empty").clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.waiting = false;
        self.told = reason;
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        let text = self.words();
        self.ask(ChannelsWish { text, after: None })
    }
}

fn row(about: &About<'_>, chat: &ChatScreen, cells: usize, theme: &Theme) -> Row {
    let channel = match about {
        About::Channel(channel) => channel,
        About::Create(name) => {
            let name = CleanLine::new(name.as_str());
            return Row::new([
                ("+ ".to_owned(), theme.online),
                (say!("page-channels-create", name = name.as_str()), theme.title),
                (format!("  {}", label!("page-channels-create-about")), theme.dim),
            ]);
        }
    };
    let mut title = format!("#{}", CleanLine::new(channel.name.as_str()));
    let mut facts = vec![say!("page-channels-members", count = channel.members_total)];
    if channel.kind == ChannelKind::Private {
        title = format!("{title} {}", label!("page-channels-private"));
        facts.extend(channel.owner.as_ref().map(|owner| say!("page-channels-owner", handle = owner.as_str())));
    }
    let last = channel.last_date.map(|date| moment(date, chat.now, &chat.zone));
    facts.push(last.unwrap_or_else(|| label!("page-channels-no-messages").to_owned()));
    if channel.unread > 0 {
        facts.push(say!("page-channels-unread", count = channel.unread));
    }
    let (mark, style) = if channel.member { ("✓ ", theme.online) } else { ("  ", theme.dim) };
    let (deed, strong) = match channel.member {
        true => (label!("page-channels-open"), theme.dim),
        false => (label!("page-channels-join"), theme.mention),
    };
    let row = Row::new([
        (mark.to_owned(), style),
        (title, theme.title),
        (format!("  {deed}"), strong),
        (format!(" · {}", facts.join(" · ")), theme.dim),
    ]);
    let topic = one_line(channel.topic.as_str(), cells.saturating_sub(4));
    if topic.is_empty() { row } else { row.line(format!("    {topic}"), theme.dim) }
}
