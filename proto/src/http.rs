//! The HTTP half: its endpoints, their queries and bodies.

mod account;
mod channels;
mod endpoint;
pub mod endpoints;
mod files;
mod history;
mod own;
mod people;
mod query;
mod search;

use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{ErrorCode, ErrorReply};

pub use account::{Credentials, DeleteAccount, GuestWish, Legacy, LocalSignIn, NewPassword, SignedIn};
pub use channels::{ChannelSummary, Channels, ChannelsQuery};
pub use endpoint::{Asker, Call, EndpointVisitor, Found, Method, PathName, WEB_SOCKET};
pub use endpoints::Endpoint;
pub use files::{UploadAnswer, UploadPartQuery, UploadQuery, UploadState, UploadWish, Uploaded};
pub use history::{
    History, HistoryQuery, HistoryRange, Moderation, ModerationQuery, PinsQuery, RepliesQuery, ThreadQuery, TimedOut,
};
pub use own::{CatchUpQuery, Export, ExportQuery, OwnMessage, OwnSettings, Record, SessionInfo, Sessions};
pub use people::{Feed, FeedQuery, Friends, Post, Profile, SharedChannel};
pub use query::{Count, NoQuery, Query};
pub use search::{SearchHit, SearchHits, SearchOfQuery, SearchQuery};

/// Every answer says first whether it worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Error,
}

#[derive(Serialize)]
struct Answer<'a, T> {
    status: Status,
    #[serde(flatten)]
    body: &'a T,
}

/// Reads a JSON object out of the body of a request.
///
/// # Errors
/// `malformed` when it is none, or not one of the right form.
pub fn decode_object<T: DeserializeOwned>(body: &[u8]) -> Result<T, ErrorReply> {
    let malformed = |reason: &str| {
        ErrorReply::new(ErrorCode::Malformed, format!("the body is no JSON object of the right form{reason}"))
    };
    // The derived reader would take a list of values for an object.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(malformed(""));
    }
    serde_json::from_slice(body).map_err(|error| malformed(&format!(": {error}")))
}

/// Writes the body of an answer that worked.
pub fn encode_reply(body: &impl Serialize) -> String {
    serde_json::to_string(&Answer { status: Status::Ok, body }).expect("bodies hold nothing that JSON cannot")
}

/// Writes the body of a refusal.
pub fn encode_refusal(error: &ErrorReply) -> String {
    serde_json::to_string(&Answer { status: Status::Error, body: error }).expect("bodies hold nothing that JSON cannot")
}
