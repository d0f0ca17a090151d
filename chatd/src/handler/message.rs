//! Sending messages, and changing them later.

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::Either;
use proto::{
    Changed, ChannelId, Content, DeleteMessage, EditMessage, ErrorCode, ErrorReply, Handle, MessageKind, Pin, React,
    RemoveReactions, SendMessage, Sent, Version, mention,
};

use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::rate_limited;
use crate::policy::{self, Member, SignedIn};
use crate::store::{Appended, Edit, LinkSecret, NewMessage, Pending, Pinning, Reacting, TakingAway};

/// Puts a message into the store's queue, and gives what waits for its commit.
pub(crate) async fn send(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    request: SendMessage,
) -> impl Future<Output = AnswerTo<SendMessage>> + Send + use<> {
    send_as(daemon, who, request, None).await
}

/// The same by a link, which ends with it.
pub(super) async fn send_as(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    request: SendMessage,
    link: Option<LinkSecret>,
) -> impl Future<Output = AnswerTo<SendMessage>> + Send + use<> {
    match queue(daemon, who, request, link).await {
        Ok(stored) => Either::Left(stored),
        Err(answer) => Either::Right(ready(answer)),
    }
}

/// Puts a message into the store's queue, or gives the answer that is known at once.
async fn queue(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    request: SendMessage,
    link: Option<LinkSecret>,
) -> Result<impl Future<Output = AnswerTo<SendMessage>> + Send + use<>, AnswerTo<SendMessage>> {
    let message = NewMessage { link, ..check(daemon, who, request).map_err(Err)? };
    daemon.pace.messages.take(who.user(), Instant::now()).map_err(|wait| Err(rate_limited(wait)))?;
    let channel = message.channel;
    let member = match policy::reader(daemon, who, channel).await {
        Ok(member) => member,
        // A user who has left since may only learn that the message was stored before.
        Err(refusal) => {
            let known = Box::pin(async { daemon.store.find_appended(message).await.committed().await }).await;
            return Err(match known {
                Ok(Some(appended)) => Ok(sent(channel, appended)),
                _ => Err(refusal),
            });
        }
    };
    daemon.hub.active(member.user());
    let words = words(message.content.as_str());
    let pending = daemon.store.append_message(NewMessage { words, ..message }).await;
    let daemon = daemon.clone();
    Ok(async move {
        let appended = pending.committed().await;
        Ok(sent(channel, policy::explained(&daemon, member.user(), channel, appended).await?))
    })
}

pub(crate) async fn edit(daemon: &Daemon, who: &SignedIn, request: EditMessage) -> AnswerTo<EditMessage> {
    check_size(daemon, &request.content)?;
    let member = policy::reader(daemon, who, request.id).await?;
    // As many people hear of it as of a message.
    daemon.pace.messages.take(who.user(), Instant::now()).map_err(rate_limited)?;
    daemon.hub.active(member.user());
    let edit = Edit {
        channel: member.channel(),
        index: request.index,
        editor: member.user(),
        words: words(request.content.as_str()),
        content: request.content,
    };
    changed(daemon, &member, daemon.store.edit_message(edit).await).await
}

pub(crate) async fn delete_message(daemon: &Daemon, who: &SignedIn, request: DeleteMessage) -> AnswerTo<DeleteMessage> {
    let member = policy::reader(daemon, who, request.id).await?;
    daemon.hub.active(member.user());
    let pending = daemon.store.delete_message(member.user(), member.channel(), request.index).await;
    changed(daemon, &member, pending).await
}

pub(crate) async fn react(daemon: &Daemon, who: &SignedIn, request: React) -> AnswerTo<React> {
    let member = policy::reader(daemon, who, request.id).await?;
    daemon.hub.active(member.user());
    let React { index, emoji, on, .. } = request;
    let reacting = Reacting { channel: member.channel(), index, user: member.user(), emoji, on };
    changed(daemon, &member, daemon.store.react(reacting).await).await
}

pub(crate) async fn remove_reactions(
    daemon: &Daemon,
    who: &SignedIn,
    request: RemoveReactions,
) -> AnswerTo<RemoveReactions> {
    let member = policy::reader(daemon, who, request.id).await?;
    daemon.hub.active(member.user());
    let RemoveReactions { index, emoji, handle, .. } = request;
    let taking = TakingAway { channel: member.channel(), index, user: member.user(), emoji, handle };
    changed(daemon, &member, daemon.store.take_reactions_away(taking).await).await
}

pub(crate) async fn pin(daemon: &Daemon, who: &SignedIn, request: Pin) -> AnswerTo<Pin> {
    let member = policy::member(daemon, who, request.id).await?;
    daemon.hub.active(member.user());
    let pinning = Pinning { channel: member.channel(), index: request.index, user: member.user(), on: request.on };
    changed(daemon, &member, daemon.store.pin(pinning).await).await
}

async fn changed(daemon: &Daemon, member: &Member, pending: Pending<Version>) -> Result<Changed, ErrorReply> {
    let version = policy::explained(daemon, member.user(), member.channel(), pending.committed().await).await?;
    Ok(Changed { version })
}

fn sent(channel: ChannelId, appended: Appended) -> Sent {
    Sent { id: channel, index: appended.index, version: appended.version, date: appended.date }
}

/// Checks what can be said of a message by itself.
fn check(daemon: &Daemon, who: &SignedIn, request: SendMessage) -> Result<NewMessage, ErrorReply> {
    let message = request.message;
    if !matches!(message.kind, MessageKind::Text | MessageKind::Action) {
        return Err(ErrorReply::new(ErrorCode::Malformed, "`kind` is `text` or `action`"));
    }
    check_size(daemon, &message.content)?;
    Ok(NewMessage {
        words: Vec::new(),
        channel: request.id,
        author: who.user(),
        handle: who.handle().clone(),
        kind: message.kind,
        content: message.content,
        nonce: message.nonce,
        reply_to: message.reply_to,
        files: message.files,
        link: None,
    })
}

fn check_size(daemon: &Daemon, content: &Content) -> Result<(), ErrorReply> {
    let content_bytes = content.as_str().len();
    let bytes_max = daemon.config().limits.message_bytes;
    if content_bytes > bytes_max {
        let reason = format!("the message has {content_bytes} bytes, at most {bytes_max} are allowed");
        return Err(ErrorReply::new(ErrorCode::TooLarge, reason));
    }
    Ok(())
}

/// Gives the words that may be handles.
fn words(content: &str) -> Vec<Handle> {
    mention::words(content).map(|(_, handle)| handle).collect()
}
