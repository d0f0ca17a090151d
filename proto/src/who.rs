//! Who may make a request.

/// Who may make a request, in the words of `docs/protocol.md`. What a line there adds, such as a wall's own rules, stands
/// there alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Whoever has a token and has not said who they are.
    Stranger,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has an account.
    NoGuest,
    /// Who is in the channel.
    Member,
    /// Who keeps order in the channel.
    Moderator,
    /// Who keeps order in the channel and has an account.
    ModeratorNoGuest,
    /// Who owns the channel.
    Owner,
    /// Who said the message.
    Author,
}

impl Who {
    /// Gives the words of the document, which begin a cell of its table.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Stranger => "anybody with a token",
            Self::SignedIn => "anybody signed in",
            Self::NoGuest => "anybody signed in but guests",
            Self::Member => "members",
            Self::Moderator => "owner and moderators",
            Self::ModeratorNoGuest => "owner and moderators, no guests",
            Self::Owner => "the owner",
            Self::Author => "the author",
        }
    }

    /// Tells whether guests are refused, whatever else they are.
    pub const fn excludes_guests(self) -> bool {
        matches!(self, Self::NoGuest | Self::ModeratorNoGuest)
    }
}
