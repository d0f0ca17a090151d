//! What people have set for themselves, and what they say of themselves.

use proto::{Audience, ChosenPresence, Privacy, SetPresence, SetProfile, SetSettings, Settings};

use super::file::set_avatar;
use super::sqlite::{FromRow, Row, Rows};
use super::table::user::{privacy, read_user, require_alive};
use super::wall::forget_strangers_activity;
use super::work::StoreWork;
use super::{Change, Pending, Store, StoreError, UploadedBytes, UserId, UserRecord};

impl Store {
    /// Gives what somebody has set for themselves.
    pub async fn settings(&self, user: UserId) -> Result<Settings, StoreError> {
        self.readers.read(move |rows| settings(rows, user)).await
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

    /// Notes what somebody says of themselves; what is left out stays. With an `avatar` they are seen by that from now on, or by
    /// no picture.
    pub async fn set_profile(
        &self,
        user: UserId,
        request: SetProfile,
        avatar: Option<Option<UploadedBytes>>,
    ) -> Pending<()> {
        self.writer
            .submit(move |work| {
                require_alive(work, user)?;
                work.erases();
                work.execute(
                    "UPDATE user SET display_name = coalesce(?2, display_name), about = coalesce(?3, about) WHERE id = ?1",
                    (user, &request.display_name, request.about),
                )?;
                if let Some(avatar) = &avatar {
                    set_avatar(work, user, avatar.as_ref())?;
                }
                if request.display_name.is_some() || avatar.is_some() {
                    let UserRecord { display_name, avatar, .. } = read_user(work, user)?;
                    work.changes.push(Change::ProfileSet { user, display_name, avatar });
                }
                Ok(())
            })
            .await
    }
}

/// Changes settings, and tells of it when something is different then.
fn change(work: &mut StoreWork<'_>, user: UserId, change: impl FnOnce(&mut Settings)) -> Result<(), StoreError> {
    require_alive(work, user)?;
    let before = settings(work, user)?;
    let mut now = before.clone();
    change(&mut now);
    if now == before {
        return Ok(());
    }
    work.erases();
    // Whoever becomes invisible is last seen at that moment.
    let hides = now.presence == ChosenPresence::Invisible && before.presence != ChosenPresence::Invisible;
    let last_seen = hides.then_some(work.now);
    let Privacy { presence, messages, invitations, posts } = now.privacy;
    work.execute(
        "UPDATE user SET presence = ?2, status = ?3, sees_presence = ?4, may_write = ?5, reads_posts = ?6,
         theme = ?7, last_seen = coalesce(?8, last_seen), may_invite = ?9 WHERE id = ?1",
        (user, now.presence, &now.status, presence, messages, posts, &now.theme, last_seen, invitations),
    )?;
    let is_for_friends_now = before.privacy.posts == Audience::Everyone && now.privacy.posts != Audience::Everyone;
    work.changes.push(Change::SettingsSet { user, settings: Box::new(now), date: work.now });
    if is_for_friends_now { forget_strangers_activity(work, user) } else { Ok(()) }
}

fn settings(rows: &Rows, user: UserId) -> Result<Settings, StoreError> {
    rows.only(
        "SELECT presence, status, theme, sees_presence, may_write, reads_posts, may_invite FROM user WHERE id = ?1",
        [user],
    )
}

impl FromRow for Settings {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self { presence: row.get(0)?, status: row.get(1)?, theme: row.get(2)?, privacy: privacy(row, 3)? })
    }
}
