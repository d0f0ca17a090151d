//! Writing a store out: one JSON object a line, for other programs and other times. No password, token or code is in it.

use std::io::{self, Write};

use proto::{ChannelId, ChannelKind, Handle, Index, Message, Role, Timestamp};
use rusqlite::Transaction;
use serde::Serialize;

use super::row::Column;
use super::snapshot::Snapshot;
use super::{Range, StoreError, history, key};

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

impl From<rusqlite::Error> for DumpError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Snapshot {
    /// Writes everything out as it is at one moment: accounts, then each channel with its members and its messages.
    ///
    /// # Errors
    /// See [`DumpError`].
    pub fn export(&mut self, out: &mut impl Write) -> Result<(), DumpError> {
        let transaction = self.connection.transaction()?;
        accounts(&transaction, out)?;
        let channels = transaction
            .prepare("SELECT id FROM channel ORDER BY kind, name, id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        channels.into_iter().try_for_each(|channel| write_channel(&transaction, channel, out))
    }
}

fn write(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn accounts(transaction: &Transaction<'_>, out: &mut impl Write) -> Result<(), DumpError> {
    let mut statement = transaction.prepare(
        "SELECT handle, created, display_name, about, guest, disabled IS NOT NULL, deleted IS NOT NULL FROM user
         ORDER BY handle",
    )?;
    let lines = statement.query_map([], |row| {
        Ok(Line::Account {
            handle: row.get::<_, Column<Handle>>(0)?.0,
            created: row.get::<_, Column<Timestamp>>(1)?.0,
            display_name: row.get(2)?,
            about: row.get(3)?,
            guest: row.get(4)?,
            disabled: row.get(5)?,
            deleted: row.get(6)?,
        })
    })?;
    for line in lines {
        write(out, &line?)?;
    }
    Ok(())
}

fn write_channel(transaction: &Transaction<'_>, channel: i64, out: &mut impl Write) -> Result<(), DumpError> {
    let members = transaction
        .prepare_cached(
            "SELECT handle, role FROM member JOIN user ON user.id = member.user WHERE channel = ?1 ORDER BY handle",
        )?
        .query_map([channel], |row| {
            Ok(Member { handle: row.get::<_, Column<Handle>>(0)?.0, role: row.get::<_, Column<Role>>(1)?.0 })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let (kind, name, topic, owner, created) = transaction
        .prepare_cached(
            "SELECT kind, name, topic, (SELECT handle FROM user WHERE user.id = channel.owner), created FROM channel WHERE id = ?1",
        )?
        .query_row([channel], |row| {
            Ok((
                row.get::<_, Column<ChannelKind>>(0)?.0,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Option<Column<Handle>>>(3)?.map(|handle| handle.0),
                row.get::<_, Column<Timestamp>>(4)?.0,
            ))
        })?;
    let id = key::channel_id(channel);
    write(out, &Line::Channel { id, kind, name: &name, topic: &topic, owner, created, members })?;
    let mut last = Index::default();
    loop {
        let messages = history::read(transaction, channel, Range::After(last), Index::new(1), PAGE)?;
        let Some(newest) = messages.last() else { return Ok(()) };
        last = newest.index;
        for message in &messages {
            write(out, &Line::Message { channel: id, message })?;
        }
    }
}
