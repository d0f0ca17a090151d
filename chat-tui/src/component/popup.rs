//! What every popup over the screen can do, and what it may want done. A popup does nothing itself: `app` performs what it
//! wants in one place, closes it when what it waits for has come, and lets it say why that did not come.

pub(super) mod keys;

use std::fmt::Debug;

use crossterm::event::KeyEvent;
use proto::{ChannelId, ChannelName, CreatedKind, Handle};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::deed::{Deed, Ticket};
use crate::effect::Effect;
use crate::session::Server;
use crate::theme::Theme;

/// A form, a question or a text over the screen. The one on top takes the keys.
pub trait Popup: Debug + Send {
    /// The screen over which it lies is so large: told when it is shown, and whenever the size changes.
    fn resized(&mut self, _screen: Rect) {}

    /// Takes a key.
    fn key(&mut self, key: KeyEvent) -> PopupOutcome;

    /// Takes a pasted text, where there is a line to write in.
    fn paste(&mut self, _text: &str) {}

    /// Draws it over the screen and gives the place of the cursor, where there is a line to write in.
    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position>;

    /// Waits for the daemon's answer to what it has just asked for.
    fn wait(&mut self, _ticket: Ticket) {}

    /// Tells whether it is over once this has come.
    fn awaits(&self, _awaited: Awaited) -> bool {
        false
    }

    /// Shows why what it waits for did not come.
    fn fail(&mut self, _reason: &str) {}
}

/// What a popup wants done after a key.
#[derive(Debug)]
pub enum PopupOutcome {
    /// Nothing: it stays.
    Stay,
    /// To be closed.
    Close,
    /// To stay, with this done outside.
    Start(Effect),
    /// To be closed, with this done.
    Perform(Deed),
    /// To stay until this is done.
    React(Deed),
    /// To stay until a channel is made.
    Create(ChannelName, CreatedKind),
    /// To stay until somebody is invited to a channel.
    Invite(ChannelId, Handle),
    /// To be closed, with this key taken for the server's.
    Trust(Server, String),
}

/// What a popup may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The daemon's answer to a request.
    Answer(Ticket),
    /// Another password of the account.
    NewPassword,
    /// The end of the account.
    AccountDeleted,
    /// A server that shows the key it should.
    TrustedServer,
}
