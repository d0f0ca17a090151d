//! Sending messages.

use std::sync::Arc;
use std::time::Instant;

use proto::{ErrorCode, ErrorReply, MessageKind, SendMessage, Sent, mention};

use crate::daemon::Daemon;
use crate::dispatch::{Outcome, Reply};
use crate::error::rate_limited;
use crate::policy::{self, Member, SignedIn};
use crate::store::NewMessage;

/// Mentions that one message can hold; further ones are text.
const MENTIONS_MAX: usize = 50;

pub(crate) async fn send(daemon: &Arc<Daemon>, who: &SignedIn, request: SendMessage) -> Outcome {
    match accept(daemon, who, request) {
        Err(refusal) => Outcome::Now(Err(refusal)),
        Ok(message) => {
            let (channel, author) = (message.channel, message.author);
            let pending = daemon.store.append_message(message).await;
            let hub = daemon.hub.clone();
            Outcome::Later(Box::pin(async move {
                let appended = pending.committed().await;
                let appended = appended.map_err(|error| policy::channel_error(&hub, &channel, author, &error))?;
                Ok(Reply::Sent(Sent {
                    id: channel,
                    index: appended.index,
                    version: appended.version,
                    date: appended.date,
                }))
            }))
        }
    }
}

/// Checks everything about a message that needs no disk.
fn accept(daemon: &Daemon, who: &SignedIn, request: SendMessage) -> Result<NewMessage, ErrorReply> {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let message = request.message;
    if !matches!(message.kind, MessageKind::Text | MessageKind::Action) {
        return Err(ErrorReply::new(ErrorCode::Malformed, "`kind` is `text` or `action`"));
    }
    let content_bytes = message.content.as_str().len();
    let bytes_max = daemon.config.limits.message_bytes;
    if content_bytes > bytes_max {
        let reason = format!("the message has {content_bytes} bytes, at most {bytes_max} are allowed");
        return Err(ErrorReply::new(ErrorCode::TooLarge, reason));
    }
    daemon.message_rate.take(who.user(), Instant::now()).map_err(rate_limited)?;
    Ok(NewMessage {
        mentions: mentions(daemon, &member, message.content.as_str()),
        channel: member.channel(),
        author: member.user(),
        handle: who.handle().clone(),
        kind: message.kind,
        content: message.content,
        nonce: message.nonce,
        reply_to: message.reply_to,
    })
}

fn mentions(daemon: &Daemon, member: &Member, content: &str) -> Vec<(crate::store::UserId, proto::Handle)> {
    let words = mention::words(content).map(|(_, handle)| handle);
    daemon.hub.members_named(&member.channel(), words, MENTIONS_MAX)
}
