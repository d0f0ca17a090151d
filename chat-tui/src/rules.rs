//! Rules that something breaks, in the words of the screen. The types themselves say it in the words of standard error.

use proto::bounds::{
    ABOUT_BYTES_MAX, CHANNEL_NAME_CHARS_MAX, DISPLAY_NAME_CHARS_MAX, HANDLE_CHARS_MAX, STATUS_BYTES_MAX,
    THEME_BYTES_MAX, TOPIC_BYTES_MAX,
};
use proto::{ContentError, NameError, PersonError};

use crate::core::TooLarge;
use crate::meant::MeantError;
use crate::text::CleanLine;

/// What the screen says in words of its own.
pub trait OnScreen {
    /// Says so in one sentence, with a capital and safe to draw.
    fn on_screen(&self) -> String;
}

impl OnScreen for NameError {
    fn on_screen(&self) -> String {
        match self {
            Self::Handle => say!("error-handle-rule", max = HANDLE_CHARS_MAX),
            Self::Channel => say!("error-channel-rule", max = CHANNEL_NAME_CHARS_MAX),
            Self::Topic => say!("error-topic-rule", max = TOPIC_BYTES_MAX),
        }
    }
}

impl OnScreen for MeantError {
    fn on_screen(&self) -> String {
        match self {
            Self::Id(id) => say!("error-channel-id", id = CleanLine::new(id).as_str()),
            Self::NoHandle => label!("error-handle-missing").to_owned(),
            Self::Name(error) => error.on_screen(),
        }
    }
}

impl OnScreen for PersonError {
    fn on_screen(&self) -> String {
        match self {
            Self::Status => say!("error-status-rule", max = STATUS_BYTES_MAX),
            Self::DisplayName => say!("error-name-rule", max = DISPLAY_NAME_CHARS_MAX),
            Self::About => say!("error-bio-rule", max = ABOUT_BYTES_MAX),
            Self::Avatar => label!("error-avatar-rule").to_owned(),
            Self::Theme => say!("error-theme-rule", max = THEME_BYTES_MAX),
        }
    }
}

impl OnScreen for ContentError {
    fn on_screen(&self) -> String {
        match self {
            Self::Blank => label!("error-message-empty").to_owned(),
            Self::Nul => label!("error-message-nul").to_owned(),
        }
    }
}

impl OnScreen for TooLarge {
    fn on_screen(&self) -> String {
        match *self {
            Self::Content { bytes, max } => say!("error-too-long", bytes = bytes, max = max),
            Self::Packet { bytes, max } => say!("error-packet-too-long", bytes = bytes, max = max),
        }
    }
}
