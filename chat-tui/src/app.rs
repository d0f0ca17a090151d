//! The whole program as a value: [`Model`], [`update`] and [`view`]. No clock, file or socket here:
//! the time comes with each message, and what is wanted outside goes out as [`Effect`]s.

mod input;
mod pages;
mod popups;
mod view;

use proto::codec::Incoming;
use proto::{ChannelName, ServerPacket, Timestamp};
use ratatui::layout::Rect;

use crate::camera::CameraNews;
use crate::chat::{ChatScreen, EventOutcome, KeyOutcome, Start};
use crate::component::login::LoginForm;
use crate::component::popup::{Awaited, Popup};
use crate::component::selfie::Selfie;
use crate::component::server_key::ServerKeyPopup;
use crate::component::viewer::Viewer;
use crate::core::{Event, Loaded};
use crate::effect::{Effect, SignIn};
use crate::fetch::{Fetch, Fetched};
use crate::http::RequestError;
use crate::image::ImageSetup;
use crate::msg::{Msg, SignInFailure};
use crate::page::Frame;
use crate::refusals;
use crate::session::{Server, Session};
use crate::stored::StoredState;
use crate::trust::KeyError;
use input::{chat_done, key_pressed, mouse_moved, pasted, somebody_is_there};
use pages::{bring_page_up_to_date, leave_pages, pages as open_pages, pages_hear, settle_page, written_on_pages};
use popups::{close_awaiting, has_come, settle_forms, show};
pub use view::view;

/// Everything the program knows.
#[derive(Debug)]
pub struct Model {
    size: (u16, u16),
    screen: Screen,
    /// Over the screen; the last one is on top and gets the keys.
    layers: Vec<Layer>,
    /// Until when keys over the chat are taken for the rest of a paste, which can hold what looks like its own end.
    pasting_until: Option<Timestamp>,
    start: Start,
}

/// How somebody signs in before they have typed anything.
#[derive(Debug)]
pub enum SignInBy {
    /// By what stands on the command line.
    Password(SignIn),
    /// As the user that the system knows.
    System,
    /// As a guest, under this name if it is free.
    Guest(Option<String>),
}

#[derive(Debug)]
enum Screen {
    Login(Box<LoginForm>),
    Chat(Box<ChatScreen>),
}

/// What lies over the screen.
#[derive(Debug)]
enum Layer {
    Page(Box<Frame>),
    Popup(Box<dyn Popup>),
    Viewer(Box<Viewer>),
    Selfie(Box<Selfie>),
}

impl Model {
    /// Starts with the sign-in form.
    pub fn signed_out(start: Start, server: &Server, handle: &str, register: bool, size: (u16, u16)) -> Self {
        let login = LoginForm::new(server, handle, register, start.fixed_server).with_invite(start.invite.as_deref());
        Self { size, screen: Screen::Login(Box::new(login)), layers: Vec::new(), pasting_until: None, start }
    }

    /// Starts with signing in, which is under way: the form shows it, and takes over if it fails.
    pub fn signing_in(start: Start, server: &Server, by: SignInBy, size: (u16, u16)) -> (Self, Vec<Effect>) {
        let mut model = match &by {
            SignInBy::Password(wish) => Self::signed_out(start, server, &wish.handle, wish.register, size),
            SignInBy::System | SignInBy::Guest(_) => Self::signed_out(start, server, "", false, size),
        };
        let Screen::Login(login) = &mut model.screen else { return (model, Vec::new()) };
        login.wait();
        let effect = match by {
            SignInBy::Password(wish) => {
                login.fill_in_password(&wish.password);
                Effect::SignIn(wish)
            }
            SignInBy::System => Effect::SignInLocally(server.clone()),
            SignInBy::Guest(name) => Effect::ComeAsGuest(server.clone(), name),
        };
        if !matches!(effect, Effect::SignIn(_)) {
            login.signs_in_by_itself(effect.clone());
        }
        (model, vec![effect, Effect::Title(label!("title-chat").to_owned())])
    }

    /// Starts with a session that is to be connected.
    pub fn signed_in(start: Start, session: Session, size: (u16, u16)) -> (Self, Vec<Effect>) {
        let chat = ChatScreen::new(session.clone(), &start, size);
        let model = Self { size, screen: Screen::Chat(Box::new(chat)), layers: Vec::new(), pasting_until: None, start };
        (model, vec![Effect::Connect(session), Effect::Title(label!("title-chat").to_owned())])
    }

    fn show_chat(&mut self, session: Session) -> Vec<Effect> {
        let chat = ChatScreen::new(session.clone(), &self.start, self.size);
        self.screen = Screen::Chat(Box::new(chat));
        self.layers.clear();
        vec![Effect::SaveSession(session.clone()), Effect::Connect(session)]
    }

    fn show_login(&mut self, reason: Option<&str>, now: Timestamp) -> Vec<Effect> {
        let Screen::Chat(chat) = &self.screen else { return Vec::new() };
        let session = chat.core.session.clone();
        let fixed = self.start.fixed_server;
        let mut login = LoginForm::new(&session.server, session.handle.as_str(), false, fixed);
        let mut effects = Vec::from_iter(self.keep());
        effects.extend([
            Effect::Disconnect,
            Effect::ForgetSession(session.clone()),
            Effect::Title(label!("title-chat").to_owned()),
        ]);
        if reason.is_some() {
            login.come_up(now);
        }
        match (reason, session.server.clone()) {
            // Where the system vouches for one, nobody has to sign in by hand again. Behind a key of ssh it vouches for the
            // user whom all share, and for nobody in particular.
            (Some(_), server @ Server::Unix(_)) if !fixed => {
                login.wait();
                effects.push(Effect::SignInLocally(server));
            }
            (Some(reason), _) => {
                let reason = refusals::of_ended_session(reason);
                if fixed {
                    let reason = refusals::with_stop(&reason);
                    login.fail(&say!("error-signed-out-ssh", reason = reason));
                } else {
                    login.fail(&reason);
                }
            }
            // What was read is for whoever signs in again; who signs out leaves nothing.
            (None, _) => effects.push(Effect::ForgetRead(session.clone())),
        }
        self.screen = Screen::Login(Box::new(login));
        self.layers.clear();
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
    update_all(model, [msg], now)
}

/// The same with messages that came together; what follows from any change follows from all of them once.
pub fn update_all(model: &mut Model, msgs: impl IntoIterator<Item = Msg>, now: Timestamp) -> Vec<Effect> {
    let (mut effects, mut news) = (Vec::new(), News::default());
    for msg in msgs {
        if matches!(msg, Msg::Terminate) {
            effects.extend(model.quit());
            return effects;
        }
        news = news.and(News::of(&msg));
        effects.extend(take_in(model, msg, now));
    }
    effects.extend(settle(model, news, now));
    // What is written lies on the disk before it goes out.
    effects.sort_by_key(|effect| !matches!(effect, Effect::Keep(..)));
    effects
}

fn take_in(model: &mut Model, msg: Msg, now: Timestamp) -> Vec<Effect> {
    if let Screen::Chat(chat) = &mut model.screen {
        chat.now = now;
    }
    let by_hand = matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Mouse(_));
    if let Msg::Packet(Incoming::Event(event)) = &msg {
        pages_hear(model, event);
    }
    let effects = match msg {
        Msg::Terminate => model.quit(),
        Msg::Key(key) => key_pressed(model, key, now),
        Msg::Mouse(mouse) => mouse_moved(model, mouse, now),
        Msg::Paste(text) => pasted(model, &text, now),
        Msg::Resize(columns, rows) => resized(model, (columns, rows)),
        Msg::Resumed => resumed(model),
        Msg::Written => Vec::new(),
        Msg::Wake => woken(model, now),
        Msg::Fetched(Fetch::Named(name), result) => channels_named(model, &name, result, now),
        Msg::Fetched(fetch, result) => fetched(model, &fetch, result, now),
        Msg::SignedIn(result) => signed_in(model, result),
        Msg::KeyRefused(server, error) => key_refused(model, server, error),
        Msg::AccountDeleted(result) => account_deleted(model, result, now),
        Msg::PasswordChanged(result) => password_changed(model, result),
        Msg::TakeUp(unsent) => told(model, |chat| chat.take_up(*unsent, now)),
        Msg::Restored(stored) => restored(model, *stored, now),
        Msg::StoreSetAside(path) => told(model, |chat| chat.tell(say!("notice-store-damaged", path = path))),
        Msg::Kept(result) => told(model, |chat| chat.was_kept(result)),
        Msg::Focus(focused) => told(model, |chat| chat.focus(focused, now)),
        Msg::Packet(packet) => heard(model, Event::Packet(packet), now),
        Msg::ConnectionUp(_) => {
            told(model, |chat| chat.images.try_again());
            heard(model, Event::ConnectionUp, now)
        }
        Msg::ConnectionDown { reason, retry_after_ms } => {
            heard(model, connection_down(reason, retry_after_ms, now), now)
        }
        Msg::History { channel, page, result, .. } => heard(model, Event::History(channel, page, result), now),
        Msg::UploadPassed(at, passed) => heard(model, Event::UploadPassed(at, passed), now),
        Msg::Uploaded(at, result) => heard(model, Event::Uploaded(at, result), now),
        Msg::PathsListed(typed, found) => told(model, |chat| chat.paths_listed(&typed, &found)),
        Msg::FilesPasted(text, paths) => told(model, |chat| chat.files_pasted(&text, &paths)),
        Msg::AvatarUploaded(result) => match &mut model.screen {
            Screen::Chat(chat) => chat.avatar_uploaded(result),
            Screen::Login(_) => Vec::new(),
        },
        Msg::ClipboardTaken(taken) => told(model, |chat| chat.clipboard_taken(taken)),
        Msg::Line(room) => told(model, |chat| chat.images.line = room),
        Msg::Camera(news) => camera_heard(model, news, now),
        Msg::Images(setup) => images_can_be_drawn(model, setup),
        Msg::ImageLoaded(key, setup, result) => told(model, |chat| chat.images.came(&key, setup, result)),
        Msg::DownloadPassed(file, passed) => told(model, |chat| chat.download_passed(&file, passed)),
        Msg::Opened(result) => told(model, |chat| chat.file_opened(result)),
        Msg::Downloaded(file, result) => match &mut model.screen {
            Screen::Chat(chat) => Vec::from_iter(chat.downloaded(&file, result)),
            Screen::Login(_) => Vec::new(),
        },
        Msg::StoredMembers(channel, members) => heard(model, Event::StoredMembers(channel, members), now),
        Msg::Channels(result) => heard(model, Event::Loaded(Loaded::Channels(result)), now),
        // The runtime has taken it in: it makes the theme, which the model does not know.
        Msg::Background(..) => Vec::new(),
    };
    if by_hand {
        somebody_is_there(model, now);
    }
    effects
}

/// What a message tells pages that show what may be otherwise by now.
#[derive(Debug, Clone, Copy, Default)]
struct News {
    /// A connection is up.
    welcome: bool,
    /// Something happened to the reader.
    happened: bool,
}

impl News {
    fn of(msg: &Msg) -> Self {
        let Msg::Packet(Incoming::Event(event)) = msg else { return Self::default() };
        Self { welcome: matches!(event, ServerPacket::Welcome(_)), happened: matches!(event, ServerPacket::CatchUp(_)) }
    }

    fn and(self, other: Self) -> Self {
        Self { welcome: self.welcome || other.welcome, happened: self.happened || other.happened }
    }
}

/// What follows from any change.
fn settle(model: &mut Model, news: News, now: Timestamp) -> Vec<Effect> {
    let mut effects = leave_pages(model);
    settle_forms(model);
    effects.extend(bring_page_up_to_date(model, news));
    let is_behind_page =
        model.layers.iter().any(|layer| matches!(layer, Layer::Page(_) | Layer::Viewer(_) | Layer::Selfie(_)));
    if let Screen::Chat(chat) = &mut model.screen {
        chat.is_behind_page = is_behind_page;
        effects.extend(chat.settle(now));
    }
    effects.extend(load_viewed(model));
    effects.extend(play(model, now));
    settle_page(model);
    effects
}

/// Fetches the picture that is looked at.
fn load_viewed(model: &mut Model) -> Vec<Effect> {
    let screen = model.area();
    let (Some(Layer::Viewer(viewer)), Screen::Chat(chat)) = (model.layers.last(), &mut model.screen) else {
        return Vec::new();
    };
    let Some(setup) = chat.images.setup() else { return Vec::new() };
    let keys = [Some(viewer.image(setup, screen)), viewer.moving(setup, screen)];
    let missing = chat.images.shown(keys.into_iter().flatten().collect());
    missing.into_iter().map(|key| Effect::LoadImage(key, setup)).collect()
}

/// Lets the pictures move on that are seen: those of the messages, or the one that is looked at.
fn play(model: &mut Model, now: Timestamp) -> Option<Effect> {
    let screen = model.area();
    let Screen::Chat(chat) = &mut model.screen else { return None };
    let moving = match model.layers.last() {
        None => chat.moving(),
        Some(Layer::Viewer(viewer)) => viewer.moving(chat.images.setup()?, screen).into_iter().collect(),
        Some(Layer::Page(_) | Layer::Popup(_) | Layer::Selfie(_)) => Vec::new(),
    };
    chat.play(&moving, now)
}

/// The terminal has another size.
fn resized(model: &mut Model, size: (u16, u16)) -> Vec<Effect> {
    model.size = size;
    if let Screen::Chat(chat) = &mut model.screen {
        chat.size = size;
    }
    let area = model.area();
    for layer in &mut model.layers {
        if let Layer::Popup(popup) = layer {
            popup.resized(area);
        }
    }
    Vec::new()
}

/// The terminal has said how it can draw pictures: for this screen, and for one after another sign-in.
fn images_can_be_drawn(model: &mut Model, setup: Option<ImageSetup>) -> Vec<Effect> {
    model.start.images = setup;
    told(model, |chat| chat.images_can_be_drawn(setup))
}

/// The program is in the foreground of its terminal again.
fn resumed(model: &Model) -> Vec<Effect> {
    match &model.screen {
        Screen::Chat(chat) => vec![Effect::Redraw, Effect::Title(chat.title())],
        Screen::Login(_) => vec![Effect::Redraw],
    }
}

/// The camera has told something; nobody hears it any more where the selfie is closed.
fn camera_heard(model: &mut Model, news: CameraNews, now: Timestamp) -> Vec<Effect> {
    let selfie = model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Selfie(selfie) => Some(selfie),
        _ => None,
    });
    selfie.map_or_else(Vec::new, |selfie| selfie.hear(news, now))
}

/// A moment that was waited for has come.
fn woken(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let mut effects = chat.wake(now);
    if let Some(Layer::Selfie(selfie)) = model.layers.last_mut() {
        effects.extend(selfie.wake(now));
    }
    if let Some(outcome) = chat.held_key_due(now) {
        effects.extend(chat_done(model, outcome, now));
    }
    effects
}

/// What was asked for over HTTP has come, or not.
fn fetched(model: &mut Model, fetch: &Fetch, result: Result<Fetched, String>, now: Timestamp) -> Vec<Effect> {
    // What does not concern a page alone.
    let loaded = match &result {
        Ok(Fetched::CatchUp(list)) => Some(Loaded::Activity(list.clone())),
        Ok(Fetched::PublicNames(begin, list)) => Some(Loaded::PublicNames(begin.clone(), list.clone())),
        Ok(Fetched::Settings(settings)) => Some(Loaded::Settings(settings.clone())),
        Ok(Fetched::Friends(friends)) => Some(Loaded::Friends(friends.clone())),
        Ok(
            Fetched::Channels(..)
            | Fetched::Named(_)
            | Fetched::Search(_)
            | Fetched::SearchSaved(_)
            | Fetched::Profile(..)
            | Fetched::Messages(_)
            | Fetched::Moderation(_)
            | Fetched::Feed(..)
            | Fetched::Sessions(_),
        )
        | Err(_) => None,
    };
    let effects = loaded.map(|loaded| heard(model, Event::Loaded(loaded), now)).unwrap_or_default();
    let mut asked = false;
    for page in open_pages(model) {
        asked |= page.fetched(fetch, result.clone());
    }
    if let (Err(reason), true, Screen::Chat(chat)) = (result, asked, &mut model.screen) {
        chat.fail(reason);
    }
    effects
}

/// The daemon has told which channels have a name that somebody has written.
fn channels_named(
    model: &mut Model,
    name: &ChannelName,
    result: Result<Fetched, String>,
    now: Timestamp,
) -> Vec<Effect> {
    let busy = !model.layers.is_empty();
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let outcome = match &result {
        Ok(Fetched::Named(found)) => chat.named(name, Ok(found)),
        Ok(_) => chat.named(name, Ok(&[])),
        Err(reason) => chat.named(name, Err(reason.clone())),
    };
    // A question that comes by itself takes no key that was meant for something else.
    match outcome {
        KeyOutcome::Confirm(_) if busy || !chat.composer().is_empty() => {
            chat.fail(label!("error-question-while-writing"));
            Vec::new()
        }
        outcome => chat_done(model, outcome, now),
    }
}

/// Somebody has signed in, or was refused.
fn signed_in(model: &mut Model, result: Result<Session, SignInFailure>) -> Vec<Effect> {
    match (result, &mut model.screen) {
        (Ok(session), _) => return model.show_chat(session),
        (Err(SignInFailure::NotByTheSystem), Screen::Login(login)) => login.asks(),
        (Err(SignInFailure::Address(error)), Screen::Login(login)) => login.fail(&refusals::of_address(&error)),
        (Err(SignInFailure::Request(error)), Screen::Login(login)) => {
            let words = refusals::of_request(&error, login.handle());
            if error.is_pending() { login.tell(&words) } else { login.fail(&words) }
        }
        (Err(_), Screen::Chat(_)) => {}
    }
    Vec::new()
}

/// The server shows a key that is not trusted.
fn key_refused(model: &mut Model, server: Server, error: KeyError) -> Vec<Effect> {
    // Whoever is in a chat may be typing, and has trusted another key before.
    let may_trust = matches!(model.screen, Screen::Login(_));
    match &mut model.screen {
        Screen::Login(login) => login.fail(label!("form-sign-in-key-untrusted")),
        // It is tried again by itself.
        Screen::Chat(_) => close_awaiting(model, Awaited::TrustedServer),
    }
    show(model, ServerKeyPopup::new(server, error, may_trust));
    Vec::new()
}

/// The account is gone, or still there.
fn account_deleted(model: &mut Model, result: Result<(), RequestError>, now: Timestamp) -> Vec<Effect> {
    if result.is_err() {
        let result = in_words(model, result);
        has_come(model, Awaited::AccountDeleted, result);
        return Vec::new();
    }
    let forgotten = match &mut model.screen {
        Screen::Chat(chat) => Some(chat.forget_written()),
        Screen::Login(_) => None,
    };
    let mut effects = model.show_login(None, now);
    // Last, since all that stood on the screen was kept before.
    effects.extend(forgotten);
    if let Screen::Login(login) = &mut model.screen {
        login.tell(label!("form-sign-in-account-deleted"));
    }
    effects
}

/// The account has another password, or still the old one.
fn password_changed(model: &mut Model, result: Result<(), RequestError>) -> Vec<Effect> {
    let result = in_words(model, result);
    if let (Ok(()), Screen::Chat(chat)) = (&result, &mut model.screen) {
        chat.tell(label!("notice-password-changed"));
    }
    has_come(model, Awaited::NewPassword, result);
    Vec::new()
}

/// Says why something about the account of whoever is signed in was refused.
fn in_words(model: &Model, result: Result<(), RequestError>) -> Result<(), String> {
    let handle = model.session().map_or("", |session| session.handle.as_str());
    result.map_err(|error| refusals::of_request(&error, handle))
}

/// Tells the chat screen something, if that is the screen.
fn told(model: &mut Model, tell: impl FnOnce(&mut ChatScreen)) -> Vec<Effect> {
    if let Screen::Chat(chat) = &mut model.screen {
        tell(chat);
    }
    Vec::new()
}

/// Shows what was read before.
fn restored(model: &mut Model, stored: StoredState, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let mut effects = chat.restore(stored, now);
    effects.extend(chat.settle(now));
    effects
}

/// The connection is lost, or could not be opened.
fn connection_down(reason: String, retry_after_ms: u64, now: Timestamp) -> Event {
    let until = now.plus_millis(i64::try_from(retry_after_ms).unwrap_or(i64::MAX));
    Event::ConnectionDown { reason, until }
}

/// Lets the chat screen hear of something.
fn heard(model: &mut Model, event: Event, now: Timestamp) -> Vec<Effect> {
    let Screen::Chat(chat) = &mut model.screen else { return Vec::new() };
    let up = matches!(event, Event::ConnectionUp);
    let outcome = chat.hear(event, now);
    if up {
        close_awaiting(model, Awaited::TrustedServer);
    }
    match outcome {
        EventOutcome::GoOn(effects) => effects,
        EventOutcome::SignInAgain(reason) => model.show_login(Some(&reason), now),
    }
}

impl Model {
    /// Gives the name of the look that the reader has set, empty for the usual one.
    pub fn theme_name(&self) -> &str {
        match &self.screen {
            Screen::Chat(chat) => chat.core.people.settings.as_ref().map_or("", |settings| settings.theme.as_str()),
            Screen::Login(_) => "",
        }
    }

    /// Gives the session of whoever is signed in.
    pub fn session(&self) -> Option<&Session> {
        match &self.screen {
            Screen::Chat(chat) => Some(&chat.core.session),
            Screen::Login(_) => None,
        }
    }

    /// Gives the size of the screen, columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Gives the whole screen.
    fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }
}
