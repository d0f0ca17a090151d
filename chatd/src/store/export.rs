//! What somebody has said, read in parts by who wants to take it along.
//!
//! Where somebody has spoken is known by the nonces of their messages, which stay as long as the channel does: nobody
//! passes over what others have said, and no place names a channel that the asker has not spoken in.

use proto::http::OwnMessage;
use proto::{ChannelId, ChannelKind, Index, Message, Version, bounds};

use super::channel_key::{ChannelKey, not_removed};
use super::sqlite::Rows;
use super::table::access::access;
use super::table::page::{json_bytes_fit, read_message};
use super::{Store, StoreError, UserId};

/// A place in the order in which somebody's messages are read: behind a message of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportPlace {
    pub(super) channel: ChannelKey,
    pub(super) index: Index,
}

impl ExportPlace {
    /// The place before everything.
    pub const BEGIN: Self = Self { channel: ChannelKey::FIRST, index: Index::new(0) };

    /// Reads what its `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self::BEGIN);
        }
        let (channel, index) = text.split_once('.')?;
        let channel: ChannelId = channel.parse().ok()?;
        Some(Self { channel: ChannelKey::of(&channel)?, index: Index::new(index.parse().ok()?) })
    }
}

impl std::fmt::Display for ExportPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::BEGIN => f.write_str("0"),
            Self { channel, index } => write!(f, "{}.{}", channel.id(), index.get()),
        }
    }
}

/// What somebody has said in one channel.
#[derive(Debug, Clone)]
pub(super) struct SaidInChannel {
    pub(super) channel: ChannelKey,
    /// The indexes of the messages, ascending.
    pub(super) indexes: Vec<Index>,
}

impl Store {
    /// Reads what somebody has said behind a place, and gives where the rest begins if there is any.
    pub async fn own_messages(
        &self,
        user: UserId,
        from: ExportPlace,
    ) -> Result<(Vec<OwnMessage>, Option<ExportPlace>), StoreError> {
        self.readers.read(move |rows| own_messages(rows, user, from)).await
    }
}

fn own_messages(
    rows: &Rows,
    user: UserId,
    from: ExportPlace,
) -> Result<(Vec<OwnMessage>, Option<ExportPlace>), StoreError> {
    let Some(spoken) = spoken(rows, user, from, bounds::EXPORT_MESSAGES_MAX)? else {
        return Ok((Vec::new(), None));
    };
    let channel = Where::of(rows, user, spoken.channel)?;
    let (mut found, mut bytes, mut place) = (Vec::new(), 0, from);
    for index in spoken.indexes {
        let said = read_message(rows, spoken.channel, index)?;
        if let Some(message) = said.filter(|message| message.deleted.is_none()) {
            // One is given, whatever its size.
            if !json_bytes_fit(&mut bytes, &message) && !found.is_empty() {
                return Ok((found, Some(place)));
            }
            found.push(channel.own(rows, message)?);
        }
        place = ExportPlace { channel: spoken.channel, index };
    }
    Ok((found, Some(place)))
}

/// Gives what somebody has said behind a place in the next channel that they have spoken in, at most so many messages.
pub(super) fn spoken(
    rows: &Rows,
    user: UserId,
    from: ExportPlace,
    count: usize,
) -> Result<Option<SaidInChannel>, StoreError> {
    let indexes = |channel: ChannelKey, index: Index| -> Result<Vec<Index>, StoreError> {
        rows.all(
            concat!(
                "SELECT idx FROM nonce WHERE channel = ?1 AND user = ?2 AND idx > ?3 AND ",
                not_removed!("?1"),
                " ORDER BY idx LIMIT ?4"
            ),
            (channel, user, index, count),
        )
    };
    let mut channel = from.channel;
    let mut found = indexes(channel, from.index)?;
    if found.is_empty() {
        let next: Option<ChannelKey> = rows.one(
            "SELECT id FROM channel WHERE id > ?1
               AND EXISTS (SELECT 1 FROM nonce WHERE nonce.channel = channel.id AND nonce.user = ?2)
             ORDER BY id LIMIT 1",
            (channel, user),
        )?;
        let Some(next) = next else { return Ok(None) };
        channel = next;
        found = indexes(channel, Index::default())?;
    }
    Ok(Some(SaidInChannel { channel, indexes: found }))
}

/// A channel as its messages are exported.
struct Where {
    key: ChannelKey,
    name: String,
    kind: ChannelKind,
    /// Whether the one who asks may read it now: of other channels they get their own words and nothing that others did.
    open: bool,
}

impl Where {
    fn of(rows: &Rows, user: UserId, key: ChannelKey) -> Result<Self, StoreError> {
        let channel = rows.one_with("SELECT name, kind FROM channel WHERE id = ?1", [key], |row| {
            Ok((row.get::<String>(0)?, row.get(1)?))
        })?;
        let open = access(rows, key, user).is_ok();
        let (name, kind) = channel.unwrap_or((String::new(), ChannelKind::Unknown));
        let public = kind == ChannelKind::Public;
        Ok(Self { key, name: if open || public { name } else { String::new() }, kind, open })
    }

    fn own(&self, rows: &Rows, message: Message) -> Result<OwnMessage, StoreError> {
        let message = if self.open { message } else { self.bare(rows, message)? };
        let id = self.key.id();
        Ok(OwnMessage { id, name: self.name.clone(), channel_kind: self.kind, message })
    }

    fn bare(&self, rows: &Rows, message: Message) -> Result<Message, StoreError> {
        let version = rows.only::<Version>(
            "SELECT version FROM message WHERE channel = ?1 AND idx = ?2",
            (self.key, message.index),
        )?;
        let (reactions, pinned, reply_to_handle) = (Vec::new(), false, None);
        Ok(Message { version, reactions, pinned, reply_to_handle, ..message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        for place in [ExportPlace::BEGIN, ExportPlace { channel: ChannelKey::random(), index: Index::new(7) }] {
            assert_eq!(ExportPlace::parse(&place.to_string()), Some(place));
        }
        for bad in ["", "1", "x.1", "4h2m9x0kq7rtb.x", "4h2m9x0kq7rtb"] {
            assert_eq!(ExportPlace::parse(bad), None, "{bad}");
        }
    }
}
