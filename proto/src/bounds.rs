//! Every bound of the wire, named with its unit. They come from the contract between daemon and
//! clients (`docs/protocol.md`) unless the line says otherwise.

/// Bytes of an id (channel, session, file); an id is opaque visible ASCII.
pub const ID_BYTES_MAX: usize = 26;
/// Characters of a handle, which is ASCII.
pub const HANDLE_CHARS_MAX: usize = 32;
/// Characters of a channel name.
pub const CHANNEL_NAME_CHARS_MAX: usize = 64;
/// Bytes of a channel topic; our own choice: four lines of a wide terminal.
pub const TOPIC_BYTES_MAX: usize = 512;
/// Visible ASCII characters of a message nonce.
pub const NONCE_CHARS_MAX: usize = 64;
/// Bytes of a packet's `ref` when it is a text; our own choice.
pub const REF_BYTES_MAX: usize = 64;
/// Bytes of a status; our own choice.
pub const STATUS_BYTES_MAX: usize = 140;
/// Characters of a display name; our own choice: as a channel name.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;
/// Bytes of a bio; our own choice: a screenful.
pub const ABOUT_BYTES_MAX: usize = 2_000;
/// Bytes of the name of a theme; our own choice.
pub const THEME_BYTES_MAX: usize = 32;
/// Friends of a user; our own choice.
pub const FRIENDS_MAX: usize = 1_000;
/// Friend requests of a user that wait at once; also users whom they may have blocked. Our own choice.
pub const RELATIONS_MAX: usize = 1_000;
/// Bytes of a message's content by default (`limits.message_bytes`).
pub const CONTENT_BYTES_MAX: usize = 8_000;
/// Files of one message.
pub const FILES_MAX: usize = 10;
/// Seconds that a link to send or fetch files is valid; our own choice: time to find the phone.
pub const LINK_SECONDS: u32 = 600;
/// Bytes of the name of a file; our own choice: what file systems take, with room for ` (2)`.
pub const FILE_NAME_BYTES_MAX: usize = 200;
/// Bytes of the emoji of a reaction; our own choice: a family with skin tones has 41.
pub const EMOJI_BYTES_MAX: usize = 64;
/// Different reactions to one message; our own choice.
pub const REACTION_KINDS_MAX: usize = 20;
/// Handles that are named with a reaction, those who reacted first; our own choice.
pub const REACTION_HANDLES_MAX: usize = 10;
/// Pinned messages of a channel; our own choice.
pub const PINS_MAX: usize = 100;
/// Bytes of a search; our own choice.
pub const SEARCH_BYTES_MAX: usize = 512;
/// Words and phrases in a search; our own choice.
pub const SEARCH_TERMS_MAX: usize = 16;
/// Hits in an answer to a search; our own choice.
pub const SEARCH_HITS_MAX: usize = 100;
/// Hits in an answer to a search that names no limit; our own choice.
pub const SEARCH_HITS_DEFAULT: usize = 20;
/// Posts in an answer to `GET /v1/feed`; our own choice.
pub const FEED_POSTS_MAX: usize = 100;
/// Posts in an answer that names no limit; our own choice.
pub const FEED_POSTS_DEFAULT: usize = 30;
/// Replies to a post that are counted; our own choice.
pub const POST_REPLIES_COUNTED_MAX: usize = 1_000;
/// Messages in one part of an export; our own choice.
pub const EXPORT_MESSAGES_MAX: usize = 5_000;
/// Sessions that are listed, those that were used last; our own choice.
pub const SESSIONS_LISTED_MAX: usize = 200;
/// Seconds that a sign-up waits for approval; our own choice: 30 days.
pub const REGISTRATION_SECONDS_MAX: i64 = 2_592_000;
/// Hits that a search can skip; our own choice.
pub const SEARCH_OFFSET_MAX: usize = 1_000;
/// Messages on each side of a hit; our own choice.
pub const SEARCH_AROUND_MAX: usize = 5;
/// Bytes of one WebSocket message by default (`limits.packet_bytes`).
pub const PACKET_BYTES_MAX: usize = 65_536;
/// Packets in one frame; our own choice.
pub const PACKETS_PER_FRAME_MAX: usize = 500;
/// Characters of a new password, at least.
pub const PASSWORD_CHARS_MIN: usize = 9;
/// Characters of a password, at most.
pub const PASSWORD_CHARS_MAX: usize = 1_024;
/// Bytes of a token; ours have about 200, the rest is room for other issuers.
pub const TOKEN_BYTES_MAX: usize = 4_096;
/// Bytes of the `device` and `client` texts in `hello` and `login`; our own choice.
pub const DEVICE_BYTES_MAX: usize = 64;
/// Messages in a history page, at most.
pub const HISTORY_MESSAGES_MAX: usize = 1_000;
/// Messages in a history page when the request names no limit; our own choice.
pub const HISTORY_MESSAGES_DEFAULT: usize = 100;
/// Messages in a `channel_add`, at most.
pub const SNAPSHOT_MESSAGES_MAX: usize = 100;
/// Members in a `channel_add`, at most; online members come first. Of a channel with more members the
/// presence of this many is shown.
pub const SNAPSHOT_MEMBERS_MAX: usize = 200;
/// Members in an answer to `channel_members`; our own choice.
pub const MEMBER_PAGE_MAX: usize = 200;
/// Seconds of slow mode, at most; our own choice: six hours.
pub const SLOW_MODE_SECONDS_MAX: u32 = 21_600;
/// Seconds of a member's timeout, at most; our own choice: 30 days.
pub const MUTE_SECONDS_MAX: u32 = 2_592_000;
/// Handles in an answer to `channel_bans`; our own choice.
pub const BANS_MAX: usize = 1_000;
/// Valid invite codes of a channel; our own choice.
pub const INVITES_MAX: usize = 100;
/// Uses of an invite code, where they are limited; our own choice.
pub const INVITE_USES_MAX: u32 = 10_000;
/// Seconds for which an invite code is valid, at most; our own choice: a year.
pub const INVITE_SECONDS_MAX: u32 = 31_536_000;
/// Seconds for which an invite code is valid when the request names none; our own choice: a week.
pub const INVITE_SECONDS_DEFAULT: u32 = 604_800;
/// Sign-ups that wait for approval; our own choice.
pub const REGISTRATIONS_MAX: usize = 1_000;
/// Entries in a page of Activity; our own choice.
pub const CATCH_UP_MAX: usize = 100;
/// Counted open entries of a user's Activity; a larger count is shown as this one. Our own choice.
pub const CATCH_UP_COUNTED_MAX: u64 = 100;
/// Entries that are cleared or restored at once, and entries that are kept of one user. Our own choice.
pub const CATCH_UP_NUMBERS_MAX: usize = 1_000;
/// Channels in common that a profile names; our own choice.
pub const SHARED_CHANNELS_MAX: usize = 200;
/// Drafts of a user that are kept, the newest; our own choice.
pub const DRAFTS_MAX: usize = 50;
/// Seconds for which a user mutes a channel, at most; our own choice: a year.
pub const QUIET_SECONDS_MAX: u32 = 31_536_000;
/// Messages in a `channel_resume`; the rest is fetched with `since`. Our own choice.
pub const RESUME_MESSAGES_MAX: usize = 200;
/// Channels that a `hello` may name in each of `resume`, `channels` and `first`; our own choice, above the memberships of an account.
pub const HELLO_CHANNELS_MAX: usize = 2_000;
/// Counted unread mentions of one member in one channel, replies to their messages included; a larger count is shown as
/// this one.
pub const MENTIONS_COUNTED_MAX: u64 = 100;
/// Milliseconds after which typing ends by itself.
pub const TYPING_TIMEOUT_MS: u64 = 6_000;
/// Milliseconds in which a connection must send `hello`.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// Public channels that the caller is not in, in an answer to `GET /v1/channels`.
pub const CHANNELS_LISTED_MAX: usize = 1_000;
/// Direct conversations that are shown after `hello`.
pub const CONVERSATIONS_SHOWN_MAX: usize = 500;
/// Invitations that wait for a user to accept them.
pub const INVITATIONS_WAITING_MAX: usize = 50;
/// Days for which an invitation waits.
pub const INVITATION_DAYS_MAX: i64 = 30;
/// Seconds in which the same user, kind and message notify once.
pub const RING_AGAIN_SECONDS: i64 = 600;
/// Different reactions of one user to one message; our own choice: enough to say something, too few to use them up.
pub const REACTION_KINDS_PER_PERSON_MAX: usize = 5;
