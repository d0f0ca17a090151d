//! A user's settings and profile, and their relations to others.

use proto::http::{Friends, NoQuery, OwnSettings};
use proto::{
    AskFriend, Audience, Block, Empty, ErrorReply, Relation, Relationship, RemoveFriend, SetPresence, SetProfile,
    SetSettings,
};

use super::avatar;
use super::upload::{delete_all, objects_of};
use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::SignedIn;
use crate::store::{Pending, StoreError};

pub(crate) async fn set_presence(daemon: &Daemon, who: &SignedIn, request: SetPresence) -> AnswerTo<SetPresence> {
    daemon.hub.active(who.user());
    done(daemon.store.set_presence(who.user(), request).await).await
}

pub(crate) async fn set_settings(daemon: &Daemon, who: &SignedIn, request: SetSettings) -> AnswerTo<SetSettings> {
    let privacy = &request.privacy;
    if [privacy.presence, privacy.messages, privacy.invitations, privacy.posts].contains(&Some(Audience::Unknown)) {
        return Err(malformed("an audience is `everyone`, `shared` or `friends`"));
    }
    if privacy.posts == Some(Audience::Shared) {
        return Err(malformed("posts are for `friends` or `everyone`"));
    }
    done(daemon.store.set_settings(who.user(), request).await).await
}

pub(crate) async fn set_profile(daemon: &Daemon, who: &SignedIn, request: SetProfile) -> AnswerTo<SetProfile> {
    let avatar = match request.avatar {
        Some(wanted) => Some(avatar::make(daemon, who, wanted).await?),
        None => None,
    };
    let objects = avatar.iter().flatten().flat_map(objects_of).collect::<Vec<_>>();
    let set = daemon.store.set_profile(who.user(), request, avatar).await.committed().await;
    match set {
        Ok(()) => daemon.files.settled(&objects),
        // Nothing says that it is there.
        Err(StoreError::Refused(_)) => delete_all(daemon, &objects).await,
        Err(_) => {}
    }
    set.map(|()| Empty {}).map_err(|error| store_error(&error))
}

pub(crate) async fn ask_friend(daemon: &Daemon, who: &SignedIn, request: AskFriend) -> AnswerTo<AskFriend> {
    done(daemon.store.ask_friend(who.user(), request.handle).await).await
}

pub(crate) async fn remove_friend(daemon: &Daemon, who: &SignedIn, request: RemoveFriend) -> AnswerTo<RemoveFriend> {
    done(daemon.store.remove_friend(who.user(), request.handle).await).await
}

pub(crate) async fn block(daemon: &Daemon, who: &SignedIn, request: Block) -> AnswerTo<Block> {
    done(daemon.store.block(who.user(), request.handle, request.on).await).await
}

/// Gives the settings of a user.
pub(crate) async fn settings(daemon: &Daemon, who: &SignedIn, _: NoQuery) -> Result<OwnSettings, ErrorReply> {
    let settings = daemon.store.settings(who.user()).await.map_err(|error| store_error(&error))?;
    Ok(OwnSettings { settings })
}

/// Gives the relations of others to a user, and the presence of their friends.
pub(crate) async fn friends(daemon: &Daemon, who: &SignedIn, _: NoQuery) -> Result<Friends, ErrorReply> {
    let people = daemon.store.relationships(who.user()).await.map_err(|error| store_error(&error))?;
    let people = people.into_iter().map(|(user, relationship)| Relationship {
        presence: match relationship.relation {
            Relation::Friend => Some(daemon.hub.presence_now(&user)),
            _ => None,
        },
        ..relationship
    });
    Ok(Friends { people: people.collect() })
}

async fn done(pending: Pending<()>) -> Result<Empty, ErrorReply> {
    pending.committed().await.map(|()| Empty {}).map_err(|error| store_error(&error))
}
