//! Why a connection is closed, as the close frame says it: the codes of RFC 6455, and those of the protocol from 4000 on.

/// The server stops or restarts.
pub const GOING_AWAY: u16 = 1001;
/// A frame breaks the rules of RFC 6455.
pub const PROTOCOL: u16 = 1002;
/// A text frame is no UTF-8.
pub const INVALID_TEXT: u16 = 1007;
/// A frame or message is too big, or never ends.
pub const TOO_BIG: u16 = 1009;
/// The hello was refused, the token expired, or the session ended.
pub const TOKEN_REFUSED: u16 = 4001;
/// No hello came in time.
pub const NO_HELLO: u16 = 4002;
/// What came before the hello was none, or too much was refused or of no use.
pub const PROTOCOL_ERROR: u16 = 4003;
/// The client does not read what is sent to it.
pub const TOO_SLOW: u16 = 4008;
