//! What somebody has said, read in parts by who wants to take it along.
//!
//! Where somebody has spoken is known by the nonces of their messages, which stay as long as the channel does: nobody
//! passes over what others have said, and no place names a channel that the asker has not spoken in.

use proto::http::OwnMessage;
use proto::{ChannelId, ChannelKind, Index, Message, Version, bounds};
use rusqlite::{OptionalExtension, Transaction, params};

use super::history::{self, json_bytes_fit};
use super::member::access;
use super::row::Column;
use super::{Store, StoreError, UserId, key};

/// A place in the order in which somebody's messages are read: behind a message of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPlace {
    pub(super) channel: i64,
    pub(super) index: i64,
}

impl ExportPlace {
    /// The place before everything.
    pub const BEGIN: Self = Self { channel: i64::MIN, index: 0 };

    /// Reads what its `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self::BEGIN);
        }
        let (channel, index) = text.split_once('.')?;
        let channel: ChannelId = channel.parse().ok()?;
        Some(Self { channel: key::key(&channel)?, index: index.parse().ok()? })
    }
}

impl std::fmt::Display for ExportPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::BEGIN => f.write_str("0"),
            Self { channel, index } => write!(f, "{}.{index}", key::channel_id(channel)),
        }
    }
}

/// What somebody has said in one channel.
#[derive(Debug, Clone)]
pub(super) struct Spoken {
    pub(super) channel: i64,
    /// Ascending.
    pub(super) indexes: Vec<i64>,
}

impl Store {
    /// Reads what somebody has said behind a place, and gives where the rest begins if there is any.
    pub async fn own_messages(
        &self,
        user: UserId,
        from: ExportPlace,
    ) -> Result<(Vec<OwnMessage>, Option<ExportPlace>), StoreError> {
        self.readers.read(move |transaction| own_messages(transaction, user, from)).await
    }
}

fn own_messages(
    transaction: &Transaction<'_>,
    user: UserId,
    from: ExportPlace,
) -> Result<(Vec<OwnMessage>, Option<ExportPlace>), StoreError> {
    let Some(spoken) = spoken(transaction, user, from, bounds::EXPORT_MESSAGES_MAX)? else {
        return Ok((Vec::new(), None));
    };
    let channel = Where::of(transaction, user, spoken.channel)?;
    let (mut found, mut bytes, mut place) = (Vec::new(), 0, from);
    for index in spoken.indexes {
        let said = history::one(transaction, spoken.channel, Index::new(index.unsigned_abs()))?;
        if let Some(message) = said.filter(|message| message.deleted.is_none()) {
            // One is given, whatever its size.
            if !json_bytes_fit(&mut bytes, &message) && !found.is_empty() {
                return Ok((found, Some(place)));
            }
            found.push(channel.own(transaction, message)?);
        }
        place = ExportPlace { channel: spoken.channel, index };
    }
    Ok((found, Some(place)))
}

/// Gives what somebody has said behind a place in the next channel that they have spoken in, at most so many messages.
pub(super) fn spoken(
    transaction: &Transaction<'_>,
    user: UserId,
    from: ExportPlace,
    count: usize,
) -> Result<Option<Spoken>, StoreError> {
    let mut said = transaction
        .prepare_cached("SELECT idx FROM nonce WHERE channel = ?1 AND user = ?2 AND idx > ?3 ORDER BY idx LIMIT ?4")?;
    let mut indexes = |channel: i64, index: i64| -> rusqlite::Result<Vec<i64>> {
        said.query_map(params![channel, user, index, count], |row| row.get(0))?.collect()
    };
    let mut channel = from.channel;
    let mut found = indexes(channel, from.index)?;
    if found.is_empty() {
        let next: Option<i64> = transaction
            .prepare_cached(
                "SELECT id FROM channel WHERE id > ?1
                   AND EXISTS (SELECT 1 FROM nonce WHERE nonce.channel = channel.id AND nonce.user = ?2)
                 ORDER BY id LIMIT 1",
            )?
            .query_row(params![channel, user], |row| row.get(0))
            .optional()?;
        let Some(next) = next else { return Ok(None) };
        channel = next;
        found = indexes(channel, 0)?;
    }
    Ok(Some(Spoken { channel, indexes: found }))
}

/// A channel as its messages are exported.
struct Where {
    key: i64,
    name: String,
    kind: ChannelKind,
    /// Whether the one who asks may read it now: of other channels they get their own words and nothing that others did.
    open: bool,
}

impl Where {
    fn of(transaction: &Transaction<'_>, user: UserId, key: i64) -> Result<Self, StoreError> {
        let channel = transaction
            .prepare_cached("SELECT name, kind FROM channel WHERE id = ?1")?
            .query_row([key], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Column<ChannelKind>>(1)?.0)))
            .optional()?;
        let open = access(transaction, key, user).is_ok();
        let (name, kind) = channel.unwrap_or((String::new(), ChannelKind::Unknown));
        let public = kind == ChannelKind::Public;
        Ok(Self { key, name: if open || public { name } else { String::new() }, kind, open })
    }

    fn own(&self, transaction: &Transaction<'_>, message: Message) -> Result<OwnMessage, StoreError> {
        let message = if self.open { message } else { self.bare(transaction, message)? };
        let id = key::channel_id(self.key);
        Ok(OwnMessage { id, name: self.name.clone(), channel_kind: self.kind, message })
    }

    fn bare(&self, transaction: &Transaction<'_>, message: Message) -> Result<Message, StoreError> {
        let version = transaction
            .prepare_cached("SELECT version FROM message WHERE channel = ?1 AND idx = ?2")?
            .query_row(params![self.key, Column(message.index)], |row| row.get::<_, Column<Version>>(0))?;
        let (reactions, pinned, reply_to_handle) = (Vec::new(), false, None);
        Ok(Message { version: version.0, reactions, pinned, reply_to_handle, ..message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        for place in [ExportPlace::BEGIN, ExportPlace { channel: key::random(), index: 7 }] {
            assert_eq!(ExportPlace::parse(&place.to_string()), Some(place));
        }
        for bad in ["", "1", "x.1", "4h2m9x0kq7rtb.x", "4h2m9x0kq7rtb"] {
            assert_eq!(ExportPlace::parse(bad), None, "{bad}");
        }
    }
}
