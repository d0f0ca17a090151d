//! The whole program as a value: [`Model`], [`update`] and [`view`]. No clock, file or socket here:
//! the time comes with each message, and what is wanted outside goes out as [`Effect`]s.

mod pages;

use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use proto::codec::Incoming;
use proto::{ServerPacket, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::{self, Start};
use crate::component::{confirm, emoji, form, help, leave, login, password, prompt, server_key};
use crate::effect::Effect;
use crate::msg::Msg;
use crate::page::Frame;
use crate::session::{Server, Session};
use crate::theme::Theme;
use pages::{
    bring_page_up_to_date, close_pages, fulfil, leads_away, open_page, pages as open_pages, pages_hear, settle_page,
};

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
        let login = login::State::new(server, handle, register).with_invite(start.invite.as_deref());
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

    fn show_login(&mut self, reason: Option<&str>) -> Vec<Effect> {
        let Screen::Chat(chat) = &self.screen else { return Vec::new() };
        let session = chat.session.clone();
        let mut login = login::State::new(&session.server, session.handle.as_str(), false);
        let mut effects =
            vec![Effect::Disconnect, Effect::ForgetSession(session.clone()), Effect::Title("chat".to_owned())];
        match (reason, session.server) {
            // Where the system vouches for one, nobody has to sign in by hand again.
            (Some(_), server @ Server::Unix(_)) => {
                login.wait();
                effects.push(Effect::SignInLocally(server));
            }
            (Some(reason), _) => login.fail(reason),
            (None, _) => {}
        }
        self.screen = Screen::Login(Box::new(login));
        self.popups.clear();
        effects
    }
}

/// Takes a message in and gives what is to be done outside.
pub fn update(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    let happened = matches!(&msg, Msg::Packet(Incoming::Event(ServerPacket::CatchUp(_))));
    let welcome = matches!(&msg, Msg::Packet(Incoming::Event(ServerPacket::Welcome(_))));
    if let Msg::Packet(Incoming::Event(event)) = &msg {
        pages_hear(model, event);
    }
    let mut effects = match msg {
        Msg::Terminate => return vec![Effect::Quit],
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
                Screen::Chat(chat) => chat.connection_refused("the key of the server is not trusted"),
            }
            model.popups.push(Popup::ServerKey(server_key::State::new(server, error, may_trust)));
            Vec::new()
        }
        Msg::AccountDeleted(Ok(())) => {
            let effects = model.show_login(None);
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
                chat::Outcome::SignInAgain(reason) => model.show_login(Some(&reason)),
            },
            Screen::Login(_) => Vec::new(),
        },
    };
    effects.extend(bring_page_up_to_date(model, welcome, happened));
    if let Screen::Chat(chat) = &mut model.screen {
        effects.extend(chat.settle(now));
    }
    settle_page(model);
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
            effects.extend(chat_done(model, outcome));
            effects
        }
        Some(Popup::Page(page)) => {
            let wishes = page.mouse(mouse, chat, chat::page_area(chat));
            fulfil(model, wishes)
        }
        Some(_) => Vec::new(),
        None => {
            let outcome = chat.mouse(mouse, now);
            chat_done(model, outcome)
        }
    }
}

/// Hands the chat screen what is its own.
fn chat_msg(chat: &mut chat::State, msg: Msg, now: Timestamp) -> chat::Outcome {
    chat::Outcome::GoOn(match msg {
        Msg::Packet(packet) => return chat.packet(packet, now),
        Msg::ConnectionUp(_) => chat.connection_up(),
        Msg::ConnectionDown { reason, .. } => chat.connection_down(&reason),
        Msg::History { channel, page, result } => chat.history(channel, page, result, now),
        Msg::Channels(result) => chat.channel_list(result),
        Msg::Wake => chat.wake(now),
        Msg::Focus(focused) => {
            chat.focused = focused;
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
                let outcome = match form.key(key) {
                    emoji::Outcome::Stay => return Vec::new(),
                    emoji::Outcome::Close => None,
                    emoji::Outcome::React(deed) => Some(deed),
                };
                return deed_done(model, outcome);
            }
            Popup::Page(page) if leads_away(key, page) => {
                let mut effects = close_pages(model);
                let Screen::Chat(chat) = &mut model.screen else { return effects };
                let outcome = chat.key(key, now);
                effects.extend(chat_done(model, outcome));
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
        Screen::Login(login) => match login.key(key) {
            login::Outcome::GoOn(effects) => effects,
            login::Outcome::Quit => vec![Effect::Quit],
        },
        Screen::Chat(chat) => {
            let outcome = chat.key(key, now);
            chat_done(model, outcome)
        }
    }
}

/// Goes on from what a key or the mouse did on the chat screen.
fn chat_done(model: &mut Model, outcome: chat::KeyOutcome) -> Vec<Effect> {
    let Screen::Chat(chat) = &model.screen else { return Vec::new() };
    let popup = match outcome {
        chat::KeyOutcome::GoOn(effects) => return effects,
        chat::KeyOutcome::Quit => return vec![Effect::Quit],
        chat::KeyOutcome::SignOut => {
            let mut effects = vec![Effect::SignOut(chat.session.clone())];
            effects.extend(model.show_login(None));
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

fn show_password(model: &mut Model) {
    if let Screen::Chat(chat) = &model.screen {
        model.popups.push(Popup::Password(Box::new(password::State::new(chat.session.handle.as_str()))));
    }
}

fn form_done(model: &mut Model, outcome: form::Outcome) -> Vec<Effect> {
    match outcome {
        form::Outcome::Stay(effect) => effect.into_iter().collect(),
        form::Outcome::Close => {
            model.popups.pop();
            Vec::new()
        }
    }
}

fn popup_done(model: &mut Model, outcome: prompt::Outcome) -> Vec<Effect> {
    if matches!(outcome, prompt::Outcome::Stay) {
        return Vec::new();
    }
    model.popups.pop();
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    match outcome {
        prompt::Outcome::Stay | prompt::Outcome::Close => Vec::new(),
        prompt::Outcome::Create(name, kind) => chat.create_channel(name, kind),
        prompt::Outcome::Invite(handle) => chat.invite(handle),
    }
}

/// Goes on with what the unknown key held up, once it is trusted.
fn server_key_done(model: &mut Model, outcome: server_key::Outcome) -> Vec<Effect> {
    if matches!(outcome, server_key::Outcome::Stay) {
        return Vec::new();
    }
    model.popups.pop();
    let server_key::Outcome::Trust(server, key) = outcome else { return Vec::new() };
    let mut effects = vec![Effect::Trust(server, key)];
    if let Screen::Login(login) = &mut model.screen {
        effects.extend(login.submit());
    }
    effects
}

/// Closes a form about a message, and does what was decided in it.
fn deed_done(model: &mut Model, deed: Option<chat::Deed>) -> Vec<Effect> {
    model.popups.pop();
    match (deed, &mut model.screen) {
        (Some(deed), Screen::Chat(chat)) => chat.perform(deed),
        _ => Vec::new(),
    }
}

/// Closes the form of the password, or shows in it why the password is still the old one.
fn password_changed(model: &mut Model, changed: Result<(), String>) {
    let place = model.popups.iter().position(|popup| matches!(popup, Popup::Password(_)));
    let Screen::Chat(chat) = &mut model.screen else { return };
    match (changed, place) {
        (Ok(()), place) => {
            place.map(|place| model.popups.remove(place));
            chat.tell("the password is set, your other sessions have ended");
        }
        (Err(reason), Some(place)) => {
            if let Popup::Password(form) = &mut model.popups[place] {
                form.fail(&reason);
            }
        }
        (Err(reason), None) => chat.fail(reason),
    }
}

fn pasted(model: &mut Model, text: &str, now: Timestamp) -> Vec<Effect> {
    model.pasting_until = Some(now.plus_millis(chat::PASTE_TAIL_MILLIS));
    match (model.popups.last_mut(), &mut model.screen) {
        (Some(Popup::Prompt(prompt)), _) => prompt.paste(text),
        (Some(Popup::Password(form)), _) => form.paste(text),
        (Some(Popup::Leave(form)), _) => form.paste(text),
        (Some(Popup::Emoji(form)), _) => form.paste(text),
        (Some(Popup::Page(page)), _) => page.paste(text),
        (Some(Popup::Help(_) | Popup::ServerKey(_) | Popup::Confirm(_)), _) => {}
        (None, Screen::Login(login)) => login.paste(text),
        (None, Screen::Chat(chat)) => return chat.paste(text, now),
    }
    Vec::new()
}

/// Draws everything and gives the place of the cursor.
pub fn view(model: &Model, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let screen = Rect::new(0, 0, model.size.0, model.size.1);
    let mut cursor = match &model.screen {
        Screen::Login(login) => login::view(login, screen, buffer, theme),
        Screen::Chat(chat) => chat::view(chat, buffer, theme),
    };
    for popup in &model.popups {
        cursor = match popup {
            Popup::Help(help) => {
                help::view(help, screen, buffer, theme);
                None
            }
            Popup::Prompt(prompt) => prompt::view(prompt, screen, buffer, theme),
            Popup::ServerKey(question) => server_key::view(question, screen, buffer, theme),
            Popup::Confirm(question) => {
                confirm::view(question, screen, buffer, theme);
                None
            }
            Popup::Emoji(form) => emoji::view(form, screen, buffer, theme),
            Popup::Password(form) => password::view(form, screen, buffer, theme),
            Popup::Leave(form) => leave::view(form, screen, buffer, theme),
            Popup::Page(page) => match &model.screen {
                Screen::Chat(chat) => page.view(chat, chat::page_area(chat), buffer, theme),
                Screen::Login(_) => None,
            },
        };
    }
    cursor
}

impl Model {
    /// Gives the name of the look that the reader has set, empty for the usual one.
    pub fn theme_name(&self) -> &str {
        match &self.screen {
            Screen::Chat(chat) => chat.people.settings.as_ref().map_or("", |settings| settings.theme.as_str()),
            Screen::Login(_) => "",
        }
    }

    /// Gives the size of the screen, columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }
}
