//! The whole program as a value: [`Model`], [`update`] and [`view`]. No clock, file or socket here:
//! the time comes with each message, and what is wanted outside goes out as [`Effect`]s.

mod forms;
mod pages;
mod popups;
mod view;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use proto::codec::Incoming;
use proto::{ChannelName, ServerPacket, Timestamp};
use ratatui::layout::Position;

use crate::chat::{self, Start};
use crate::component::{confirm, emoji, help, leave, login, password, prompt, server_key};
use crate::effect::Effect;
use crate::msg::Msg;
use crate::page::{Fetch, Fetched, Frame};
use crate::session::{Server, Session};
use forms::settle_forms;
use pages::{
    bring_page_up_to_date, close_pages, fulfil, leads_away, leave_pages, open_page, pages as open_pages, pages_hear,
    settle_page, written_on_pages,
};
use popups::{deed_done, emoji_done, form_done, password_changed, popup_done, server_key_done, show_password};
pub use view::view;

/// Everything the program knows.
#[derive(Debug)]
pub struct Model {
    size: (u16, u16),
    screen: Screen,
    /// Over the screen; the last one is on top and gets the keys.
    popups: Vec<Popup>,
    /// Until when keys over the chat are taken for the rest of a paste, which can hold what looks like its own end.
    pasting_until: Option<Timestamp>,
    start: Start,
}

#[derive(Debug)]
enum Screen {
    Login(Box<login::State>),
    Chat(Box<chat::State>),
}

#[derive(Debug)]
enum Popup {
    Help(help::State),
    Prompt(prompt::State),
    ServerKey(server_key::State),
    Password(Box<password::State>),
    Leave(Box<leave::State>),
    Confirm(confirm::State),
    Emoji(emoji::State),
    Page(Box<Frame>),
}

impl Model {
    /// Starts with the sign-in form.
    pub fn signed_out(start: Start, server: &Server, handle: &str, register: bool, size: (u16, u16)) -> Self {
        let login =
            login::State::new(server, handle, register, start.fixed_server).with_invite(start.invite.as_deref());
        Self { size, screen: Screen::Login(Box::new(login)), popups: Vec::new(), pasting_until: None, start }
    }

    /// Starts with a session that is to be connected.
    pub fn signed_in(start: Start, session: Session, size: (u16, u16)) -> (Self, Vec<Effect>) {
        let chat = chat::State::new(session.clone(), &start, size);
        let model = Self { size, screen: Screen::Chat(Box::new(chat)), popups: Vec::new(), pasting_until: None, start };
        (model, vec![Effect::Connect(session), Effect::Title("chat".to_owned())])
    }

    fn show_chat(&mut self, session: Session) -> Vec<Effect> {
        let chat = chat::State::new(session.clone(), &self.start, self.size);
        self.screen = Screen::Chat(Box::new(chat));
        self.popups.clear();
        vec![Effect::SaveSession(session.clone()), Effect::Connect(session)]
    }

    fn show_login(&mut self, reason: Option<&str>, now: Timestamp) -> Vec<Effect> {
        let Screen::Chat(chat) = &self.screen else { return Vec::new() };
        let session = chat.session.clone();
        let fixed = self.start.fixed_server;
        let mut login = login::State::new(&session.server, session.handle.as_str(), false, fixed);
        let mut effects = Vec::from_iter(self.keep());
        effects.extend([Effect::Disconnect, Effect::ForgetSession(session.clone()), Effect::Title("chat".to_owned())]);
        if reason.is_some() {
            login.come_up(now);
        }
        match (reason, session.server) {
            // Where the system vouches for one, nobody has to sign in by hand again. Behind a key of ssh it vouches for the
            // user whom all share, and for nobody in particular.
            (Some(_), server @ Server::Unix(_)) if !fixed => {
                login.wait();
                effects.push(Effect::SignInLocally(server));
            }
            (Some(reason), _) if fixed => {
                login.fail(&format!("{reason} (Ctrl+Q, then ssh once more, signs you in by your key)"))
            }
            (Some(reason), _) => login.fail(reason),
            (None, _) => {}
        }
        self.screen = Screen::Login(Box::new(login));
        self.popups.clear();
        effects
    }
}

impl Model {
    /// Keeps what is written before the chat goes away.
    fn keep(&mut self) -> Option<Effect> {
        let on_pages = written_on_pages(self);
        let Screen::Chat(chat) = &mut self.screen else { return None };
        chat.is_touched(on_pages);
        chat.keep_now()
    }

    fn quit(&mut self) -> Vec<Effect> {
        self.keep().into_iter().chain([Effect::Quit]).collect()
    }
}

/// Takes a message in and gives what is to be done outside.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    let happened = matches!(&msg, Msg::Packet(Incoming::Event(ServerPacket::CatchUp(_))));
    let welcome = matches!(&msg, Msg::Packet(Incoming::Event(ServerPacket::Welcome(_))));
    if let Screen::Chat(chat) = &mut model.screen {
        chat.now = now;
    }
    if let (Msg::ConnectionUp(_), Screen::Chat(_)) = (&msg, &model.screen) {
        // The right server is there again.
        model.popups.retain(|popup| !matches!(popup, Popup::ServerKey(_)));
    }
    let by_hand = matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_));
    if let Msg::Packet(Incoming::Event(event)) = &msg {
        pages_hear(model, event);
    }
    let mut effects = match msg {
        Msg::Terminate => return model.quit(),
        Msg::Resumed => match &model.screen {
            Screen::Chat(chat) => vec![Effect::Redraw, chat.title()],
            Screen::Login(_) => vec![Effect::Redraw],
        },
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            if let Screen::Chat(chat) = &mut model.screen {
                chat.size = model.size;
            }
            Vec::new()
        }
        Msg::Key(key) => key_pressed(model, key, now),
        Msg::Mouse(mouse) => mouse_moved(model, mouse, now),
        Msg::Fetched(fetch, result) => {
            if let Fetch::Named(name) = &fetch {
                return channels_named(model, name, result, now);
            }
            let again = match (&result, &mut model.screen) {
                (Ok(fetched), Screen::Chat(chat)) => chat.fetched(fetched),
                _ => None,
            };
            let mut asked = false;
            for page in open_pages(model) {
                asked |= page.fetched(&fetch, result.clone());
            }
            if let (Err(reason), true, Screen::Chat(chat)) = (result, asked, &mut model.screen) {
                chat.fail(reason);
            }
            again.into_iter().collect()
        }
        Msg::Paste(text) => pasted(model, &text, now),
        Msg::Wake => woken(model, now),
        Msg::SignedIn(Ok(session)) => model.show_chat(session),
        Msg::SignedIn(Err(reason)) => {
            if let Screen::Login(login) = &mut model.screen {
                login.fail(&reason);
            }
            Vec::new()
        }
        Msg::KeyRefused(server, error) => {
            // Whoever is in a chat may be typing, and has trusted another key before.
            let may_trust = matches!(model.screen, Screen::Login(_));
            match &mut model.screen {
                Screen::Login(login) => login.fail("the key of this server is not trusted"),
                // It is tried again by itself.
                Screen::Chat(_) => model.popups.retain(|popup| !matches!(popup, Popup::ServerKey(_))),
            }
            model.popups.push(Popup::ServerKey(server_key::State::new(server, error, may_trust)));
            Vec::new()
        }
        Msg::AccountDeleted(Ok(())) => {
            let forgotten = match &mut model.screen {
                Screen::Chat(chat) => Some(chat.forget_written()),
                Screen::Login(_) => None,
            };
            let mut effects = model.show_login(None, now);
            // Last, since all that stood on the screen was kept before.
            effects.extend(forgotten);
            if let Screen::Login(login) = &mut model.screen {
                login.fail("your account is deleted");
            }
            effects
        }
        Msg::AccountDeleted(Err(reason)) => {
            let mut told = false;
            for popup in &mut model.popups {
                if let Popup::Leave(form) = popup {
                    form.fail(&reason);
                    told = true;
                }
            }
            if let (Screen::Chat(chat), false) = (&mut model.screen, told) {
                chat.fail(reason);
            }
            Vec::new()
        }
        Msg::PasswordChanged(changed) => {
            password_changed(model, changed);
            Vec::new()
        }
        other => match &mut model.screen {
            Screen::Chat(chat) => match chat_msg(chat, other, now) {
                chat::Outcome::GoOn(effects) => effects,
                chat::Outcome::SignInAgain(reason) => model.show_login(Some(&reason), now),
            },
            Screen::Login(_) => Vec::new(),
        },
    };
    if by_hand {
        let on_pages = written_on_pages(model);
        if let Screen::Chat(chat) = &mut model.screen {
            chat.is_touched(on_pages);
            chat.is_there(now);
        }
    }
    effects.extend(settle(model, welcome, happened, now));
    // What is written lies on the disk before it goes out.
    effects.sort_by_key(|effect| !matches!(effect, Effect::Keep(..)));
    effects
}

/// What follows from any change.
fn settle(model: &mut Model, welcome: bool, happened: bool, now: Timestamp) -> Vec<Effect> {
    let mut effects = leave_pages(model);
    settle_forms(model);
    effects.extend(bring_page_up_to_date(model, welcome, happened));
    let is_behind_page = open_pages(model).next().is_some();
    if let Screen::Chat(chat) = &mut model.screen {
        chat.is_behind_page = is_behind_page;
        effects.extend(chat.settle(now));
    }
    settle_page(model);
    effects
}

/// The daemon has told which channels have a name that somebody has written.
fn channels_named(
    model: &mut Model,
    name: &ChannelName,
    result: Result<Fetched, String>,
    now: Timestamp,
) -> Vec<Effect> {
    let busy = !model.popups.is_empty();
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let outcome = match &result {
        Ok(Fetched::Named(found)) => chat.named(name, Ok(found)),
        Ok(_) => chat.named(name, Ok(&[])),
        Err(reason) => chat.named(name, Err(reason.clone())),
    };
    // A question that comes by itself takes no key that was meant for something else.
    let mut effects = match outcome {
        chat::KeyOutcome::Confirm(_) if busy || !chat.composer().is_empty() => {
            chat.fail("nothing was done: this asks first, and you were writing; once more, please");
            Vec::new()
        }
        outcome => chat_done(model, outcome, now),
    };
    effects.extend(settle(model, false, false, now));
    effects
}

/// A moment that was waited for has come.
fn woken(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let mut effects = chat.wake(now);
    if let Some(outcome) = chat.held_key_due(now) {
        effects.extend(chat_done(model, outcome, now));
    }
    effects
}

fn mouse_moved(model: &mut Model, mouse: crossterm::event::MouseEvent, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let at = Position::new(mouse.column, mouse.row);
    let click = matches!(mouse.kind, MouseEventKind::Down(MouseButton::Left));
    let beside = !chat::page_area(chat).contains(at);
    match model.popups.last_mut() {
        // What stands beside a page leads away from it.
        Some(Popup::Page(_)) if click && beside => {
            let mut effects = close_pages(model);
            let Screen::Chat(chat) = &mut model.screen else { return effects };
            let outcome = chat.mouse(mouse, now);
            effects.extend(chat_done(model, outcome, now));
            effects
        }
        Some(Popup::Page(page)) => {
            let wishes = page.mouse(mouse, chat, chat::page_area(chat));
            fulfil(model, wishes)
        }
        Some(_) => Vec::new(),
        None => {
            let outcome = chat.mouse(mouse, now);
            chat_done(model, outcome, now)
        }
    }
}

/// Hands the chat screen what is its own.
fn chat_msg(chat: &mut chat::State, msg: Msg, now: Timestamp) -> chat::Outcome {
    chat::Outcome::GoOn(match msg {
        Msg::Packet(packet) => return chat.packet(packet, now),
        Msg::ConnectionUp(_) => chat.connection_up(),
        Msg::ConnectionDown { reason, retry_after_ms } => {
            chat.connection_down(&reason, now.plus_millis(i64::try_from(retry_after_ms).unwrap_or(i64::MAX)))
        }
        Msg::History { channel, page, result } => chat.history(channel, page, result, now),
        Msg::Channels(result) => chat.channel_list(result),
        Msg::TakeUp(unsent) => {
            chat.take_up(*unsent, now);
            Vec::new()
        }
        Msg::Kept(result) => {
            chat.was_kept(result);
            Vec::new()
        }
        Msg::Focus(focused) => {
            chat.focus(focused, now);
            Vec::new()
        }
        Msg::Key(_)
        | Msg::Mouse(_)
        | Msg::Fetched(..)
        | Msg::Paste(_)
        | Msg::Resize(..)
        | Msg::SignedIn(_)
        | Msg::KeyRefused(..)
        | Msg::PasswordChanged(_)
        | Msg::AccountDeleted(_)
        | Msg::Resumed
        | Msg::Wake
        | Msg::Background(..)
        | Msg::Terminate => Vec::new(),
    })
}

fn key_pressed(model: &mut Model, key: crossterm::event::KeyEvent, now: Timestamp) -> Vec<Effect> {
    if !model.popups.is_empty() && model.pasting_until.is_some_and(|until| now < until) {
        model.pasting_until = Some(now.plus_millis(chat::PASTE_TAIL_MILLIS));
        return Vec::new();
    }
    let help = key.code == KeyCode::F(1);
    if help && matches!(model.popups.last(), Some(Popup::Page(_))) {
        model.popups.push(Popup::Help(help::State::default()));
        return Vec::new();
    }
    if let Some(popup) = model.popups.last_mut() {
        let outcome = match popup {
            Popup::Help(help) => help.key(key),
            Popup::Prompt(prompt) => prompt.key(key),
            Popup::ServerKey(question) => {
                let outcome = question.key(key);
                return server_key_done(model, outcome);
            }
            Popup::Confirm(question) => {
                let outcome = match question.key(key) {
                    confirm::Outcome::Stay => return Vec::new(),
                    confirm::Outcome::Close => None,
                    confirm::Outcome::Yes(deed) => Some(deed),
                };
                return deed_done(model, outcome);
            }
            Popup::Emoji(form) => {
                let outcome = form.key(key);
                return emoji_done(model, outcome);
            }
            Popup::Page(page) if leads_away(key, page) => {
                let mut effects = close_pages(model);
                let Screen::Chat(chat) = &mut model.screen else { return effects };
                let outcome = chat.key(key, now);
                effects.extend(chat_done(model, outcome, now));
                return effects;
            }
            Popup::Page(page) => {
                let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
                chat.notice = None;
                let wishes = page.key(key, chat, chat::page_area(chat));
                return fulfil(model, wishes);
            }
            Popup::Leave(form) => {
                let outcome = form.key(key);
                return form_done(model, outcome);
            }
            Popup::Password(form) => {
                let outcome = form.key(key);
                return form_done(model, outcome);
            }
        };
        return popup_done(model, outcome);
    }
    match &mut model.screen {
        Screen::Login(login) => match login.key(key, now) {
            login::Outcome::GoOn(effects) => effects,
            login::Outcome::Quit => model.quit(),
        },
        Screen::Chat(chat) => {
            let outcome = chat.key(key, now);
            chat_done(model, outcome, now)
        }
    }
}

/// Goes on from what a key or the mouse did on the chat screen.
fn chat_done(model: &mut Model, outcome: chat::KeyOutcome, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &model.screen else { return Vec::new() };
    let popup = match outcome {
        chat::KeyOutcome::GoOn(effects) => return effects,
        chat::KeyOutcome::Quit => return model.quit(),
        chat::KeyOutcome::SignOut => {
            let mut effects = vec![Effect::SignOut(chat.session.clone())];
            effects.extend(model.show_login(None, now));
            return effects;
        }
        chat::KeyOutcome::Page(place) => return open_page(model, place),
        chat::KeyOutcome::Password => {
            show_password(model);
            return Vec::new();
        }
        chat::KeyOutcome::Help => Popup::Help(help::State::default()),
        chat::KeyOutcome::Confirm(question) => Popup::Confirm(question),
        chat::KeyOutcome::Emoji(form) => Popup::Emoji(form),
        chat::KeyOutcome::Prompt(prompt) => Popup::Prompt(prompt),
    };
    model.popups.push(popup);
    Vec::new()
}

fn pasted(model: &mut Model, text: &str, now: Timestamp) -> Vec<Effect> {
    model.pasting_until = Some(now.plus_millis(chat::PASTE_TAIL_MILLIS));
    match (model.popups.last_mut(), &mut model.screen) {
        (Some(Popup::Prompt(prompt)), _) => prompt.paste(text),
        (Some(Popup::Password(form)), _) => form.paste(text),
        (Some(Popup::Leave(form)), _) => form.paste(text),
        (Some(Popup::Emoji(form)), _) => form.paste(text),
        (Some(Popup::Page(page)), _) => {
            let wishes = page.paste(text);
            return fulfil(model, wishes);
        }
        (Some(Popup::Help(_) | Popup::ServerKey(_) | Popup::Confirm(_)), _) => {}
        (None, Screen::Login(login)) => login.paste(text, now),
        (None, Screen::Chat(chat)) => return chat.paste(text, now),
    }
    Vec::new()
}

impl Model {
    /// Gives the name of the look that the reader has set, empty for the usual one.
    pub fn theme_name(&self) -> &str {
        match &self.screen {
            Screen::Chat(chat) => chat.people.settings.as_ref().map_or("", |settings| settings.theme.as_str()),
            Screen::Login(_) => "",
        }
    }

    /// Gives the session of whoever is signed in.
    pub fn session(&self) -> Option<&Session> {
        match &self.screen {
            Screen::Chat(chat) => Some(&chat.session),
            Screen::Login(_) => None,
        }
    }

    /// Gives the size of the screen, columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }
}
