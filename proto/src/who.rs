//! Who may make a request.

/// Who may make a request, in the words of `docs/protocol.md`. What a line there adds, such as the rules
/// of posts, is only there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody with a token, on a connection that has not sent `hello`.
    Stranger,
    /// Anybody signed in.
    SignedIn,
    /// Anybody signed in who is no guest.
    NoGuest,
    /// Members of the channel.
    Member,
    /// The owner and the moderators of the channel.
    Moderator,
    /// The owner and the moderators of the channel, unless they are guests.
    ModeratorNoGuest,
    /// The owner of the channel.
    Owner,
    /// The author of the message.
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
