//! What each member has set for a channel, for all their devices: of what they want to hear, and what they were writing.

use proto::{ChannelId, ChannelPersonal, Draft, Index, NotifyLevel, Timestamp, bounds};
use rusqlite::{OptionalExtension, Transaction, params};

use super::catch_up;
use super::channel::key_of;
use super::member::{require_may_read, role};
use super::read_mark::report_read;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// Messages that are looked through for mentions of somebody who marks them unread.
const UNREAD_LOOKED_AT: u64 = 1_000;

impl Store {
    /// Says of what somebody wants to hear, from now on or for so many seconds of nothing.
    pub async fn set_notify(
        &self,
        user: UserId,
        channel: ChannelId,
        level: Option<NotifyLevel>,
        quiet_s: Option<u32>,
    ) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let key = key_of(&channel)?;
                role(work.transaction, key, user)?;
                if let Some(level) = level {
                    work.transaction
                        .prepare_cached("UPDATE member SET level = ?3 WHERE channel = ?1 AND user = ?2")?
                        .execute(params![key, user, Column(level)])?;
                }
                if let Some(seconds) = quiet_s {
                    let millis = i64::from(seconds.min(bounds::QUIET_SECONDS_MAX)) * 1_000;
                    let until = (seconds > 0).then(|| Column(work.now.plus_millis(millis)));
                    work.transaction
                        .prepare_cached("UPDATE member SET quiet_until = ?3 WHERE channel = ?1 AND user = ?2")?
                        .execute(params![key, user, until])?;
                }
                tell(work, key, &channel, user)
            })
            .await
    }

    /// Keeps what somebody is writing; an empty text forgets it.
    pub async fn keep_draft(
        &self,
        user: UserId,
        channel: ChannelId,
        content: String,
        reply_to: Option<Index>,
    ) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let key = key_of(&channel)?;
                role(work.transaction, key, user)?;
                note_rewriting(work, key, user, &content)?;
                if content.is_empty() {
                    work.transaction
                        .prepare_cached("DELETE FROM draft WHERE user = ?1 AND channel = ?2")?
                        .execute(params![user, key])?;
                } else {
                    work.transaction
                        .prepare_cached("INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3, ?4, ?5)")?
                        .execute(params![user, key, content, reply_to.map(Column), Column(work.now)])?;
                    work.transaction
                        .prepare_cached(
                            "DELETE FROM draft WHERE user = ?1 AND channel IN (
                                SELECT channel FROM draft WHERE user = ?1 ORDER BY date DESC LIMIT -1 OFFSET ?2)",
                        )?
                        .execute(params![user, bounds::DRAFTS_MAX])?;
                }
                tell(work, key, &channel, user)
            })
            .await
    }

    /// Moves a reader back to before a message: from it on everything is unread.
    pub async fn mark_unread(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit(move |work| mark_unread(work, user, &channel, index)).await
    }
}

/// Whoever writes on deletes nothing of what stood there; anything else is gone from the disk soon.
fn note_rewriting(work: &mut Work<'_>, key: i64, user: UserId, content: &str) -> Result<(), StoreError> {
    let before: Option<String> = work
        .transaction
        .prepare_cached("SELECT content FROM draft WHERE user = ?1 AND channel = ?2")?
        .query_row(params![user, key], |row| row.get(0))
        .optional()?;
    if before.is_some_and(|before| !content.starts_with(&before)) {
        work.erases();
    }
    Ok(())
}

/// Tells a person's connections what they have set for a channel.
fn tell(work: &mut Work<'_>, key: i64, channel: &ChannelId, user: UserId) -> Result<(), StoreError> {
    let personal = personal(work.transaction, key, channel, user)?;
    work.changes.push(Change::PersonalChanged { user, personal: Box::new(personal) });
    Ok(())
}

/// Reads what a member has set for a channel.
pub(super) fn personal(
    transaction: &Transaction<'_>,
    key: i64,
    channel: &ChannelId,
    user: UserId,
) -> Result<ChannelPersonal, StoreError> {
    let (level, quiet_until) = transaction
        .prepare_cached("SELECT level, quiet_until FROM member WHERE channel = ?1 AND user = ?2")?
        .query_row(params![key, user], |row| {
            let quiet_until = row.get::<_, Option<Column<Timestamp>>>(1)?.map(|until| until.0);
            Ok((row.get::<_, Column<NotifyLevel>>(0)?.0, quiet_until))
        })?;
    let draft = transaction
        .prepare_cached("SELECT content, reply_to, date FROM draft WHERE user = ?1 AND channel = ?2")?
        .query_row(params![user, key], |row| {
            Ok(Draft {
                content: row.get(0)?,
                reply_to: row.get::<_, Option<Column<Index>>>(1)?.map(|index| index.0),
                date: row.get::<_, Column<Timestamp>>(2)?.0,
            })
        })
        .optional()?;
    Ok(ChannelPersonal { id: *channel, level, quiet_until, draft })
}

fn mark_unread(work: &mut Work<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    let last_index = work
        .transaction
        .prepare_cached("SELECT last_index FROM channel WHERE id = ?1")?
        .query_row([key], |row| row.get::<_, Column<Index>>(0))?
        .0;
    if index == Index::default() || index > last_index {
        return Err(Refused::NoSuchMessage.into());
    }
    require_may_read(work.transaction, key, user, index)?;
    let before = Index::new(index.get() - 1);
    let moved = work
        .transaction
        .prepare_cached("UPDATE member SET last_read = ?3 WHERE channel = ?1 AND user = ?2 AND last_read > ?3")?
        .execute(params![key, user, Column(before)])?;
    if moved == 0 {
        return Ok(());
    }
    // Whoever named or answered the reader there counts again.
    let from = before.get().max(last_index.get().saturating_sub(UNREAD_LOOKED_AT));
    work.transaction
        .prepare_cached(
            "INSERT INTO mention (user, channel, idx)
             SELECT ?2, ?1, m.idx FROM message AS m JOIN user ON user.id = ?2
             WHERE m.channel = ?1 AND m.idx > ?3 AND m.user <> ?2 AND m.deleted IS NULL
               AND NOT EXISTS (SELECT 1 FROM block WHERE block.user = ?2 AND other = m.user)
               AND (instr(' ' || m.mentions || ' ', ' ' || user.handle || ' ') > 0
                    OR ?2 = (SELECT o.user FROM message AS o WHERE o.channel = m.channel AND o.idx = m.reply_to))
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![key, user, Column(Index::new(from))])?;
    report_read(work, key, user, before, last_index)?;
    catch_up::unread_from(work, key, user, before.next())
}
