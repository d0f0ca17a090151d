//! Writing a store out: one JSON object a line, for other programs and other times. No password, token or code is in it.

use std::io::{self, Write};

use proto::{ChannelId, ChannelKind, Handle, Index, Message, Role, Timestamp};
use serde::Serialize;

use super::channel_key::ChannelKey;
use super::sqlite::{Rows, Snapshot};
use super::table::page::read_messages;
use super::{Range, StoreError};

/// Messages that are read at once.
const PAGE: usize = 500;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Account {
        handle: Handle,
        created: Timestamp,
        display_name: String,
        about: String,
        guest: bool,
        disabled: bool,
        deleted: bool,
    },
    Channel {
        id: ChannelId,
        kind: ChannelKind,
        name: &'a str,
        topic: &'a str,
        owner: Option<Handle>,
        created: Timestamp,
        members: Vec<Member>,
    },
    Message {
        channel: ChannelId,
        #[serde(flatten)]
        message: &'a Message,
    },
}

#[derive(Serialize)]
struct Member {
    handle: Handle,
    role: Role,
}

/// Why a store could not be written out.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// It could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody takes it.
    #[error(transparent)]
    Out(#[from] io::Error),
}

impl Snapshot {
    /// Writes everything out as it is at one moment: accounts, then each channel with its members and its messages.
    ///
    /// # Errors
    /// See [`DumpError`].
    pub fn export(&mut self, out: &mut impl Write) -> Result<(), DumpError> {
        self.rows.reading(|rows| {
            accounts(rows, out)?;
            let channels = rows.all("SELECT id FROM channel ORDER BY kind, name, id", ())?;
            channels.into_iter().try_for_each(|channel| write_channel(rows, channel, out))
        })
    }
}

fn write(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn accounts(rows: &Rows, out: &mut impl Write) -> Result<(), DumpError> {
    rows.each(
        "SELECT handle, created, display_name, about, guest, disabled IS NOT NULL, deleted IS NOT NULL FROM user
         ORDER BY handle",
        (),
        |row| {
            let line = Line::Account {
                handle: row.get(0)?,
                created: row.get(1)?,
                display_name: row.get(2)?,
                about: row.get(3)?,
                guest: row.get(4)?,
                disabled: row.get(5)?,
                deleted: row.get(6)?,
            };
            Ok(write(out, &line)?)
        },
    )
}

fn write_channel(rows: &Rows, channel: ChannelKey, out: &mut impl Write) -> Result<(), DumpError> {
    let members = rows.all_with(
        "SELECT handle, role FROM member JOIN user ON user.id = member.user WHERE channel = ?1 ORDER BY handle",
        [channel],
        |row| Ok(Member { handle: row.get(0)?, role: row.get(1)? }),
    )?;
    let (kind, name, topic, owner, created) = rows.only::<(ChannelKind, String, String, Option<Handle>, Timestamp)>(
        "SELECT kind, name, topic, (SELECT handle FROM user WHERE user.id = channel.owner), created
         FROM channel WHERE id = ?1",
        [channel],
    )?;
    let id = channel.id();
    write(out, &Line::Channel { id, kind, name: &name, topic: &topic, owner, created, members })?;
    let mut last = Index::default();
    loop {
        let messages = read_messages(rows, channel, Range::After(last), Index::new(1), PAGE)?;
        let Some(newest) = messages.last() else { return Ok(()) };
        last = newest.index;
        for message in &messages {
            write(out, &Line::Message { channel: id, message })?;
        }
    }
}
