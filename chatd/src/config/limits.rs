//! Limits, times, and who reads the metrics.

use std::time::Duration;

use proto::bounds;
use serde::Deserialize;

use super::source::duration;

/// For how long things are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// After this long a message is deleted; 0 keeps it for good.
    #[serde(deserialize_with = "duration")]
    pub keep_for: Duration,
}

/// What one may do at most. A rate or count of 0 lifts that limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages per second of an account, over time.
    pub message_rate: u64,
    /// Messages that an account may send at once.
    pub message_burst: u64,
    /// Requests per second of an account on its connections, messages not counted, over time.
    pub request_rate: u64,
    /// Such requests that an account may make at once.
    pub request_burst: u64,
    /// Channels that people who are no friends add an account to within a day, all together; more invitations wait.
    pub invitations_per_day: u64,
    /// New direct conversations that an account opens within a day with people who are no friends.
    pub conversations_per_day: u64,
    /// Searches of an account that wait for their turn.
    pub searches_waiting: u64,
    /// Guests at once; who is away for longest gives way.
    pub guests: u64,
    /// Failed sign-ins per minute at an account from one address, and twenty times as many from all that have not got in
    /// to it before; four times as many sign-ins and sign-ups of an address that is not local.
    pub sign_in_rate: u64,
    /// Connections of one address that is not local.
    pub connections_per_address: u64,
    /// Connections per second of one address that is not local, over time.
    pub connection_rate: u64,
    /// Such connections that it may open at once.
    pub connection_burst: u64,
    /// Connections that are not local and have not said who they are.
    pub unauthenticated_connections: u64,
    /// Descriptors that connections from this machine which have not said who they are leave free, at most half of all.
    pub descriptor_reserve: u64,
    /// WebSocket connections of an account.
    pub connections_per_account: u64,
    /// Bytes of content that an account may have stored.
    pub account_bytes: u64,
    /// Bytes of content that a guest may have stored.
    pub guest_bytes: u64,
    /// Bytes that the files of the store may have together.
    pub store_bytes: u64,
    /// Bytes of the disk that are kept free, at most a twentieth of it.
    pub disk_reserve: u64,
    /// Bytes of a message's content.
    pub message_bytes: usize,
    /// Bytes of a WebSocket message.
    pub packet_bytes: usize,
    /// Bytes that wait for a connection before it is closed as too slow.
    pub outbox_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_rate: 20,
            message_burst: 100,
            request_rate: 50,
            request_burst: 1_500,
            invitations_per_day: 20,
            conversations_per_day: 20,
            searches_waiting: 4,
            guests: 20_000,
            sign_in_rate: 5,
            connections_per_address: 100,
            connection_rate: 20,
            connection_burst: 200,
            unauthenticated_connections: 1_000,
            descriptor_reserve: 256,
            connections_per_account: 100,
            account_bytes: 1 << 30,
            guest_bytes: 4 << 20,
            store_bytes: 0,
            disk_reserve: 64 << 20,
            message_bytes: bounds::CONTENT_BYTES_MAX,
            packet_bytes: bounds::PACKET_BYTES_MAX,
            outbox_bytes: 262_144,
        }
    }
}

/// Times of presence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Without activity for this long one is idle.
    #[serde(deserialize_with = "duration")]
    pub idle_after: Duration,
    /// Without activity for this long one is away.
    #[serde(deserialize_with = "duration")]
    pub away_after: Duration,
    /// Without connection for this long one is offline; a shorter drop does not show.
    #[serde(deserialize_with = "duration")]
    pub offline_after: Duration,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            idle_after: Duration::from_secs(5 * 60),
            away_after: Duration::from_secs(20 * 60),
            offline_after: Duration::from_secs(15),
        }
    }
}

/// Figures for those who watch the daemon.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Who may read them.
    pub access: MetricsAccess,
}

/// From where something may be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    /// From loopback and Unix sockets.
    #[default]
    Local,
    /// Requests from every address.
    Everybody,
    /// Requests from no address.
    Nobody,
}
