//! The form for signing in and up.
//!
//! ```text
//! ╭ Welcome to chat ──────────────────────────╮
//! │ [Sign in]   Create account                │
//! │                                           │
//! │ Server    http://127.0.0.1:7300           │
//! │ Handle    alice                           │
//! │ Password  •••••••••                       │
//! │ Code                                      │
//! │                                           │
//! │ Invalid Password                          │
//! │ Enter signs in · F2 creates an account    │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{Password, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::Field;
use crate::component::{framed, put, wrapped};
use crate::effect::Effect;
use crate::session::Server;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 60;
const LABEL_CELLS: u16 = 10;
const SERVER: usize = 0;
const HANDLE: usize = 1;
const PASSWORD: usize = 2;
/// The code of an invitation, which only a new account may need.
const INVITE: usize = 3;

/// The form.
#[derive(Debug)]
pub struct State {
    /// Where one signs in when nobody may choose it.
    fixed: Option<Server>,
    fields: [Field; 4],
    active: usize,
    register: bool,
    busy: bool,
    error: Option<CleanLine>,
    /// Until when keys are still meant for what stood there before.
    deaf_until: Option<Timestamp>,
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

impl State {
    /// Makes the form, filled in as far as things are known. Where the server is fixed the form does not ask for it.
    pub fn new(server: &Server, handle: &str, register: bool, fixed: bool) -> Self {
        let fields = [
            Field::new("Server", &server.to_string()),
            Field::new("Handle", handle),
            Field::secret("Password"),
            Field::new("Code", ""),
        ];
        let active = if handle.is_empty() { HANDLE } else { PASSWORD };
        let fixed = fixed.then(|| server.clone());
        Self { fixed, fields, active, register, busy: false, error: None, deaf_until: None }
    }

    /// Fills in the code of an invitation.
    #[must_use]
    pub fn with_invite(mut self, invite: Option<&str>) -> Self {
        self.fields[INVITE] = Field::new("Code", invite.unwrap_or_default());
        self
    }

    /// Shows why signing in failed.
    pub fn fail(&mut self, reason: &str) {
        self.busy = false;
        self.error = Some(CleanLine::new(reason));
    }

    /// Shows that signing in is under way already.
    pub fn wait(&mut self) {
        self.busy = true;
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
                if !self.fields[self.active].clear() {
                    return SignInOutcome::Quit;
                }
            }
            KeyCode::Char('l') if ctrl => return SignInOutcome::GoOn(vec![Effect::Redraw]),
            KeyCode::Char('z') if ctrl => return SignInOutcome::GoOn(vec![Effect::Suspend]),
            _ if self.is_deaf(now) => {}
            KeyCode::F(2) => {
                self.register = !self.register;
                self.active = self.active.min(self.last());
            }
            KeyCode::Tab | KeyCode::Down if self.active == self.last() => self.active = self.first(),
            KeyCode::Tab | KeyCode::Down => self.active += 1,
            KeyCode::BackTab | KeyCode::Up if self.active == self.first() => self.active = self.last(),
            KeyCode::BackTab | KeyCode::Up => self.active -= 1,
            KeyCode::Enter if self.active < PASSWORD => self.active += 1,
            KeyCode::Enter => return SignInOutcome::GoOn(self.submit()),
            _ => self.fields[self.active].key(key),
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
        if !self.is_deaf(now) {
            self.fields[self.active].paste(text);
        }
    }

    /// Signs in with what stands in the form.
    pub fn submit(&mut self) -> Vec<Effect> {
        if self.busy {
            return Vec::new();
        }
        let written = || self.fields[SERVER].text().parse::<Server>();
        let server = match self.fixed.clone().map_or_else(written, Ok) {
            Ok(server) => server,
            Err(error) => {
                self.fail(&error.to_string());
                self.active = SERVER;
                return Vec::new();
            }
        };
        self.busy = true;
        self.error = None;
        vec![Effect::SignIn {
            server,
            handle: self.fields[HANDLE].text().trim().trim_start_matches('@').to_owned(),
            password: Password::new(self.fields[PASSWORD].text()),
            register: self.register,
            invite: Some(self.fields[INVITE].text().trim().to_owned()).filter(|code| !code.is_empty()),
        }]
    }
}

/// Draws the form and gives the place of the cursor.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let room = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
    let error = state.error.as_ref().map(|error| wrapped(error, room)).unwrap_or_default();
    // The reason has as many lines as it needs, as far as the screen has them.
    let more = (error.len().saturating_sub(1) as u16).min(screen.height.saturating_sub(12));
    let inner = framed("Welcome to chat", WIDTH_MAX, 10 + more, screen, buffer, theme);
    let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
    if let Some(area) = line(0) {
        let (sign_in, create) = if state.register { (theme.dim, theme.selected) } else { (theme.selected, theme.dim) };
        put(" Sign in ", area.x, area.y, area.width.min(9), sign_in, buffer);
        put(" Create account ", area.x + 11, area.y, area.width.saturating_sub(11), create, buffer);
    }
    let mut cursor = None;
    for (which, field) in state.fields.iter().enumerate().take(state.last() + 1).skip(state.first()) {
        if let Some(area) = line(2 + which as u16) {
            cursor = cursor.or(field.view(LABEL_CELLS, state.active == which, area, buffer, theme));
        }
    }
    for (row, text) in (7..8 + more).zip(&error) {
        if let Some(area) = line(row) {
            put(text, area.x, area.y, area.width, theme.error, buffer);
        }
    }
    if let Some(area) = line(7).filter(|_| error.is_empty()) {
        match (state.busy, state.register) {
            (true, _) => put("signing in …", area.x, area.y, area.width, theme.dim, buffer),
            (false, true) => {
                let rule = "9 characters at least; a code if one is needed";
                put(rule, area.x, area.y, area.width, theme.dim, buffer);
            }
            (false, false) => {}
        }
    }
    if let Some(area) = line(9 + more) {
        let hint = if state.register {
            "Enter creates the account · F2: sign in · Tab: next"
        } else {
            "Enter signs in · F2: create an account · Tab: next"
        };
        put(hint, area.x, area.y, area.width, theme.dim, buffer);
    }
    cursor
}
