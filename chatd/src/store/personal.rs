//! What each member has set for a channel, for all their devices: of what they want to hear, and what they were writing.

use proto::{ChannelId, ChannelPersonal, Draft, DraftText, Index, NotifyLevel, bounds};

use super::channel_key::{ChannelKey, key_of, not_removed};
use super::read_mark::report_read;
use super::sqlite::Rows;
use super::table::access::{require_may_read, role};
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, activity};

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
                role(work, key, user)?;
                if let Some(level) = level {
                    work.execute("UPDATE member SET level = ?3 WHERE channel = ?1 AND user = ?2", (key, user, level))?;
                }
                if let Some(seconds) = quiet_s {
                    let millis = i64::from(seconds.min(bounds::QUIET_SECONDS_MAX)) * 1_000;
                    let until = (seconds > 0).then(|| work.now.plus_millis(millis));
                    work.execute(
                        "UPDATE member SET quiet_until = ?3 WHERE channel = ?1 AND user = ?2",
                        (key, user, until),
                    )?;
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
        content: DraftText,
        reply_to: Option<Index>,
    ) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let key = key_of(&channel)?;
                role(work, key, user)?;
                note_rewriting(work, key, user, content.as_str())?;
                if content.as_str().is_empty() {
                    work.execute("DELETE FROM draft WHERE user = ?1 AND channel = ?2", (user, key))?;
                } else {
                    work.execute(
                        "INSERT OR REPLACE INTO draft VALUES (?1, ?2, ?3, ?4, ?5)",
                        (user, key, content.as_str(), reply_to, work.now),
                    )?;
                    work.execute(
                        concat!(
                            "DELETE FROM draft WHERE user = ?1 AND channel IN (
                             SELECT channel FROM draft WHERE user = ?1 AND ",
                            not_removed!("channel"),
                            " ORDER BY date DESC LIMIT -1 OFFSET ?2)"
                        ),
                        (user, bounds::DRAFTS_MAX),
                    )?;
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
fn note_rewriting(work: &mut StoreWork<'_>, key: ChannelKey, user: UserId, content: &str) -> Result<(), StoreError> {
    let before: Option<String> = work.one("SELECT content FROM draft WHERE user = ?1 AND channel = ?2", (user, key))?;
    if before.is_some_and(|before| !content.starts_with(&before)) {
        work.erases();
    }
    Ok(())
}

/// Tells a person's connections what they have set for a channel.
fn tell(work: &mut StoreWork<'_>, key: ChannelKey, channel: &ChannelId, user: UserId) -> Result<(), StoreError> {
    let personal = personal(work, key, channel, user)?;
    work.changes.push(Change::PersonalChanged { user, personal: Box::new(personal) });
    Ok(())
}

/// Reads what a member has set for a channel.
pub(super) fn personal(
    rows: &Rows,
    key: ChannelKey,
    channel: &ChannelId,
    user: UserId,
) -> Result<ChannelPersonal, StoreError> {
    let (level, quiet_until) =
        rows.only_with("SELECT level, quiet_until FROM member WHERE channel = ?1 AND user = ?2", (key, user), |row| {
            let quiet_until = row.get(1)?;
            Ok((row.get(0)?, quiet_until))
        })?;
    Ok(ChannelPersonal { id: *channel, level, quiet_until, draft: draft(rows, key, user)? })
}

/// Reads what a member is writing in a channel.
pub(super) fn draft(rows: &Rows, key: ChannelKey, user: UserId) -> Result<Option<Draft>, StoreError> {
    rows.one_with("SELECT content, reply_to, date FROM draft WHERE user = ?1 AND channel = ?2", (user, key), |row| {
        Ok(Draft { content: row.get(0)?, reply_to: row.get(1)?, date: row.get(2)? })
    })
}

fn mark_unread(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work, key, user)?;
    let last_index = work.only::<Index>("SELECT last_index FROM channel WHERE id = ?1", [key])?;
    if index == Index::default() || index > last_index {
        return Err(Refused::NoSuchMessage.into());
    }
    require_may_read(work, key, user, index)?;
    let before = Index::new(index.get() - 1);
    let moved = work.execute(
        "UPDATE member SET last_read = ?3 WHERE channel = ?1 AND user = ?2 AND last_read > ?3",
        (key, user, before),
    )?;
    if moved == 0 {
        return Ok(());
    }
    // Whoever named or answered the reader there counts again.
    let from = before.get().max(last_index.get().saturating_sub(UNREAD_LOOKED_AT));
    work.execute(
        "INSERT INTO mention (user, channel, idx)
         SELECT ?2, ?1, m.idx FROM message AS m JOIN user ON user.id = ?2
         WHERE m.channel = ?1 AND m.idx > ?3 AND m.user <> ?2 AND m.deleted IS NULL
           AND NOT EXISTS (SELECT 1 FROM block WHERE block.user = ?2 AND other = m.user)
           AND (instr(' ' || m.mentions || ' ', ' ' || user.handle || ' ') > 0
                OR ?2 = (SELECT o.user FROM message AS o WHERE o.channel = m.channel AND o.idx = m.reply_to))
         ON CONFLICT DO NOTHING",
        (key, user, Index::new(from)),
    )?;
    report_read(work, key, user, before, last_index)?;
    activity::unread_from(work, key, user, before.next())
}
