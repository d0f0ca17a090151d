//! Links that somebody opens in a browser. Who opens one acts as the one who made it, but does nothing else.

use std::sync::Arc;

use proto::{
    ChannelKind, Content, CreateLink, ErrorCode, ErrorReply, FileId, FileInfo, Link, MessageKind, NewMessage,
    SendMessage, Sent,
};

use super::message;
use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::{self, SignedIn};
use crate::store::{LinkSecret, NewLink, StoredFile, StoredLink};

/// Makes a link.
pub(crate) async fn create_link(daemon: &Daemon, who: &SignedIn, request: CreateLink) -> AnswerTo<CreateLink> {
    let CreateLink { id, index } = request;
    let config = daemon.config();
    let base = config.files.public_url.as_deref().ok_or_else(no_public_url)?;
    policy::reader(daemon, who, id).await?;
    let link = NewLink { user: who.user(), session: who.session(), channel: id, index };
    let made = daemon.store.create_link(link).await.committed().await;
    let (secret, expires_at) = policy::explained(daemon, who.user(), id, made).await?;
    Ok(Link { url: format!("{}/l/{secret}", base.trim_end_matches('/')), expires_at })
}

fn no_public_url() -> ErrorReply {
    let reason = "the server makes no links: its operator has to set `files.public_url`, the address by which browsers \
                  reach it, such as `https://chat.example.org`";
    ErrorReply::new(ErrorCode::NoPublicUrl, reason)
}

/// A link that somebody has opened.
pub(crate) struct OpenedLink {
    /// Who acts by it.
    pub(crate) who: SignedIn,
    /// The channel, as people write it.
    pub(crate) place: String,
    /// The files that can be fetched; none of a link by which files are sent.
    pub(crate) files: Option<Vec<FileInfo>>,
    secret: LinkSecret,
    link: StoredLink,
}

/// Opens a link. That is no use of it: programs look at what they are to show before a person does.
pub(crate) async fn open_link(daemon: &Daemon, secret: &str) -> Result<OpenedLink, ErrorReply> {
    let secret = LinkSecret::parse(secret).ok_or_else(policy::no_such_link)?;
    let (who, link) = policy::by_link(daemon, &secret).await?;
    policy::reader(daemon, &who, link.channel).await?;
    let place = match link.kind {
        ChannelKind::Dm => format!("@{}", link.name),
        ChannelKind::Wall => format!("the posts of {}", link.name),
        ChannelKind::Public | ChannelKind::Private | ChannelKind::Unknown => format!("#{}", link.name),
    };
    let files = match link.index {
        Some(index) => {
            let files = daemon.store.files_of(who.user(), link.channel, index).await;
            Some(files.map_err(|error| store_error(&error))?)
        }
        None => None,
    };
    Ok(OpenedLink { who, place, files, secret, link })
}

impl OpenedLink {
    /// Finds a file that the link gives, or its small form.
    pub(crate) async fn file(&self, daemon: &Daemon, file: FileId, small: bool) -> Result<StoredFile, ErrorReply> {
        if !self.files.iter().flatten().any(|given| given.id == file) {
            return Err(ErrorReply::no_such_file());
        }
        let user = self.who.user();
        let found =
            if small { daemon.store.thumbnail_for(user, file).await } else { daemon.store.file_for(user, file).await };
        found.map_err(|error| store_error(&error))
    }

    /// Sends files that were uploaded by the link, as one message. Then the link has ended.
    pub(crate) async fn send(
        &self,
        daemon: &Arc<Daemon>,
        files: Vec<FileId>,
        caption: &str,
    ) -> Result<Sent, ErrorReply> {
        let content = Content::beside_files(caption).map_err(|error| malformed(&error.to_string()))?;
        let nonce = self.secret.nonce();
        let message = NewMessage { content, nonce, kind: MessageKind::Text, reply_to: None, files };
        let sent = message::send(daemon, &self.who, SendMessage { id: self.link.channel, message }).await.await;
        let sent = sent.map_err(|refusal| match refusal.code {
            // It was used while these were on their way.
            ErrorCode::NonceReused => policy::no_such_link(),
            _ => refusal,
        })?;
        // A message has its nonce once: if this fails, the link still sends nothing more.
        if let Err(error) = daemon.store.end_link(self.secret.clone()).await.committed().await {
            tracing::warn!(%error, "a link that was used cannot be ended");
        }
        Ok(sent)
    }
}
