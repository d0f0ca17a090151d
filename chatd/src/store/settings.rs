//! What people have set for themselves, and what they say of themselves.

use proto::{
    Audience, ChosenPresence, Privacy, SetPresence, SetProfile, SetSettings, Settings, Status, ThemeName, Timestamp,
};
use rusqlite::{Row, Transaction, params};

use super::account::require_alive;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Store, StoreError, UserId, wall};

impl Store {
    /// Gives what somebody has set for themselves.
    pub async fn settings(&self, user: UserId) -> Result<Settings, StoreError> {
        self.readers.read(move |transaction| settings(transaction, user)).await
    }

    /// Notes what somebody says by hand about being there; what is left out stays.
    pub async fn set_presence(&self, user: UserId, request: SetPresence) -> Pending<()> {
        self.writer
            .submit(move |work| {
                change(work, user, |settings| {
                    settings.presence = request.state.unwrap_or(settings.presence);
                    settings.status = request.status.unwrap_or_else(|| settings.status.clone());
                })
            })
            .await
    }

    /// Sets something for somebody; what is left out stays.
    pub async fn set_settings(&self, user: UserId, request: SetSettings) -> Pending<()> {
        self.writer
            .submit(move |work| {
                change(work, user, |settings| {
                    let Privacy { presence, messages, invitations, posts } = settings.privacy;
                    settings.privacy = Privacy {
                        presence: request.privacy.presence.unwrap_or(presence),
                        messages: request.privacy.messages.unwrap_or(messages),
                        invitations: request.privacy.invitations.unwrap_or(invitations),
                        posts: request.privacy.posts.unwrap_or(posts),
                    };
                    settings.theme = request.theme.unwrap_or_else(|| settings.theme.clone());
                })
            })
            .await
    }

    /// Notes what somebody says of themselves; what is left out stays.
    pub async fn set_profile(&self, user: UserId, request: SetProfile) -> Pending<()> {
        self.writer
            .submit(move |work| {
                require_alive(work.transaction, user)?;
                work.erases();
                let SetProfile { display_name, about, avatar } = request;
                work.transaction
                    .prepare_cached(
                        "UPDATE user SET display_name = coalesce(?2, display_name), about = coalesce(?3, about),
                            avatar = coalesce(?4, avatar) WHERE id = ?1",
                    )?
                    .execute(params![
                        user,
                        display_name.as_ref().map(proto::DisplayName::as_str),
                        about.as_ref().map(proto::About::as_str),
                        avatar.as_ref().map(proto::Avatar::as_str),
                    ])?;
                if let Some(display_name) = display_name {
                    work.changes.push(Change::DisplayNameSet { user, display_name });
                }
                Ok(())
            })
            .await
    }
}

/// Changes settings, and tells of it when something is different then.
fn change(work: &mut Work<'_>, user: UserId, change: impl FnOnce(&mut Settings)) -> Result<(), StoreError> {
    require_alive(work.transaction, user)?;
    let before = settings(work.transaction, user)?;
    let mut now = before.clone();
    change(&mut now);
    if now == before {
        return Ok(());
    }
    work.erases();
    // Whoever becomes invisible is last seen at that moment.
    let hides = now.presence == ChosenPresence::Invisible && before.presence != ChosenPresence::Invisible;
    let last_seen: Option<Column<Timestamp>> = hides.then_some(Column(work.now));
    work.transaction
        .prepare_cached(
            "UPDATE user SET presence = ?2, status = ?3, sees_presence = ?4, may_write = ?5, reads_posts = ?6,
                theme = ?7, last_seen = coalesce(?8, last_seen), may_invite = ?9 WHERE id = ?1",
        )?
        .execute(params![
            user,
            Column(now.presence),
            now.status.as_str(),
            Column(now.privacy.presence),
            Column(now.privacy.messages),
            Column(now.privacy.posts),
            now.theme.as_str(),
            last_seen,
            Column(now.privacy.invitations),
        ])?;
    let narrows = before.privacy.posts == Audience::Everyone && now.privacy.posts != Audience::Everyone;
    work.changes.push(Change::SettingsSet { user, settings: Box::new(now), date: work.now });
    if narrows { wall::narrows(work, user) } else { Ok(()) }
}

fn settings(transaction: &Transaction<'_>, user: UserId) -> Result<Settings, StoreError> {
    let settings = transaction
        .prepare_cached(
            "SELECT presence, status, theme, sees_presence, may_write, reads_posts, may_invite FROM user WHERE id = ?1",
        )?
        .query_row([user], |row| {
            Ok(Settings {
                presence: row.get::<_, Column<ChosenPresence>>(0)?.0,
                status: row.get::<_, Column<Status>>(1)?.0,
                theme: row.get::<_, Column<ThemeName>>(2)?.0,
                privacy: privacy(row, 3)?,
            })
        })?;
    Ok(settings)
}

/// Reads who may see and write what from four columns in a row.
pub(super) fn privacy(row: &Row<'_>, first: usize) -> rusqlite::Result<Privacy> {
    Ok(Privacy {
        presence: row.get::<_, Column<Audience>>(first)?.0,
        messages: row.get::<_, Column<Audience>>(first + 1)?.0,
        posts: row.get::<_, Column<Audience>>(first + 2)?.0,
        invitations: row.get::<_, Column<Audience>>(first + 3)?.0,
    })
}
