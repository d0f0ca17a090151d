//! Why a connection is closed, as the close frame says it: the codes of RFC 6455, and those of the protocol from 4000 on.

macro_rules! close_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// Why the daemon closes a connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum CloseCode {
            $($(#[$doc])* $name = $number,)*
        }

        impl CloseCode {
            /// Every code that the daemon gives.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Reads the number in a close frame; none for one that this version does not know.
            pub const fn of(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Gives the number in a close frame.
            pub const fn number(self) -> u16 {
                self as u16
            }
        }
    };
}

close_codes! {
    /// The server stops or restarts.
    GoingAway = 1001,
    /// A frame breaks the rules of RFC 6455.
    BrokenFrame = 1002,
    /// A text frame is no UTF-8.
    InvalidText = 1007,
    /// A frame or message is too big, or never ends.
    TooBig = 1009,
    /// The hello was refused, the token expired, or the session ended.
    TokenRefused = 4001,
    /// No hello came in time.
    NoHello = 4002,
    /// What came before the hello was none, or too much was refused or of no use.
    ProtocolError = 4003,
    /// The client does not read what is sent to it.
    TooSlow = 4008,
}
