//! Pages over the conversation: lists that lead somewhere. A page is a file in page/ that says what its rows are and what
//! keys do to them. This file says what a page is, place.rs which there are, all.rs how each is opened, request.rs what it
//! can ask for, keys.rs what its keys can do; frame.rs is the frame around each. How to add one is told in docs/adding.md.
//!
//! ```text
//! ╭ Search ────────────────────────────────────────╮
//! │ Search kettle from:bob                         │
//! │                                                │
//! │ #tea · bob · Sat 09:41                         │
//! │   the kettle is on                             │
//! │ Enter open  Esc back                           │
//! ╰────────────────────────────────────────────────╯
//! ```

mod all;
pub mod catch_up;
pub mod channels;
mod frame;
pub mod friends;
pub mod keys;
pub mod list;
pub mod moderation;
pub mod pins;
mod place;
pub mod posts;
pub mod profile;
pub mod reactions;
mod request;
pub mod room;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod thread;
mod verbs;
mod writing;

use std::fmt::Debug;

use proto::{ClientPacket, MessageAdd, MessageUpdate, ServerPacket};

use crate::chat::ChatScreen;
use crate::component::field::Field;
pub use crate::fetch::{ChannelsWish, Fetch, Fetched};
use crate::theme::Theme;
pub(crate) use all::PAGES;
pub use frame::Frame;
use keys::{PageAction, PageKey};
use list::Row;
pub use place::PagePlace;
pub use request::PageRequest;
use writing::Writing;

/// What a page shows and does.
pub trait Page: Debug + Send {
    /// What stands above it.
    fn title(&self, chat: &ChatScreen) -> String;
    /// Its keys, the most important ones first; a key can stand there several times, for different rows.
    fn keys(&self) -> &'static [PageKey];
    /// Whether something can be done now; on a row if there is one. What cannot is not told of below the page.
    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool;
    /// Does it, or says why not: a key can be pressed that is not told of.
    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest>;
    /// What stands there while there are no rows.
    fn empty(&self) -> &str;
    /// Its rows, in so many cells.
    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row>;
    /// The line to write in.
    fn field(&self) -> Option<&Field> {
        None
    }
    /// The same, to be written in.
    fn field_mut(&mut self) -> Option<&mut Field> {
        None
    }
    /// Something else stands in the line to write in.
    fn changed(&mut self) -> Vec<PageRequest> {
        Vec::new()
    }
    /// The box in which a post, a reply or a setting is being written.
    fn written(&self) -> Option<&Writing> {
        None
    }
    /// The same, on pages that have one, to be written in and taken.
    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        None
    }
    /// What each row is about, whatever its place: so that the chosen one stays chosen while others come and go.
    fn identities(&self, _chat: &ChatScreen) -> Vec<String> {
        Vec::new()
    }
    /// Whether it shows the reader's activity, and is brought up to date when there is more of it.
    fn shows_activity(&self) -> bool {
        false
    }
    /// A row was moved to.
    fn reached(&mut self, _row: usize) -> Vec<PageRequest> {
        Vec::new()
    }
    /// What was asked for has come.
    fn fetched(&mut self, _fetched: Fetched) {}
    /// What was asked for did not come.
    fn failed(&mut self, _reason: String) {}
    /// The daemon told something.
    fn heard(&mut self, _event: &ServerPacket, _chat: &ChatScreen) {}
    /// The page is closed: what the daemon no longer needs to do for it.
    fn closed(&self, _chat: &ChatScreen) -> Option<ClientPacket> {
        None
    }
    /// New posts are told of from now on: those of before are asked for.
    fn watching(&mut self) -> Vec<PageRequest> {
        Vec::new()
    }
    /// What it needs of the daemon: when it opens, when it is shown again, and when it may have changed.
    fn wants(&mut self, _chat: &ChatScreen) -> Vec<PageRequest> {
        Vec::new()
    }
}

/// What an event says of one message.
enum MessageNews<'a> {
    Added(&'a MessageAdd),
    Changed(&'a MessageUpdate),
}

/// Gives what an event says of one message, if it is about one.
fn message_news(event: &ServerPacket) -> Option<MessageNews<'_>> {
    match event {
        ServerPacket::MessageAdd(add) => Some(MessageNews::Added(add)),
        ServerPacket::MessageUpdate(update) => Some(MessageNews::Changed(update)),
        ServerPacket::Welcome(_)
        | ServerPacket::ChannelAdd(_)
        | ServerPacket::ChannelResume(_)
        | ServerPacket::ChannelRemove(_)
        | ServerPacket::ChannelUpdate(_)
        | ServerPacket::ChannelUserUpdate(_)
        | ServerPacket::ChannelUsersUpdate(_)
        | ServerPacket::PresenceUpdate(_)
        | ServerPacket::Upload(_)
        | ServerPacket::ChannelRead(_)
        | ServerPacket::ChannelPersonal(_)
        | ServerPacket::CatchUp(_)
        | ServerPacket::Settings(_)
        | ServerPacket::FriendUpdate(_)
        | ServerPacket::Goodbye(_) => None,
    }
}
