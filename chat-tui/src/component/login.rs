//! The form for signing in and up.
//!
//! ```text
//! ╭ Sign in to 127.0.0.1:7300 ────────────────╮
//! │ [Sign in]  Create account                 │
//! │                                           │
//! │ Server       http://127.0.0.1:7300        │
//! │ Handle       alice                        │
//! │ Password     •••••••••                    │
//! │                                           │
//! │ Wrong password for alice                  │
//! │                                           │
//! │ Enter sign in  Tab next field  …          │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{Password, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::{Field, form_label_cells};
use crate::component::popup::keys::{PopupKey, action_of, also, hinted, in_lines, popup_hints};
use crate::component::{framed, inner_cells, put_either, put_lines, row_of, wrapped};
use crate::effect::{Effect, SignIn};
use crate::refusals::of_address;
use crate::session::Server;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 60;
/// The row of the first line of the form, below the two tabs.
const FIELDS_ROW: u16 = 2;
/// Where it stands why it was refused, below all lines that there may be.
const TOLD_ROW: u16 = 7;
const SERVER: usize = 0;
const HANDLE: usize = 1;
const PASSWORD: usize = 2;
/// The code of an invitation, which only a new account may need.
const INVITE: usize = 3;

/// The form in which somebody signs in or up.
#[derive(Debug)]
pub struct LoginForm {
    /// Where one signs in when nobody may choose it.
    fixed: Option<Server>,
    fields: [Field; 4],
    active: usize,
    register: bool,
    busy: bool,
    told: Option<Told>,
    /// Until when keys are still meant for what stood there before.
    deaf_until: Option<Timestamp>,
    /// How one signs in without typing anything, if that may do.
    by_itself: Option<Effect>,
}

/// What stands below the lines.
#[derive(Debug)]
struct Told {
    words: CleanLine,
    is_failure: bool,
}

/// What a key does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Enter,
    Next,
    Previous,
    OtherTab,
}

/// How long whoever was writing elsewhere has to stop before keys are meant for the form.
const PAUSE_MILLIS: i64 = 1_000;

/// What a key leads to.
pub enum SignInOutcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// End the program.
    Quit,
}

impl LoginForm {
    /// Makes the form, filled in as far as things are known. Where the server is fixed the form does not ask for it.
    pub fn new(server: &Server, handle: &str, register: bool, fixed: bool) -> Self {
        let fields = [
            Field::new(label!("form-label-server"), &server.to_string()),
            Field::new(label!("form-label-handle"), handle),
            Field::secret(label!("form-label-password")),
            invite_field(""),
        ];
        let active = if handle.is_empty() { HANDLE } else { PASSWORD };
        let fixed = fixed.then(|| server.clone());
        Self { fixed, fields, active, register, busy: false, told: None, deaf_until: None, by_itself: None }
    }

    /// Fills in the code of an invitation.
    #[must_use]
    pub fn with_invite(mut self, invite: Option<&str>) -> Self {
        self.fields[INVITE] = invite_field(invite.unwrap_or_default());
        self
    }

    /// Fills in the password.
    pub fn fill_in_password(&mut self, password: &Password) {
        self.fields[PASSWORD] = Field::secret_of(label!("form-label-password"), password.expose());
    }

    /// Nobody is signed in without the form.
    pub fn asks(&mut self) {
        self.busy = false;
        self.by_itself = None;
    }

    /// Shows why signing in failed.
    pub fn fail(&mut self, reason: &str) {
        self.busy = false;
        self.told = Some(Told { words: CleanLine::new(reason), is_failure: true });
    }

    /// Shows what became of it where nothing has failed.
    pub fn tell(&mut self, words: &str) {
        self.busy = false;
        self.told = Some(Told { words: CleanLine::new(words), is_failure: false });
    }

    /// Gives the handle that was typed, without what people put around it.
    pub fn handle(&self) -> &str {
        self.fields[HANDLE].text().trim().trim_start_matches('@')
    }

    /// Shows that signing in is under way already.
    pub fn wait(&mut self) {
        self.busy = true;
    }

    /// Signs in so again with Enter, while nothing is typed.
    pub fn signs_in_by_itself(&mut self, effect: Effect) {
        self.by_itself = Some(effect);
    }

    /// Comes up while somebody writes: nothing is typed into it until they have paused.
    pub fn come_up(&mut self, now: Timestamp) {
        self.deaf_until = Some(now.plus_millis(PAUSE_MILLIS));
    }

    /// Tells whether what is typed is meant for what stood there before.
    fn is_deaf(&mut self, now: Timestamp) -> bool {
        let deaf = self.deaf_until.is_some_and(|until| now < until);
        self.deaf_until = deaf.then(|| now.plus_millis(PAUSE_MILLIS));
        deaf
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Timestamp) -> SignInOutcome {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') if ctrl => return SignInOutcome::Quit,
            KeyCode::Char('c') if ctrl && !self.is_deaf(now) => {
                if self.busy || !self.fields[self.active].clear() {
                    return SignInOutcome::Quit;
                }
            }
            KeyCode::Char('l') if ctrl => return SignInOutcome::GoOn(vec![Effect::Redraw]),
            KeyCode::Char('z') if ctrl => return SignInOutcome::GoOn(vec![Effect::Suspend]),
            _ if self.busy || self.is_deaf(now) => {}
            _ => return self.form_key(key),
        }
        SignInOutcome::GoOn(Vec::new())
    }

    fn keys(&self) -> [PopupKey<Action>; 6] {
        let (enter, other) = if self.register {
            (key!("form-key-sign-up"), key!("form-key-to-sign-in"))
        } else {
            (key!("form-key-sign-in"), key!("form-key-to-sign-up"))
        };
        [
            hinted(KeyCode::Enter, Action::Enter, enter),
            hinted(KeyCode::Tab, Action::Next, key!("form-key-next")),
            also(KeyCode::Down, Action::Next),
            also(KeyCode::BackTab, Action::Previous),
            also(KeyCode::Up, Action::Previous),
            hinted(KeyCode::F(2), Action::OtherTab, other),
        ]
    }

    fn form_key(&mut self, key: KeyEvent) -> SignInOutcome {
        match action_of(&self.keys(), key) {
            Some(Action::OtherTab) => {
                self.register = !self.register;
                self.active = self.active.min(self.last());
                // It was said of the other tab.
                self.told = None;
            }
            Some(Action::Next) if self.active == self.last() => self.active = self.first(),
            Some(Action::Next) => self.active += 1,
            Some(Action::Previous) if self.active == self.first() => self.active = self.last(),
            Some(Action::Previous) => self.active -= 1,
            Some(Action::Enter) if self.active < PASSWORD && self.by_itself.is_none() => self.active += 1,
            Some(Action::Enter) => return SignInOutcome::GoOn(self.submit()),
            None => self.fields[self.active].key(key),
        }
        SignInOutcome::GoOn(Vec::new())
    }

    /// The first line of the form.
    fn first(&self) -> usize {
        if self.fixed.is_some() { HANDLE } else { SERVER }
    }

    /// The last line of the form.
    fn last(&self) -> usize {
        if self.register { INVITE } else { PASSWORD }
    }

    /// Takes a pasted text into the line that is active.
    pub fn paste(&mut self, text: &str, now: Timestamp) {
        if !self.busy && !self.is_deaf(now) {
            self.fields[self.active].paste(text);
        }
    }

    /// Signs in with what stands in the form.
    pub fn submit(&mut self) -> Vec<Effect> {
        if self.busy {
            return Vec::new();
        }
        let is_empty = self.handle().is_empty() && self.fields[PASSWORD].text().is_empty();
        if let Some(effect) = self.by_itself.clone().filter(|_| is_empty) {
            self.busy = true;
            self.told = None;
            return vec![effect];
        }
        let written = || self.fields[SERVER].text().parse::<Server>();
        let server = match self.fixed.clone().map_or_else(written, Ok) {
            Ok(server) => server,
            Err(error) => {
                self.fail(&of_address(&error));
                self.active = SERVER;
                return Vec::new();
            }
        };
        let missing = match (self.handle().is_empty(), self.fields[PASSWORD].text().is_empty()) {
            (true, _) => Some(HANDLE),
            (false, true) => Some(PASSWORD),
            (false, false) => None,
        };
        if let Some(missing) = missing {
            self.fail(label!("form-required"));
            self.active = missing;
            return Vec::new();
        }
        self.busy = true;
        self.told = None;
        vec![Effect::SignIn(SignIn {
            server,
            handle: self.handle().to_owned(),
            password: Password::new(self.fields[PASSWORD].text()),
            register: self.register,
            invite: Some(self.fields[INVITE].text().trim().to_owned()).filter(|code| !code.is_empty()),
        })]
    }
}

impl LoginForm {
    fn title(&self) -> String {
        let written = self.fixed.as_ref().map_or_else(|| self.fields[SERVER].text().to_owned(), Server::to_string);
        let place = ["http://", "https://", "unix:"].iter().find_map(|begin| written.strip_prefix(begin));
        let server = CleanLine::new(place.unwrap_or(&written));
        if self.register {
            say!("form-sign-up-title", server = server.as_str())
        } else {
            say!("form-sign-in-title", server = server.as_str())
        }
    }

    /// Gives what stands below the lines: what became of the last try, that one is under way, or the rule.
    fn told(&self, cells: usize, theme: &Theme) -> (Vec<String>, Style) {
        let (words, style) = match (&self.told, self.busy, self.register) {
            (Some(told), ..) => {
                return (wrapped(&told.words, cells), if told.is_failure { theme.error } else { theme.title });
            }
            (None, true, true) => (label!("form-sign-up-busy"), theme.dim),
            (None, true, false) => (label!("form-sign-in-busy"), theme.dim),
            (None, false, true) => (label!("form-sign-up-rule"), theme.dim),
            (None, false, false) => ("", theme.dim),
        };
        (vec![words.to_owned()], style)
    }
}

fn invite_field(code: &str) -> Field {
    Field::new(label!("form-label-invite-code"), code)
}

/// Draws the form and gives the place of the cursor.
pub fn view_login(state: &LoginForm, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let cells = inner_cells(WIDTH_MAX, screen);
    let (told, style) = state.told(cells, theme);
    let hints = in_lines(popup_hints(&state.keys()).chain([label!("form-key-quit")]), cells);
    let below = TOLD_ROW + told.len() as u16 + 1;
    let rows = below + hints.len() as u16;
    let inner = framed(&state.title(), WIDTH_MAX, rows, screen, buffer, theme);
    // What has no room goes before the keys do.
    let below = below.min(inner.height.saturating_sub(hints.len() as u16)).max(TOLD_ROW);
    if let Some(row) = row_of(inner, 0) {
        put_either([label!("form-sign-in-tab"), label!("form-sign-up-tab")], state.register, row, buffer, theme);
    }
    let label_cells = form_label_cells(state.fields.iter().map(|field| field.label));
    let mut cursor = None;
    for (which, field) in state.fields.iter().enumerate().take(state.last() + 1).skip(state.first()) {
        if let Some(row) = row_of(inner, FIELDS_ROW + which as u16) {
            cursor = cursor.or(field.view(label_cells, state.active == which, row, buffer, theme));
        }
    }
    put_lines(&told, TOLD_ROW, Rect { height: inner.height.min(below), ..inner }, style, buffer);
    put_lines(&hints, below, inner, theme.dim, buffer);
    cursor
}
