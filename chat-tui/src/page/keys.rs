//! The keys of pages. Each page has one table of them: what a key does is found there, and the line below the page and the
//! help are drawn from it, so that they cannot tell of other keys than there are.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::catalogue::Key;
use crate::keymap::hints::Hint;

/// What a key does on a page. One word for one thing: where two pages do the same, they do it by the same action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAction {
    /// Show what the row leads to.
    Open,
    /// Search for what is written.
    Search,
    /// Join the channel of the row.
    Join,
    /// Create the channel of the row.
    Create,
    /// Change the setting of the row: write it, or take the next of what can be chosen.
    Change,
    /// Take the next of what can be chosen.
    Next,
    /// Take the one before.
    Previous,
    /// Say yes to who asks or invites.
    Accept,
    /// Decline an invitation or a request.
    Decline,
    /// Take it off the list.
    Clear,
    /// Take everything off the list.
    ClearAll,
    /// Put back what was taken off last.
    Undo,
    /// Write something new.
    New,
    /// Reply to the message.
    Reply,
    /// Like it, or take that back.
    Like,
    /// React with another emoji.
    React,
    /// Show who reacted.
    Reactions,
    /// Change what it says.
    Edit,
    /// Delete the selected message or post.
    Delete,
    /// Copy what it says.
    Copy,
    /// Keep the selected message in view no longer.
    Unpin,
    /// Lift somebody's ban.
    Unban,
    /// End somebody's timeout.
    EndTimeout,
    /// Show the thread of the message.
    Thread,
    /// Show somebody's profile.
    Profile,
    /// Write to somebody directly.
    Message,
    /// Ask somebody to be a friend.
    AddFriend,
    /// Stop being friends.
    Unfriend,
    /// Take back that one has asked.
    Withdraw,
    /// Block the selected person.
    Block,
    /// Stop blocking them.
    Unblock,
    /// Make a member a moderator.
    MakeModerator,
    /// Make a moderator a plain member.
    MakeMember,
    /// Keep a member from speaking for a while.
    TimeOut,
    /// Remove a member from the channel, or a reaction from a message.
    Remove,
    /// Remove a member and keep them out.
    Ban,
    /// Hear nothing of the channel for a while.
    Mute,
    /// Hear of it again.
    Unmute,
    /// End the session of the row.
    SignOut,
    /// End all sessions but this one.
    SignOutOthers,
}

/// A key of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageKey {
    code: KeyCode,
    /// What it does.
    pub action: PageAction,
    /// The key as people write it.
    pub shown: &'static str,
    /// What stands for it below the page, a word or two, and what the help says; a second name has neither.
    words: Option<(Key, Key)>,
}

impl PageKey {
    /// A letter that does something.
    pub const fn letter(letter: char, shown: &'static str, action: PageAction, hint: Key, help: Key) -> Self {
        Self::new(KeyCode::Char(letter), shown, action, hint, help)
    }

    /// What Enter does.
    pub const fn enter(action: PageAction, hint: Key, help: Key) -> Self {
        Self::new(KeyCode::Enter, "Enter", action, hint, help)
    }

    /// A key that may be no letter, with its words for the hint bar and the help.
    pub const fn new(code: KeyCode, shown: &'static str, action: PageAction, hint: Key, help: Key) -> Self {
        Self { code, action, shown, words: Some((hint, help)) }
    }

    /// Another key for the same, which is not told of.
    pub const fn also(code: KeyCode, action: PageAction) -> Self {
        Self { code, action, shown: "", words: None }
    }

    /// Tells whether it is this key. With Ctrl or Alt none is, but Enter is always Enter.
    pub(super) fn is(&self, key: KeyEvent) -> bool {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        self.code == key.code && (plain || key.code == KeyCode::Enter)
    }

    /// What stands below the page while it does something.
    pub(super) fn hint(&self) -> Option<Hint> {
        self.words.map(|(hint, _)| (self.shown, hint.label()))
    }

    /// What the help says.
    pub fn help(&self) -> Option<&'static str> {
        self.words.map(|(_, help)| help.label())
    }
}

/// Enter, where it shows what the row leads to.
pub(super) const OPEN: PageKey = PageKey::enter(PageAction::Open, key!("page-key-open"), key!("page-help-open"));

/// Shows the thread of the row.
pub(super) const THREAD: PageKey =
    PageKey::letter('t', "t", PageAction::Thread, key!("page-key-thread"), key!("help-message-thread"));

/// Shows the profile of whom the row is about.
pub(super) const PROFILE: PageKey =
    PageKey::letter('p', "p", PageAction::Profile, key!("page-key-profile"), key!("page-help-profile"));

/// What keys do on every page, which the frame around them reads; for the help.
pub(crate) const ON_PAGES: &[(&str, Key)] = &[
    ("Up, Down, PgUp, PgDn", key!("help-page-move")),
    ("F1", key!("help-page-help")),
    ("Esc", key!("help-page-close")),
];

/// What closes a page.
pub(super) fn back() -> Hint {
    ("Esc", label!("page-key-back"))
}
