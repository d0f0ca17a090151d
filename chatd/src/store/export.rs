//! What somebody has said, read in parts by who wants to take it along.

use proto::http::OwnMessage;
use proto::{ChannelId, ChannelKind, Index, bounds};
use rusqlite::{OptionalExtension, Transaction, params};

use super::history::{self, json_bytes_fit};
use super::row::Column;
use super::{Range, Store, StoreError, UserId, key};

/// A place in the order in which messages are passed over: behind a message of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPlace {
    channel: i64,
    index: i64,
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
    let (mut found, mut bytes) = (Vec::new(), 0);
    let (mut place, mut passed) = (from, 0);
    for (at, own) in passed_over(transaction, user, from, bounds::EXPORT_SCANNED_MAX)? {
        if own && let Some(said) = read(transaction, at)? {
            // One is given, whatever its size.
            if !json_bytes_fit(&mut bytes, &said.message) && !found.is_empty() {
                return Ok((found, Some(place)));
            }
            found.push(said);
        }
        (place, passed) = (at, passed + 1);
    }
    Ok((found, (passed == bounds::EXPORT_SCANNED_MAX).then_some(place)))
}

/// Gives the places of the messages behind one, by channel and index, and whether each is somebody's.
pub(super) fn passed_over(
    transaction: &Transaction<'_>,
    user: UserId,
    from: ExportPlace,
    count: usize,
) -> Result<Vec<(ExportPlace, bool)>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT channel, idx, user = ?3 AND deleted IS NULL FROM message
         WHERE (channel, idx) > (?1, ?2) ORDER BY channel, idx LIMIT ?4",
    )?;
    let places = statement.query_map(params![from.channel, from.index, user, count], |row| {
        Ok((ExportPlace { channel: row.get(0)?, index: row.get(1)? }, row.get(2)?))
    })?;
    Ok(places.collect::<rusqlite::Result<_>>()?)
}

/// Reads a message with the channel it stands in; nothing where the channel is deleted.
fn read(transaction: &Transaction<'_>, place: ExportPlace) -> Result<Option<OwnMessage>, StoreError> {
    let channel = transaction
        .prepare_cached("SELECT name, kind FROM channel WHERE id = ?1")?
        .query_row([place.channel], |row| Ok((row.get(0)?, row.get::<_, Column<ChannelKind>>(1)?.0)))
        .optional()?;
    let Some((name, channel_kind)) = channel else { return Ok(None) };
    let index = Index::new(place.index.unsigned_abs());
    let said = history::read(transaction, place.channel, Range::Before(index.next()), 1)?;
    let message = said.into_iter().find(|message| message.index == index);
    let id = key::channel_id(place.channel);
    Ok(message.map(|message| OwnMessage { id, name, channel_kind, message }))
}

impl ExportPlace {
    pub(super) fn new(channel: i64, index: i64) -> Self {
        Self { channel, index }
    }

    pub(super) fn parts(self) -> (i64, i64) {
        (self.channel, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        for place in [ExportPlace::BEGIN, ExportPlace::new(key::random(), 7)] {
            assert_eq!(ExportPlace::parse(&place.to_string()), Some(place));
        }
        for bad in ["", "1", "x.1", "4h2m9x0kq7rtb.x", "4h2m9x0kq7rtb"] {
            assert_eq!(ExportPlace::parse(bad), None, "{bad}");
        }
    }
}
