//! What friends and oneself have posted, the newest first and live; or what one person has.

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::Post;
use proto::{ChannelId, ClientPacket, Handle, Message, ServerPacket, WatchFeed};
use ratatui::style::Style;

use super::list::Row;
use super::writing::Writing;
use super::{Fetch, Fetched, Page, Place, Wish, verbs};
use crate::chat;
use crate::component::field::Field;
use crate::theme::Theme;
use crate::words::moment;

/// So many posts before the end of the list the next ones are asked for.
const AHEAD: usize = 10;

/// The page.
#[derive(Debug)]
pub struct State {
    /// Of whom; of friends and oneself when of nobody.
    of: Option<Handle>,
    posts: Vec<Post>,
    /// Where older ones begin.
    next: Option<String>,
    asked: Option<String>,
    writing: Option<Writing>,
    told: String,
}

impl State {
    /// Opens the page; posts are to be fetched, and heard as they come.
    pub fn new(of: Option<Handle>) -> Self {
        Self { of, posts: Vec::new(), next: None, asked: None, writing: None, told: "Loading …".to_owned() }
    }

    fn fetch(&self, before: Option<String>) -> Wish {
        Wish::Fetch(match &self.of {
            Some(handle) => Fetch::Posts(handle.clone(), before),
            None => Fetch::Feed(before),
        })
    }

    fn post(&self, row: Option<usize>) -> Option<&Post> {
        self.posts.get(row?)
    }

    fn add(&mut self, id: ChannelId, message: &Message) {
        match message.reply_to {
            Some(original) => {
                let post = self.posts.iter_mut().find(|post| post.id == id && post.message.index == original);
                if let Some(post) = post {
                    post.replies += 1;
                }
            }
            None => {
                let ours = self.of.as_ref().is_none_or(|of| *of == message.handle);
                let known = self.posts.iter().any(|post| post.id == id && post.message.index == message.index);
                if ours && !known {
                    self.posts.insert(0, Post { id, message: message.clone(), replies: 0 });
                    "Nothing yet".clone_into(&mut self.told);
                }
            }
        }
    }
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        match &self.of {
            Some(handle) => format!("Posts of @{handle}"),
            None => "Home — posts of your friends".to_owned(),
        }
    }

    fn hint(&self) -> &'static str {
        match self.writing {
            Some(_) => "Enter sends · Esc",
            None => "n new · r reply · f ♥ · + · t thread · e · d · p · Esc",
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |post: &Post| {
            let message = &post.message;
            let own = message.handle == *chat.me();
            let edited = if message.edited.is_some() { " · edited" } else { "" };
            let row = Row::new([
                (message.handle.as_str().to_owned(), if own { theme.mention } else { theme.title }),
                (format!(" · {}{edited}", moment(message.date, chat.now, &chat.zone)), theme.dim),
            ]);
            let replies = match post.replies {
                0 => String::new(),
                1 => "1 reply".to_owned(),
                replies => format!("{replies} replies"),
            };
            let below = [verbs::reactions(message), replies].into_iter().filter(|words| !words.is_empty());
            let below = below.collect::<Vec<_>>().join(" · ");
            let row = row.said(&message.content, "  ", cells, Style::new());
            let row = if below.is_empty() { row } else { row.line(format!("  {below}"), theme.dim) };
            row.line("", theme.dim)
        };
        self.posts.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<Wish> {
        if let Some(writing) = &self.writing {
            let done = writing.done();
            self.writing = None;
            return done.into_iter().collect();
        }
        let thread = |post: &Post| Wish::Open(Place::Thread(post.id, post.message.index));
        self.post(row).map(thread).into_iter().collect()
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<Wish> {
        let post = self.post(row);
        match (key.code, post) {
            (KeyCode::Char('n'), _) => self.writing = Some(Writing::post()),
            (KeyCode::Char('t'), _) => return self.open(row, chat),
            (KeyCode::Char('r'), Some(post)) => self.writing = Some(Writing::answer(post.id, post.message.index)),
            (KeyCode::Char('e'), Some(post)) if post.message.handle == *chat.me() => {
                self.writing = Some(Writing::edit(post.id, &post.message));
            }
            (_, Some(post)) => {
                return verbs::on_message(key, post.id, &post.message, chat.me()).unwrap_or_default();
            }
            (_, None) => {}
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

    fn reached(&mut self, row: usize) -> Vec<Wish> {
        if self.next.is_none() || self.next == self.asked || row + AHEAD < self.posts.len() {
            return Vec::new();
        }
        self.asked.clone_from(&self.next);
        vec![self.fetch(self.next.clone())]
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Feed(before, feed) = fetched else { return };
        if before.is_none() {
            self.posts.clear();
        }
        self.asked = None;
        self.next = feed.next;
        let known = |post: &Post| {
            self.posts.iter().any(|other| other.id == post.id && other.message.index == post.message.index)
        };
        let new = feed.posts.into_iter().filter(|post| !known(post)).collect::<Vec<_>>();
        self.posts.extend(new);
        self.told = match &self.of {
            Some(_) => "Nothing that you may read".to_owned(),
            None => "Nothing yet: n writes a post, /friend HANDLE finds somebody to read".to_owned(),
        };
    }

    fn failed(&mut self, reason: String) {
        self.asked = None;
        self.told = reason;
    }

    fn heard(&mut self, event: &ServerPacket, chat: &chat::State) {
        match event {
            ServerPacket::MessageAdd(add) if !chat.channels.contains_key(&add.id) => self.add(add.id, &add.message),
            ServerPacket::MessageUpdate(update) => {
                let (id, patch) = (update.id, &update.message);
                let post = self.posts.iter_mut().find(|post| post.id == id && post.message.index == patch.index);
                if let Some(post) = post {
                    verbs::patch(&mut post.message, patch);
                }
                self.posts.retain(|post| post.message.deleted.is_none());
            }
            _ => {}
        }
    }

    fn wants(&mut self, _: &chat::State) -> Vec<Wish> {
        vec![Wish::Say(ClientPacket::WatchFeed(WatchFeed { on: true })), self.fetch(None)]
    }

    fn closed(&self, _: &chat::State) -> Option<ClientPacket> {
        Some(ClientPacket::WatchFeed(WatchFeed { on: false }))
    }
}
