//! Keys, the mouse and pastes: who gets them, and what follows from them.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use proto::Timestamp;
use ratatui::layout::Position;

use super::pages::{close_pages, fulfil, leads_away, open_page, written_on_pages};
use super::popups::{perform, show};
use super::{Layer, Model, Screen};
use crate::camera::CameraOrder;
use crate::chat;
use crate::chat::KeyOutcome;
use crate::component::help::HelpPopup;
use crate::component::login;
use crate::component::password::PasswordPopup;
use crate::component::selfie::SelfieOutcome;
use crate::component::viewer::Viewed;
use crate::effect::Effect;

/// Gives a key to what is on top.
pub(super) fn key_pressed(model: &mut Model, key: KeyEvent, now: Timestamp) -> Vec<Effect> {
    if !model.layers.is_empty() && model.pasting_until.is_some_and(|until| now < until) {
        model.pasting_until = Some(now.plus_millis(chat::PASTE_TAIL_MILLIS));
        return Vec::new();
    }
    let screen = model.area();
    match (model.layers.last_mut(), &mut model.screen) {
        (Some(Layer::Viewer(viewer)), Screen::Chat(chat)) => {
            chat.notice = None;
            match viewer.key(key, chat, screen) {
                Viewed::Stay => Vec::new(),
                Viewed::Save(file) => {
                    let outcome = chat.download(vec![file]);
                    chat_done(model, outcome, now)
                }
                Viewed::Close => {
                    model.layers.pop();
                    Vec::new()
                }
            }
        }
        (Some(Layer::Selfie(selfie)), Screen::Chat(chat)) => {
            let more = match selfie.key(key, now) {
                SelfieOutcome::Stay(effects) => return effects,
                SelfieOutcome::Close => Vec::new(),
                SelfieOutcome::Discard(path) => vec![Effect::Discard(path)],
                SelfieOutcome::Send(to, path) => chat.send_selfie(to, path),
            };
            model.layers.pop();
            [vec![Effect::Camera(CameraOrder::Close)], more].concat()
        }
        (Some(Layer::Viewer(_) | Layer::Selfie(_)), Screen::Login(_)) => Vec::new(),
        (Some(Layer::Popup(popup)), _) => {
            let outcome = popup.key(key);
            perform(model, outcome)
        }
        (Some(Layer::Page(page)), Screen::Chat(chat)) if key.code == KeyCode::F(1) => {
            let help = page.help(chat);
            show(model, help);
            Vec::new()
        }
        (Some(Layer::Page(page)), _) if leads_away(key, page) => {
            let mut effects = close_pages(model);
            let Screen::Chat(chat) = &mut model.screen else { return effects };
            let outcome = chat.key(key, now);
            effects.extend(chat_done(model, outcome, now));
            effects
        }
        (Some(Layer::Page(page)), Screen::Chat(chat)) => {
            chat.notice = None;
            let requests = page.key(key, chat, chat::page_area(chat));
            fulfil(model, requests)
        }
        (Some(Layer::Page(_)), Screen::Login(_)) => Vec::new(),
        (None, Screen::Login(login)) => match login.key(key, now) {
            login::SignInOutcome::GoOn(effects) => effects,
            login::SignInOutcome::Quit => model.quit(),
        },
        (None, Screen::Chat(chat)) => {
            let outcome = chat.key(key, now);
            chat_done(model, outcome, now)
        }
    }
}

/// Gives the mouse to what is on top.
pub(super) fn mouse_moved(model: &mut Model, mouse: MouseEvent, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let at = Position::new(mouse.column, mouse.row);
    let click = matches!(mouse.kind, MouseEventKind::Down(MouseButton::Left));
    let beside = !chat::page_area(chat).contains(at);
    match model.layers.last_mut() {
        // What stands beside a page leads away from it.
        Some(Layer::Page(_)) if click && beside => {
            let mut effects = close_pages(model);
            let Screen::Chat(chat) = &mut model.screen else { return effects };
            let outcome = chat.mouse(mouse);
            effects.extend(chat_done(model, outcome, now));
            effects
        }
        Some(Layer::Page(page)) => {
            let requests = page.mouse(mouse, chat, chat::page_area(chat));
            fulfil(model, requests)
        }
        Some(Layer::Popup(_) | Layer::Viewer(_) | Layer::Selfie(_)) => Vec::new(),
        None => {
            let outcome = chat.mouse(mouse);
            chat_done(model, outcome, now)
        }
    }
}

/// Gives a pasted text to what is on top.
pub(super) fn pasted(model: &mut Model, text: &str, now: Timestamp) -> Vec<Effect> {
    model.pasting_until = Some(now.plus_millis(chat::PASTE_TAIL_MILLIS));
    match (model.layers.last_mut(), &mut model.screen) {
        (Some(Layer::Popup(popup)), _) => popup.paste(text),
        (Some(Layer::Viewer(_) | Layer::Selfie(_)), _) => {}
        (Some(Layer::Page(page)), _) => {
            let requests = page.paste(text);
            return fulfil(model, requests);
        }
        (None, Screen::Login(login)) => login.paste(text, now),
        (None, Screen::Chat(chat)) => return chat.paste(text, now),
    }
    Vec::new()
}

/// Somebody has pressed a key, pasted or moved the mouse: they are there.
pub(super) fn somebody_is_there(model: &mut Model, now: Timestamp) {
    let on_pages = written_on_pages(model);
    if let Screen::Chat(chat) = &mut model.screen {
        chat.is_touched(on_pages);
        chat.is_there(now);
    }
}

/// Goes on from what a key or the mouse did on the chat screen.
pub(super) fn chat_done(model: &mut Model, outcome: KeyOutcome, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &model.screen else { return Vec::new() };
    match outcome {
        KeyOutcome::GoOn(effects) => return effects,
        KeyOutcome::Quit => return model.quit(),
        KeyOutcome::SignOut => {
            let mut effects = vec![Effect::SignOut(chat.core.session.clone())];
            effects.extend(model.show_login(None, now));
            return effects;
        }
        KeyOutcome::View(viewer) => model.layers.push(Layer::Viewer(Box::new(viewer))),
        KeyOutcome::Selfie(selfie) => {
            model.layers.push(Layer::Selfie(Box::new(selfie)));
            return vec![Effect::Camera(CameraOrder::Open)];
        }
        KeyOutcome::Page(place) => return open_page(model, place),
        KeyOutcome::Password => show(model, PasswordPopup::default()),
        KeyOutcome::Help => show(model, HelpPopup::default()),
        KeyOutcome::Confirm(question) => show(model, question),
        KeyOutcome::Emoji(form) => show(model, form),
        KeyOutcome::Prompt(prompt) => show(model, prompt),
    }
    Vec::new()
}
