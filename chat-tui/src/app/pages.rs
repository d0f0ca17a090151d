//! The pages over the chat screen: opened, told what happens, brought up to date, closed, and their requests fulfilled.

use crossterm::event::{KeyCode, KeyEvent};
use proto::ServerPacket;

use super::popups::show;
use super::{Layer, Model, News, Screen};
use crate::chat;
use crate::chat::{ChatScreen, KeyOutcome};
use crate::component::delete_account::DeleteAccountPopup;
use crate::component::emoji::EmojiPopup;
use crate::component::password::PasswordPopup;
use crate::deed::Deed;
use crate::effect::Effect;
use crate::fetch::Fetch;
use crate::keymap::{self, Action};
use crate::page::{Frame, PagePlace, PageRequest};

/// Asks for what the page on top shows, when that may be otherwise by now.
pub(super) fn bring_page_up_to_date(model: &mut Model, news: News) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let stale = std::mem::take(&mut chat.page_stale) | news.welcome;
    let watching = std::mem::take(&mut chat.page_watching);
    let concerned = news.happened && pages(model).next().is_some_and(|page| page.shows_activity());
    let mut effects = Vec::new();
    if stale || concerned {
        effects.extend(ask_for_page(model));
    }
    if watching {
        let requests = pages(model).next().map(Frame::watching).unwrap_or_default();
        effects.extend(fulfil(model, requests));
    }
    effects
}

/// Lets the row that is chosen on the page on top stay chosen.
pub(super) fn settle_page(model: &mut Model) {
    let Screen::Chat(chat) = &model.screen else { return };
    let top = model.layers.iter_mut().rev().find_map(|layer| match layer {
        Layer::Page(page) => Some(page),
        _ => None,
    });
    if let Some(page) = top {
        page.settle(chat);
    }
}

/// The pages that are open, wherever they stand, the one on top first.
pub(super) fn pages(model: &mut Model) -> impl Iterator<Item = &mut Frame> {
    model.layers.iter_mut().rev().filter_map(|layer| match layer {
        Layer::Page(page) => Some(&mut **page),
        _ => None,
    })
}

/// Gives what is being written on pages.
pub(super) fn written_on_pages(model: &Model) -> Vec<String> {
    let pages = model.layers.iter().filter_map(|layer| match layer {
        Layer::Page(page) => page.written(),
        _ => None,
    });
    pages.map(str::to_owned).collect()
}

pub(super) fn pages_hear(model: &mut Model, event: &ServerPacket) {
    let Screen::Chat(chat) = &model.screen else { return };
    for layer in &mut model.layers {
        if let Layer::Page(page) = layer {
            page.heard(event, chat);
        }
    }
}

pub(super) fn top_page(model: &Model) -> Option<usize> {
    model.layers.iter().rposition(|layer| matches!(layer, Layer::Page(_)))
}

/// Takes all pages away when the channel is shown that one of them has led to.
pub(super) fn leave_pages(model: &mut Model) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    if std::mem::take(&mut chat.page_left) { close_pages(model) } else { Vec::new() }
}

/// Takes all pages away.
pub(super) fn close_pages(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while let Some(top) = top_page(model) {
        effects.extend(close_page(model, top));
    }
    effects
}

/// Takes a page away; without a connection the daemon does nothing for it any more.
pub(super) fn close_page(model: &mut Model, place: usize) -> Vec<Effect> {
    let Layer::Page(mut page) = model.layers.remove(place) else { return Vec::new() };
    if let (Some(PageRequest::Keep(text)), Screen::Chat(chat)) = (page.unsent(), &mut model.screen) {
        chat.keep(&text);
    }
    match &mut model.screen {
        Screen::Chat(chat) if chat.core.connection == crate::core::ConnectionState::Online => {
            page.closed(chat).into_iter().flat_map(|packet| chat.say(packet)).collect()
        }
        _ => Vec::new(),
    }
}

/// Asks for what the page on top needs: it is new, is shown again, or may have changed.
pub(super) fn ask_for_page(model: &mut Model) -> Vec<Effect> {
    let Screen::Chat(chat) = &model.screen else { return Vec::new() };
    let top = model.layers.iter_mut().rev().find_map(|layer| match layer {
        Layer::Page(page) => Some(page),
        _ => None,
    });
    let requests = top.map(|page| page.wants(chat)).unwrap_or_default();
    fulfil(model, requests)
}

pub(super) fn open_page(model: &mut Model, place: PagePlace) -> Vec<Effect> {
    // What was told before is no news there, and stands where the keys of the page are.
    if let Screen::Chat(chat) = &mut model.screen {
        chat.notice = None;
    }
    model.layers.push(Layer::Page(Box::new(place.open())));
    ask_for_page(model)
}

/// Does what a page asks for.
pub(super) fn fulfil(model: &mut Model, requests: Vec<PageRequest>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for request in requests {
        let Screen::Chat(chat) = &model.screen else { return effects };
        if leads_to_chat(&request, chat) {
            effects.extend(close_pages(model));
        }
        let Screen::Chat(chat) = &mut model.screen else { return effects };
        match request {
            PageRequest::Fetch(fetch) => {
                let online = chat.core.is_online();
                if let Some(page) = pages(model).next() {
                    page.asks(&fetch);
                }
                effects.push(match fetch {
                    Fetch::Search(query) if !online => Effect::SearchSaved(query),
                    fetch => Effect::Fetch(fetch),
                });
            }
            PageRequest::Go(channel, index) => effects.extend(chat.go_to(channel, index)),
            PageRequest::Join(id) => effects.extend(chat.lead_to(|chat| chat.join_by_id(id))),
            PageRequest::Create(name) => effects.extend(chat.lead_to(|chat| chat.create_public(name))),
            PageRequest::Talk(handle) => effects.extend(chat.lead_to_conversation(handle)),
            PageRequest::Reply(channel, index, quote) => chat.reply_to(channel, index, quote),
            PageRequest::Edit(channel, index, content) => {
                let submitted = chat.edit_in_form(channel, index, content);
                effects.extend(box_submitted(model, submitted));
            }
            PageRequest::Set(packet) => {
                let submitted = chat.set_in_form(packet);
                effects.extend(box_submitted(model, submitted));
            }
            PageRequest::SetKind(channel, kind) => {
                if let KeyOutcome::Confirm(question) = chat.set_kind(channel, kind) {
                    show(model, question);
                }
            }
            PageRequest::Question(question) => show(model, question),
            PageRequest::Keep(text) => chat.keep(&text),
            PageRequest::Watch => effects.extend(chat.watch_feed()),
            PageRequest::Post(content) => chat.post(&content),
            PageRequest::Answer(wall, index, content) => chat.answer_post(wall, index, &content),
            PageRequest::React(channel, index) => show(model, EmojiPopup::new(channel, index)),
            PageRequest::Copy(text) => {
                chat.tell(label!("notice-copied"));
                effects.push(Effect::Copy(text));
            }
            PageRequest::Say(packet) => effects.extend(chat.say(packet)),
            PageRequest::Change(packet) => effects.extend(chat.perform(Deed::Say(packet))),
            PageRequest::Password => show(model, PasswordPopup::default()),
            PageRequest::Leave => {
                let form = DeleteAccountPopup::new(chat.me());
                show(model, form);
            }
            PageRequest::Tell(words) => chat.tell(words),
            PageRequest::Fail(reason) => chat.fail(reason),
            PageRequest::Open(place) => effects.extend(open_page(model, place)),
            PageRequest::Close => {
                if let Some(top) = top_page(model) {
                    effects.extend(close_page(model, top));
                }
                effects.extend(ask_for_page(model));
            }
        }
    }
    effects
}

/// Tells whether a request leads back to the conversation at once. What the daemon has to do first leaves the page when it is
/// done: a refusal is read there, and what is typed next goes there.
fn leads_to_chat(request: &PageRequest, chat: &ChatScreen) -> bool {
    match request {
        PageRequest::Go(channel, _) | PageRequest::Reply(channel, ..) => chat.core.channels.contains_key(channel),
        PageRequest::Fetch(_)
        | PageRequest::Open(_)
        | PageRequest::Join(_)
        | PageRequest::Create(_)
        | PageRequest::Talk(_)
        | PageRequest::Set(_)
        | PageRequest::SetKind(..)
        | PageRequest::Question(_)
        | PageRequest::Post(_)
        | PageRequest::Answer(..)
        | PageRequest::Edit(..)
        | PageRequest::Keep(_)
        | PageRequest::Watch
        | PageRequest::React(..)
        | PageRequest::Copy(_)
        | PageRequest::Say(_)
        | PageRequest::Change(_)
        | PageRequest::Password
        | PageRequest::Leave
        | PageRequest::Tell(_)
        | PageRequest::Fail(_)
        | PageRequest::Close => false,
    }
}

/// A box on the page on top has asked for something, or cannot.
fn box_submitted(model: &mut Model, submitted: chat::Submitted) -> Vec<Effect> {
    match submitted {
        Ok((ticket, effect)) => {
            if let Some(page) = pages(model).next() {
                page.waits(ticket);
            }
            vec![effect]
        }
        Err(reason) => {
            if let Screen::Chat(chat) = &mut model.screen {
                chat.fail(reason);
            }
            Vec::new()
        }
    }
}

/// Tells whether a key leads from a page to another one or to another channel, as it does where there is none.
pub(super) fn leads_away(key: KeyEvent, page: &Frame) -> bool {
    let function = matches!(key.code, KeyCode::F(_));
    match keymap::action(key) {
        Some(
            Action::Feed
            | Action::Friends
            | Action::Settings
            | Action::CatchUp
            | Action::Search
            | Action::Channels
            | Action::Room
            | Action::Pins
            | Action::Channel(_)
            | Action::NextUnread,
        ) => function || !page.writes(),
        Some(
            Action::Send
            | Action::NewLine
            | Action::NextChannel
            | Action::PreviousChannel
            | Action::PageUp
            | Action::PageDown
            | Action::Bottom
            | Action::Complete
            | Action::CompleteBack
            | Action::CreateChannel
            | Action::Invite
            | Action::Retry
            | Action::TakeBack
            | Action::Mouse
            | Action::MarkRead
            | Action::Unfold
            | Action::ToggleSidebar
            | Action::ToggleMembers
            | Action::Help
            | Action::Back
            | Action::Interrupt
            | Action::Redraw
            | Action::Suspend
            | Action::Quit,
        )
        | None => false,
    }
}
