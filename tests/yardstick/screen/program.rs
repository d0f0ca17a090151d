//! The programs that are measured.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// Whose window it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Program {
    ChatTui,
    Weechat,
    Irssi,
}

impl Program {
    /// Gives the name as it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ChatTui => "chat-tui",
            Self::Weechat => "weechat",
            Self::Irssi => "irssi",
        }
    }

    /// Gives where Debian installs it; chat-tui is not of Debian.
    pub(super) fn installed(self) -> PathBuf {
        Path::new("/usr/bin").join(self.name())
    }
}
