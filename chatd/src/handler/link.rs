//! Links that somebody opens in a browser. Who opens one acts as the one who made it, but does nothing else.

use std::sync::Arc;
use std::time::Instant;

use proto::http::UploadQuery;
use proto::{
    ChannelKind, Content, CreateLink, ErrorCode, ErrorReply, FileId, FileInfo, Link, MessageKind, NewMessage, Nonce,
    SendMessage, Sent,
};

use super::{message, upload};
use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{busy, rate_limited, store_error};
use crate::files::ByteSource;
use crate::in_hand::Taken;
use crate::policy::{self, SignedIn};
use crate::store::{LinkSecret, NewLink, Refused, StoredFile, StoredLink};

/// Makes a link.
pub(crate) async fn create_link(daemon: &Daemon, who: &SignedIn, request: CreateLink) -> AnswerTo<CreateLink> {
    let CreateLink { id, index } = request;
    let config = daemon.config();
    let base = config.files.public_url.as_deref().ok_or_else(no_public_url)?;
    policy::reader(daemon, who, id).await?;
    let link = NewLink { user: who.user(), session: who.session(), channel: id, index, until: who.expires() };
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
    let secret = LinkSecret::parse(secret).ok_or_else(|| store_error(&Refused::NoSuchLink.into()))?;
    let (who, link) = policy::by_link(daemon, &secret).await?;
    daemon.pace.requests.take(who.user(), Instant::now()).map_err(rate_limited)?;
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

    /// Begins a form by which files are sent, the only one of its link for as long as what is given is held.
    pub(crate) async fn begin_form<'a>(&'a self, daemon: &'a Arc<Daemon>) -> Result<LinkForm<'a>, ErrorReply> {
        let form = daemon.forms.take(self.secret.clone());
        let form = form.ok_or_else(|| busy("another form of this link is being sent"))?;
        let form = LinkForm { opened: self, daemon, _alone: form };
        form.still_may().await?;
        Ok(form)
    }
}

/// A form by which files are sent.
pub(crate) struct LinkForm<'a> {
    opened: &'a OpenedLink,
    daemon: &'a Arc<Daemon>,
    _alone: Taken<LinkSecret>,
}

impl LinkForm<'_> {
    /// Refuses to go on where the right to it has ended.
    async fn still_may(&self) -> Result<(), ErrorReply> {
        let may = self.daemon.store.require_link_sends(self.opened.secret.clone()).await.committed().await;
        policy::explained(self.daemon, self.opened.who.user(), self.opened.link.channel, may).await
    }

    /// Uploads one of its files.
    pub(crate) async fn upload(&self, query: UploadQuery, bytes: impl ByteSource) -> Result<FileId, ErrorReply> {
        self.still_may().await?;
        Ok(upload::upload(self.daemon, &self.opened.who, query, bytes).await?.file.id)
    }

    /// Sends its files as one message. Then the link has ended.
    pub(crate) async fn send(&self, files: Vec<FileId>, content: Content) -> Result<Sent, ErrorReply> {
        let nonce = random_nonce();
        let message = NewMessage { content, nonce, kind: MessageKind::Text, reply_to: None, files };
        let request = SendMessage { id: self.opened.link.channel, message };
        let link = Some(self.opened.secret.clone());
        message::send_as(self.daemon, &self.opened.who, request, link).await.await
    }

    /// Removes the files of a form that was not sent: nobody sees them, and they count.
    pub(crate) async fn give_up(&self, files: Vec<FileId>) {
        let removed = self.daemon.store.remove_uploaded(self.opened.who.user(), files).await.committed().await;
        if let Err(error) = removed {
            tracing::warn!(%error, "files of a form that broke off are kept for a day");
        }
    }
}

fn random_nonce() -> Nonce {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().parse().expect("digits are a nonce")
}
