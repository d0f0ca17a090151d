//! What friends and oneself have posted, the newest first and live; or what one person has.

use std::collections::HashSet;

use crossterm::event::KeyCode;
use proto::http::{Feed, Post};
use proto::{ChannelId, ClientPacket, Handle, Index, Message, PageCursor, ServerPacket, WatchFeed};
use ratatui::style::Style;

use super::keys::{self, PageAction, PageKey};
use super::list::Row;
use super::verbs::PageMessage;
use super::writing::Writing;
use super::{Fetch, Fetched, MessageNews, Page, PageRequest, message_news, verbs};
use crate::chat::ChatScreen;
use crate::theme::Theme;
use crate::words::moment;

/// The keys of the page.
pub(super) const POSTS_KEYS: &[PageKey] = &[
    PageKey::letter('n', "n", PageAction::New, key!("page-key-post"), key!("page-help-post")),
    verbs::REPLY,
    verbs::LIKE,
    verbs::REACT,
    keys::THREAD,
    PageKey::also(KeyCode::Enter, PageAction::Thread),
    verbs::EDIT,
    verbs::DELETE,
    verbs::DELETE_KEY,
    keys::PROFILE,
    verbs::COPY,
    verbs::REACTIONS,
];

/// So many posts before the end of the list the next ones are asked for.
const AHEAD: usize = 10;

/// The page of posts: of one wall, or of all that one follows.
#[derive(Debug)]
pub struct PostsPage {
    /// Of whom; of friends and oneself when of nobody.
    of: Option<Handle>,
    posts: Vec<Post>,
    /// Those of them that were heard since posts were asked for.
    heard: HashSet<(ChannelId, Index)>,
    /// Where older ones begin.
    next: Option<PageCursor>,
    asked: Option<PageCursor>,
    /// How often the newest posts were asked for and have not come yet.
    refreshing: u32,
    writing: Option<Writing>,
    told: String,
}

impl PostsPage {
    /// Opens the page; posts are heard as they come, and those of before are fetched.
    pub fn new(of: Option<Handle>) -> Self {
        let told = label!("page-loading").to_owned();
        Self {
            of,
            posts: Vec::new(),
            heard: HashSet::new(),
            next: None,
            asked: None,
            refreshing: 0,
            writing: None,
            told,
        }
    }

    fn fetch(&self, before: Option<PageCursor>) -> PageRequest {
        PageRequest::Fetch(match &self.of {
            Some(handle) => Fetch::Posts(handle.clone(), before),
            None => Fetch::Feed(before),
        })
    }

    fn post(&self, row: Option<usize>) -> Option<&Post> {
        self.posts.get(row?)
    }

    /// Tells whether the reader can post here.
    fn is_own(&self, chat: &ChatScreen) -> bool {
        self.of.as_ref().is_none_or(|of| of == chat.me())
    }

    fn shown<'a>(&'a self, row: Option<usize>, chat: &'a ChatScreen) -> Option<PageMessage<'a>> {
        let post = self.post(row)?;
        let (channel, message) = (post.id, &post.message);
        Some(PageMessage { channel, message, me: chat.me(), moderates: false, on_wall: true })
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
                let known = self.posts.iter().any(|post| place(post) == (id, message.index));
                if ours && !known {
                    self.posts.insert(0, Post { id, message: message.clone(), replies: 0 });
                    self.heard.insert((id, message.index));
                }
            }
        }
    }

    /// Puts the newest posts in the place of those that are known: what was heard since is newer, what is older stays.
    fn begin_anew(&mut self, feed: Feed) {
        let known = std::mem::take(&mut self.posts);
        let fetched: HashSet<_> = feed.posts.iter().map(place).collect();
        let oldest = feed.posts.last().map(|post| post.message.date);
        let newer = |post: &&Post| self.heard.contains(&place(post)) && !fetched.contains(&place(post));
        let older = |post: &&Post| oldest.is_some_and(|oldest| post.message.date < oldest);
        let front: Vec<Post> = known.iter().filter(newer).filter(|post| !older(post)).cloned().collect();
        let back: Vec<Post> = known.iter().filter(older).cloned().collect();
        // Behind what is older stands what was behind it before; but there must be no gap before it.
        let meets = known.iter().any(|post| fetched.contains(&place(post)) && !self.heard.contains(&place(post)));
        let back = if meets && feed.next.is_some() { back } else { Vec::new() };
        if back.is_empty() {
            self.next = feed.next;
        }
        self.posts = front.into_iter().chain(feed.posts).chain(back).collect();
        self.refreshing = self.refreshing.saturating_sub(1);
        if self.refreshing == 0 {
            self.heard.clear();
        }
    }
}

/// Names a post.
fn place(post: &Post) -> (ChannelId, Index) {
    (post.id, post.message.index)
}

impl Page for PostsPage {
    fn title(&self, _: &ChatScreen) -> String {
        match &self.of {
            Some(handle) => say!("page-posts-title", handle = handle.as_str()),
            None => label!("page-home-title").to_owned(),
        }
    }

    fn keys(&self) -> &'static [PageKey] {
        POSTS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        match action {
            PageAction::New => self.is_own(chat),
            action => self.shown(row, chat).is_some_and(|post| post.can(action)),
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let can = self.can(action, row, chat);
        let writing = match (action, self.post(row)) {
            (PageAction::New, _) => can.then(Writing::post),
            (PageAction::Reply, Some(post)) => Some(Writing::answer(post.id, post.message.index)),
            (PageAction::Edit, Some(post)) if can => Some(Writing::edit(post.id, &post.message)),
            _ => return self.shown(row, chat).and_then(|post| post.act(action)).into_iter().collect(),
        };
        self.writing = writing;
        Vec::new()
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |post: &Post| {
            let message = &post.message;
            let own = message.handle == *chat.me();
            let when = moment(message.date, chat.now, &chat.zone);
            let row = Row::new([
                (message.handle.as_str().to_owned(), if own { theme.mention } else { theme.title }),
                (verbs::noted(message, &when), theme.dim),
            ]);
            let replies = match post.replies {
                0 => String::new(),
                replies => say!("page-posts-replies", count = replies),
            };
            let below = [verbs::reactions(message), replies].into_iter().filter(|words| !words.is_empty());
            let below = below.collect::<Vec<_>>().join(" · ");
            let row = row.said(&message.content, "  ", cells, Style::new());
            let row = if below.is_empty() { row } else { row.line(format!("  {below}"), theme.dim) };
            row.line("", theme.dim)
        };
        self.posts.iter().map(row).collect()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.posts.iter().map(|post| format!("{} {}", post.id, post.message.index)).collect()
    }

    fn reached(&mut self, row: usize) -> Vec<PageRequest> {
        let far = row + AHEAD < self.posts.len();
        if self.next.is_none() || self.next == self.asked || self.refreshing > 0 || far {
            return Vec::new();
        }
        self.asked.clone_from(&self.next);
        vec![self.fetch(self.next.clone())]
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Feed(before, feed) = fetched else { return fetched.was_not_asked_for() };
        self.asked = None;
        if before.is_none() {
            self.begin_anew(feed);
        } else {
            self.next = feed.next;
            let known: HashSet<_> = self.posts.iter().map(place).collect();
            self.posts.extend(feed.posts.into_iter().filter(|post| !known.contains(&place(post))));
        }
        self.told = match &self.of {
            Some(_) => label!("page-posts-empty"),
            None => label!("page-home-empty"),
        }
        .to_owned();
    }

    fn failed(&mut self, reason: String) {
        self.asked = None;
        self.refreshing = 0;
        self.told = reason;
    }

    fn heard(&mut self, event: &ServerPacket, chat: &ChatScreen) {
        match message_news(event) {
            Some(MessageNews::Added(add)) if !chat.core.channels.contains_key(&add.id) => {
                self.add(add.id, &add.message)
            }
            Some(MessageNews::Changed(update)) => {
                let (id, patch) = (update.id, &update.message);
                let post = self.posts.iter_mut().find(|post| post.id == id && post.message.index == patch.index);
                if let Some(post) = post {
                    post.message.apply(patch);
                }
                self.posts.retain(|post| post.message.deleted.is_none());
            }
            // A message of a channel, and what is no message.
            Some(_) | None => {}
        }
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Watch]
    }

    fn watching(&mut self) -> Vec<PageRequest> {
        if self.refreshing == 0 {
            self.heard.clear();
        }
        self.refreshing += 1;
        vec![self.fetch(None)]
    }

    fn closed(&self, _: &ChatScreen) -> Option<ClientPacket> {
        Some(ClientPacket::WatchFeed(WatchFeed { on: false }))
    }
}
