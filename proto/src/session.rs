//! Connections and their sessions: hello and welcome, fresh tokens, the end.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::device::{ClientName, DeviceName};
use crate::id::{ChannelId, SessionId, StoreId};
use crate::message::Version;
use crate::name::{ChannelName, Handle};
use crate::optional::or_default;
use crate::text::Token;
use crate::time::Timestamp;

/// Payload of `hello`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The token of the session; only a local socket with a known peer may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
    /// Name and version of the client program, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientName>,
    /// The protocol version the client speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// For each channel the client holds, the version up to which it knows it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "each_once")]
    pub resume: BTreeMap<ChannelId, Version>,
    /// Messages wanted in each `channel_add`, 0 to 100; 100 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<u32>,
    /// Members wanted with each channel, 0 to 200; 200 when left out. A direct message comes with both in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// Only these channels; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<ChannelId>>,
    /// Channels to be shown before the others, in this order; then only they come with messages, or the one that is shown
    /// first if none of them is the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Vec<ChannelId>>,
    /// The same by name, of a client that does not know the id yet: behind those, all channels of the user with this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<ChannelName>,
}

/// Reads an object that names every channel once; the last of two would win silently otherwise.
fn each_once<'de, D: Deserializer<'de>>(object: D) -> Result<BTreeMap<ChannelId, Version>, D::Error> {
    struct EachOnce;

    impl<'de> Visitor<'de> for EachOnce {
        type Value = BTreeMap<ChannelId, Version>;

        fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object of channels and versions")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut read = BTreeMap::new();
            while let Some((channel, version)) = object.next_entry()? {
                if read.insert(channel, version).is_some() {
                    return Err(A::Error::custom(format_args!("channel `{channel}` stands there twice")));
                }
            }
            Ok(read)
        }
    }

    object.deserialize_any(EachOnce)
}

/// A feature that [`Welcome::features`] names: `hello` takes `first`, and snapshots hold what the user has set for themselves.
pub const FEATURE_FIRST: &str = "first";

/// Payload of `welcome`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The handle of the account.
    pub user: Handle,
    /// The session of the token.
    pub session: SessionId,
    /// The protocol version spoken on this connection.
    pub protocol: u32,
    /// What this daemon can do beyond the first version of the protocol.
    #[serde(default)]
    pub features: Vec<String>,
    /// The daemon that answers, and its store.
    pub server: ServerInfo,
    /// The bounds that the daemon's operator has set.
    pub limits: Limits,
}

/// The daemon at the other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Name of the program.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// The daemon's clock.
    pub time: Timestamp,
    /// Names the store; another one means that cursors and caches are void.
    pub store: StoreId,
}

/// The limits that a client must know to keep within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a message's content.
    pub message_bytes: u64,
    /// Bytes of one WebSocket message.
    pub packet_bytes: u64,
    /// Messages per second of an account, 0 for no limit.
    pub message_rate: u64,
    /// Messages that an account may send at once.
    pub message_burst: u64,
}

/// Payload of `token_renew`: empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewToken {}

/// `ok` payload of `token_renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewedToken {
    /// The fresh token.
    pub token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Payload of `session_end`: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSession {
    /// The session that is meant; left out where others are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SessionId>,
    /// Whether all others are meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub others: bool,
}

/// Payload of `goodbye`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// When this client is to try again, in milliseconds; each gets another moment, so that they do not come all at
    /// once.
    pub reconnect_after_ms: u64,
}
