//! What windows say to the program that holds the store, and what it answers: lines of JSON over the socket beside the file.
//!
//! A window begins with [`ToOwner::Hello`]. Everything behind it is done in the order in which it comes; what has a number is
//! answered with that number.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::net::UnixStream;

use proto::ChannelId;
use proto::http::{History as HistoryPage, SearchHits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::inspect::StoreSummary;
use super::terms::{Opened, StoreWriter};
use crate::core::history::HistoryRange;
use crate::stored::{StoreChange, StoredMember};
use crate::unsent::Unsent;

/// What this program speaks. Programs that speak something else share no store while both run.
pub(super) const VERSION: u32 = 1;
/// Bytes of a line: all that a store holds of many channels, or all that a person has written.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// What a window or a command says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ToOwner {
    /// A window begins; answered by [`FromOwner::Welcome`].
    Hello {
        /// What it speaks.
        version: u32,
        /// Who works in it, with what.
        writer: StoreWriter,
        /// Of a window that has worked with the store before: whether all its changes were written until then.
        back: Option<bool>,
    },
    /// Something is otherwise; answered by [`FromOwner::Remembered`] when that is written.
    Remember(u64, Vec<StoreChange>),
    /// A person has written this and it is not sent; answered by [`FromOwner::Kept`].
    Keep(u64, Box<Unsent>),
    /// A page is looked for; answered by [`FromOwner::Found`].
    Page(u64, ChannelId, HistoryRange),
    /// Who is in a channel is looked for; answered by [`FromOwner::Members`].
    Members(u64, ChannelId),
    /// Messages are searched for, by a query as it stands in a URL; answered by [`FromOwner::Searched`].
    Search(u64, String),
    /// The window ends: what waits is written and answered now.
    Bye,
    /// A command asks what is held; answered by [`FromOwner::Summary`].
    Look,
    /// A command empties the store; answered by [`FromOwner::Summary`].
    Clear,
}

/// What the owner answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FromOwner {
    /// The window may work with the store, which holds this.
    Welcome(Box<Opened>),
    /// The owner speaks this version, and is this program.
    OtherVersion(u32, String),
    /// Everything up to this number is dealt with; false when some of it could not be written.
    Remembered(u64, bool),
    /// What was written is on the disk, or why not.
    Kept(u64, Option<String>),
    /// The page, if it is held.
    Found(u64, Option<HistoryPage>),
    /// Who is in the channel.
    Members(u64, Vec<StoredMember>),
    /// What was found.
    Searched(u64, SearchHits),
    /// What the store holds.
    Summary(StoreSummary),
    /// What was asked for cannot be done.
    Failed(String),
}

/// Writes one packet.
///
/// # Errors
/// What the system said; nothing more can be written then.
pub(super) fn write_line(mut stream: &UnixStream, packet: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(packet)?;
    line.push(b'\n');
    stream.write_all(&line)
}

/// Reads one packet; `None` when the other one has ended.
///
/// # Errors
/// What the system said, or that it is no packet.
pub(super) fn read_line<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    from.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(serde_json::from_slice(&line)?)),
        Some(_) => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
