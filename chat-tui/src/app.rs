//! The whole program as a value: [`Model`], [`update`] and [`view`]. No clock, file or socket here:
//! the time comes with each message, and what is wanted outside goes out as [`Effect`]s.

use crossterm::event::{KeyCode, MouseEventKind};
use proto::codec::Incoming;
use proto::{ServerPacket, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::{self, Start};
use crate::component::{confirm, emoji, help, leave, login, password, prompt, server_key};
use crate::effect::Effect;
use crate::keymap::{self, Action};
use crate::msg::Msg;
use crate::page::{Frame, Place, Wish};
use crate::session::{Server, Session};
use crate::theme::Theme;

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
            for page in pages(model) {
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

/// Asks for what the page on top shows, when that may be otherwise by now.
fn bring_page_up_to_date(model: &mut Model, welcome: bool, happened: bool) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let stale = std::mem::take(&mut chat.page_stale) | welcome;
    let watching = std::mem::take(&mut chat.page_watching);
    let concerned = happened && pages(model).next().is_some_and(|page| page.is_of_what_happened());
    let mut effects = Vec::new();
    if stale || concerned {
        effects.extend(ask_for_page(model));
    }
    if watching {
        let wishes = pages(model).next().map(Frame::watching).unwrap_or_default();
        effects.extend(fulfil(model, wishes));
    }
    effects
}

/// Lets the row that is chosen on the page on top stay chosen.
fn settle_page(model: &mut Model) {
    let Screen::Chat(chat) = &model.screen else { return };
    let top = model.popups.iter_mut().rev().find_map(|popup| match popup {
        Popup::Page(page) => Some(page),
        _ => None,
    });
    if let Some(page) = top {
        page.settle(chat, chat::page_area(chat));
    }
}

/// The pages that are open, wherever they stand among the popups, the one on top first.
fn pages(model: &mut Model) -> impl Iterator<Item = &mut Frame> {
    model.popups.iter_mut().rev().filter_map(|popup| match popup {
        Popup::Page(page) => Some(&mut **page),
        _ => None,
    })
}

fn pages_hear(model: &mut Model, event: &ServerPacket) {
    let Screen::Chat(chat) = &model.screen else { return };
    for popup in &mut model.popups {
        if let Popup::Page(page) = popup {
            page.heard(event, chat);
        }
    }
}

fn top_page(model: &Model) -> Option<usize> {
    model.popups.iter().rposition(|popup| matches!(popup, Popup::Page(_)))
}

/// Takes all pages away.
fn close_pages(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    while let Some(top) = top_page(model) {
        effects.extend(close_page(model, top));
    }
    effects
}

/// Takes a page away; without a connection the daemon does nothing for it any more.
fn close_page(model: &mut Model, place: usize) -> Vec<Effect> {
    let Popup::Page(page) = model.popups.remove(place) else { return Vec::new() };
    match &mut model.screen {
        Screen::Chat(chat) if chat.connection == chat::Connection::Online => {
            page.closed(chat).into_iter().flat_map(|packet| chat.say(packet)).collect()
        }
        _ => Vec::new(),
    }
}

/// Asks for what the page on top needs: it is new, is shown again, or may have changed.
fn ask_for_page(model: &mut Model) -> Vec<Effect> {
    let Screen::Chat(chat) = &model.screen else { return Vec::new() };
    let top = model.popups.iter_mut().rev().find_map(|popup| match popup {
        Popup::Page(page) => Some(page),
        _ => None,
    });
    let wishes = top.map(|page| page.wants(chat)).unwrap_or_default();
    fulfil(model, wishes)
}

fn open_page(model: &mut Model, place: Place) -> Vec<Effect> {
    model.popups.push(Popup::Page(Box::new(place.open())));
    ask_for_page(model)
}

fn mouse_moved(model: &mut Model, mouse: crossterm::event::MouseEvent, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let at = Position::new(mouse.column, mouse.row);
    let (click, beside) = (matches!(mouse.kind, MouseEventKind::Down(_)), !chat::page_area(chat).contains(at));
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

/// Does what a page wants.
fn fulfil(model: &mut Model, wishes: Vec<Wish>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for wish in wishes {
        if matches!(wish, Wish::Go(..) | Wish::Join(_) | Wish::Talk(_) | Wish::Reply(..) | Wish::Write(_)) {
            effects.extend(close_pages(model));
        }
        let Screen::Chat(chat) = &mut model.screen else { return effects };
        match wish {
            Wish::Fetch(fetch) => {
                if let Some(page) = pages(model).next() {
                    page.asks(&fetch);
                }
                effects.push(Effect::Fetch(fetch));
            }
            Wish::Go(channel, index) => effects.extend(chat.go_to(channel, index)),
            Wish::Join(name) => effects.extend(chat.join(name)),
            Wish::Talk(handle) => effects.extend(chat.talk(handle)),
            Wish::Reply(channel, index, quote) => chat.reply_to(channel, index, quote),
            Wish::Write(text) => chat.write(&text),
            Wish::Edit(channel, index, content) => effects.extend(chat.edit_elsewhere(channel, index, content)),
            Wish::Keep(text) => chat.keep(&text),
            Wish::Watch => effects.extend(chat.watch_feed()),
            Wish::Post(content) => chat.post(&content),
            Wish::Answer(wall, index, content) => chat.answer_post(wall, index, &content),
            Wish::React(channel, index) => model.popups.push(Popup::Emoji(emoji::State::new(channel, index))),
            Wish::Copy(text) => {
                chat.tell("copied, where the terminal allows it");
                effects.push(Effect::Copy(text));
            }
            Wish::Say(packet) => effects.extend(chat.say(packet)),
            Wish::Ask(question, about, packet) => {
                let question = confirm::State::new(question, &about, chat::Deed::Say(packet));
                model.popups.push(Popup::Confirm(question));
            }
            Wish::Password => show_password(model),
            Wish::Leave => model.popups.push(Popup::Leave(Box::new(leave::State::new(chat.me())))),
            Wish::Tell(words) => chat.tell(words),
            Wish::Open(place) => effects.extend(open_page(model, place)),
            Wish::Close => {
                if let Some(top) = top_page(model) {
                    effects.extend(close_page(model, top));
                }
                effects.extend(ask_for_page(model));
            }
        }
    }
    effects
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
                return match form.key(key) {
                    leave::Outcome::Stay(effect) => effect.into_iter().collect(),
                    leave::Outcome::Close => {
                        model.popups.pop();
                        Vec::new()
                    }
                };
            }
            Popup::Password(form) => {
                return match form.key(key) {
                    password::Outcome::Stay(effect) => effect.into_iter().collect(),
                    password::Outcome::Close => {
                        model.popups.pop();
                        Vec::new()
                    }
                };
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

/// Tells whether a key leads from a page to another one or to another channel, as it does where there is none.
fn leads_away(key: crossterm::event::KeyEvent, page: &Frame) -> bool {
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
        _ => false,
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
