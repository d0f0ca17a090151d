//! Printing messages as they come, each once, over lost connections too.

use std::collections::{BTreeMap, HashMap};

use proto::{ChannelId, ChannelKind, ErrorCode, ErrorReply, Index, Message, MessageAdd, ServerPacket, Version};

use super::Tail;
use super::output::Output;
use super::target::Named;
use super::wire::Wire;
use crate::backoff::Backoff;
use crate::cli::Failure;
use crate::http::{self, RequestError};
use crate::msg::Page;
use crate::session::Session;

/// What is known of a channel.
struct Followed {
    title: String,
    version: Option<Version>,
    /// Whether it comes back by itself when it was closed elsewhere: a conversation, with its next message.
    comes_back: bool,
    /// The last message that was printed, and the last that the channel is known to have.
    printed: Index,
    last: Index,
}

/// What is being printed.
struct Following {
    channels: HashMap<ChannelId, Followed>,
    several: bool,
    left: Option<u64>,
    output: Output,
    store: Option<String>,
}

pub(super) async fn tail(session: &Session, device: &str, request: &Tail) -> Result<(), Failure> {
    let named = request.targets.iter().map(super::target::Target::named).collect::<Result<Vec<_>, _>>()?;
    let mut channels = HashMap::new();
    for named in &named {
        let channel = named.find(session).await?;
        if !channel.member {
            let wall = matches!(named, Named::Wall(_));
            let reason =
                if wall { "posts are not followed, see `feed`" } else { "you are not in this channel, join it first" };
            return Err(Failure::Refused(ErrorReply::new(ErrorCode::NotAMember, reason)));
        }
        let comes_back = channel.kind == ChannelKind::Dm;
        let (printed, last) = (Index::default(), Index::default());
        channels.insert(channel.id, Followed { title: channel.title, version: None, comes_back, printed, last });
    }
    let output = Output::new(request.json);
    let mut following = Following { several: channels.len() > 1, channels, left: request.count, output, store: None };
    let mut backoff = Backoff::default();
    loop {
        match follow(session, device, request.limit, &mut following, &mut backoff).await {
            Err(Failure::Request(RequestError::Unreachable { .. })) => {
                tokio::time::sleep(backoff.next_wait()).await;
            }
            ended => return ended,
        }
    }
}

/// Follows over one connection until enough was printed or the connection is lost.
async fn follow(
    session: &Session,
    device: &str,
    limit: u32,
    following: &mut Following,
    backoff: &mut Backoff,
) -> Result<(), Failure> {
    let ids = following.channels.keys().copied().collect();
    let known = following.channels.iter().filter_map(|(id, followed)| Some((*id, followed.version?)));
    let known: BTreeMap<_, _> = known.collect();
    let mut wire = Wire::open(session, device, ids, known, limit).await?;
    backoff.opened();
    while !following.is_done() {
        match wire.event().await? {
            ServerPacket::Welcome(welcome) => {
                let store = welcome.server.store;
                let known = following.store.replace(store.clone());
                // Another store has another past: what was said in hello does not hold there.
                if known.is_some_and(|known| known != store) {
                    following.forget();
                    return Err(Failure::lost(session, "the server has another store"));
                }
            }
            ServerPacket::ChannelAdd(add) => {
                following.begin(add.id, &add.messages, add.version)?;
                following.reached(add.id, add.last_index);
            }
            ServerPacket::ChannelResume(resume) => {
                following.add(resume.id, &resume.messages, resume.version)?;
                following.reached(resume.id, resume.last_index);
                if resume.more {
                    following.catch_up(session, resume.id, resume.version).await?;
                }
            }
            ServerPacket::MessageAdd(add) => {
                if let Some(known) = following.lacks_before(&add) {
                    following.catch_up(session, add.id, known).await?;
                }
                let version = add.message.version;
                following.add(add.id, std::slice::from_ref(&add.message), version)?;
            }
            ServerPacket::Goodbye(goodbye) => backoff.goodbye(goodbye.reconnect_after_ms),
            ServerPacket::MessageUpdate(update) => following.heard(update.id, update.message.version),
            ServerPacket::ChannelRemove(remove) => {
                if following.channels.get(&remove.id).is_some_and(|followed| followed.comes_back) {
                    continue;
                }
                following.channels.remove(&remove.id);
                if following.channels.is_empty() {
                    let reason = "you are no longer in this channel";
                    return Err(Failure::Refused(ErrorReply::new(ErrorCode::NotAMember, reason)));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

impl Following {
    /// Tells whether what stood there was shown and as many new messages as were wanted.
    fn is_done(&self) -> bool {
        self.left == Some(0) && self.channels.values().all(|followed| followed.version.is_some())
    }

    /// Notes the last message that a channel has.
    fn reached(&mut self, id: ChannelId, last: Index) {
        if let Some(followed) = self.channels.get_mut(&id) {
            followed.last = followed.last.max(last);
        }
    }

    /// Notes that everything up to a version has been heard.
    fn heard(&mut self, id: ChannelId, version: Version) {
        if let Some(followed) = self.channels.get_mut(&id) {
            followed.version = followed.version.map(|known| known.max(version));
        }
    }

    /// Forgets where each channel stands.
    fn forget(&mut self) {
        for followed in self.channels.values_mut() {
            (followed.version, followed.printed, followed.last) = Default::default();
        }
    }

    /// Gives the version to catch up from when messages before a new one are missing.
    fn lacks_before(&self, add: &MessageAdd) -> Option<Version> {
        let followed = self.channels.get(&add.id)?;
        followed.version.filter(|_| add.message.index > followed.last.next())
    }

    /// Fetches and prints what changed since a version.
    async fn catch_up(&mut self, session: &Session, id: ChannelId, mut since: Version) -> Result<(), Failure> {
        while self.left != Some(0) {
            let page = http::history(&session.server, &session.token, id, Some(Page::Since(since)), 1_000).await;
            let page = page.map_err(Failure::from_asked)?;
            self.add(id, &page.messages, page.version)?;
            if !page.more || page.version <= since {
                break;
            }
            since = page.version;
        }
        Ok(())
    }

    /// Shows the messages that stand there already; they do not count as new.
    fn begin(&mut self, id: ChannelId, messages: &[Message], version: Version) -> Result<(), Failure> {
        let first = self.channels.get(&id).is_some_and(|followed| followed.version.is_none());
        if !first {
            return self.add(id, messages, version);
        }
        let left = self.left.take();
        self.add(id, messages, version)?;
        self.left = left;
        Ok(())
    }

    fn add(&mut self, id: ChannelId, messages: &[Message], version: Version) -> Result<(), Failure> {
        let Some(followed) = self.channels.get_mut(&id) else { return Ok(()) };
        for message in messages.iter().filter(|message| message.index > followed.printed) {
            if self.left == Some(0) {
                return Ok(());
            }
            self.output.message(&followed.title, message, self.several)?;
            self.left = self.left.map(|left| left - 1);
        }
        let last = messages.iter().map(|message| message.index).max().unwrap_or_default();
        followed.printed = followed.printed.max(last);
        followed.last = followed.last.max(last);
        followed.version = followed.version.max(Some(version));
        Ok(())
    }
}
