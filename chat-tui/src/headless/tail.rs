//! Printing messages as they come, each once, over lost connections too.

use std::collections::HashMap;

use proto::{ChannelId, ChannelKind, DeviceName, ErrorCode, ErrorReply, Index};

use super::arguments::Tail;
use super::client::Client;
use super::output::Output;
use super::target::Named;
use crate::backoff::Backoff;
use crate::core::Happened;
use crate::core::channel::Channel;
use crate::failure::Failure;
use crate::http::RequestError;
use crate::session::Session;

/// What was printed of a channel.
struct Followed {
    title: String,
    /// Whether what stood there was printed: what comes from then on is new.
    begun: bool,
    /// Whether it comes back by itself when it was closed elsewhere: a conversation, with its next message.
    comes_back: bool,
    /// The last message that was printed.
    printed: Index,
}

/// What is being printed.
struct Following {
    channels: HashMap<ChannelId, Followed>,
    several: bool,
    /// How many new messages are still wanted, if not all.
    left: Option<u64>,
    output: Output,
}

pub(super) async fn tail(session: &Session, device: &DeviceName, request: &Tail) -> Result<(), Failure> {
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
        let printed = Index::default();
        channels.insert(channel.id, Followed { title: channel.title, begun: false, comes_back, printed });
    }
    let ids = channels.keys().copied().collect();
    let mut client = Client::for_channels(session, device, ids, request.limit);
    let output = Output::new(request.json);
    let mut following = Following { several: channels.len() > 1, channels, left: request.count, output };
    let mut backoff = Backoff::default();
    loop {
        match follow(&mut client, &mut following, &mut backoff).await {
            Err(Failure::Request(RequestError::Unreachable { .. })) => {
                if let Some(after_ms) = client.goodbye.take() {
                    backoff.goodbye(after_ms);
                }
                tokio::time::sleep(backoff.next_wait()).await;
            }
            ended => return ended,
        }
    }
}

/// Follows over one connection until enough was printed or the connection is lost.
async fn follow(client: &mut Client, following: &mut Following, backoff: &mut Backoff) -> Result<(), Failure> {
    client.connect().await?;
    backoff.opened();
    while !following.is_done() {
        match client.next().await? {
            // Another store has other messages.
            Happened::StoreChanged { .. } => following.forget(),
            Happened::ChannelAdded { id, .. } => {
                if let Some(channel) = client.core.channels.get(&id) {
                    following.begin(channel)?;
                }
            }
            Happened::ChannelRemoved { remove, .. } => {
                if following.channels.get(&remove.id).is_some_and(|followed| !followed.comes_back) {
                    following.channels.remove(&remove.id);
                    client.core.forget_channel(remove.id);
                }
                if following.channels.is_empty() {
                    let reason = "you are no longer in this channel";
                    return Err(Failure::Refused(ErrorReply::new(ErrorCode::NotAMember, reason)));
                }
            }
            Happened::MessageCame { id, .. } | Happened::HistoryCame(id) | Happened::ChannelResumed(id) => {
                if let Some(channel) = client.core.channels.get(&id) {
                    following.print(channel)?;
                }
            }
            // Nothing of it is to be printed. A session that is over and a refusal are errors of `next` already.
            Happened::Welcomed
            | Happened::ChangesGivenUp(..)
            | Happened::RequestsLost
            | Happened::ConnectionLost
            | Happened::SessionEnded(_)
            | Happened::Refused(_)
            | Happened::Listed(_)
            | Happened::BecamePrivate(_)
            | Happened::Arrived { .. }
            | Happened::HistoryFailed(_)
            | Happened::PersonalCame(_)
            | Happened::ActivityCame(_)
            | Happened::RelationChanged { .. }
            | Happened::Answered(..)
            | Happened::ChangeRefused { .. }
            | Happened::Posted
            | Happened::PostRefused(..)
            | Happened::ConversationOpened(..)
            | Happened::ConversationRefused(..) => {}
        }
    }
    Ok(())
}

impl Following {
    /// Tells whether what stood there was shown and as many new messages as were wanted.
    fn is_done(&self) -> bool {
        self.left == Some(0) && self.channels.values().all(|followed| followed.begun)
    }

    /// Forgets where each channel stands.
    fn forget(&mut self) {
        for followed in self.channels.values_mut() {
            (followed.begun, followed.printed) = (false, Index::default());
        }
    }

    /// Shows the messages that stand there already; they do not count as new.
    fn begin(&mut self, channel: &Channel) -> Result<(), Failure> {
        let Some(followed) = self.channels.get_mut(&channel.id) else { return Ok(()) };
        if std::mem::replace(&mut followed.begun, true) {
            return self.print(channel);
        }
        let left = self.left.take();
        self.print(channel)?;
        self.left = left;
        // What stood there and was not asked for is not new either, whatever becomes of it.
        if let Some(followed) = self.channels.get_mut(&channel.id) {
            followed.printed = followed.printed.max(channel.history.last_index());
        }
        Ok(())
    }

    /// Prints what is new of a channel, in order: what lies behind a gap once the gap is filled, or there is nothing in it.
    fn print(&mut self, channel: &Channel) -> Result<(), Failure> {
        let Some(followed) = self.channels.get_mut(&channel.id).filter(|followed| followed.begun) else {
            return Ok(());
        };
        while let Some(kept) = channel.history.after(followed.printed) {
            let index = kept.message.index;
            let follows = index == followed.printed.next() || channel.is_up_to_date();
            if !follows || self.left == Some(0) {
                break;
            }
            self.output.message(&followed.title, &kept.message, self.several)?;
            followed.printed = index;
            self.left = self.left.map(|left| left - 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proto::{Timestamp, Token, Version};
    use serde_json::{Value, json};

    use super::*;
    use crate::core::{Core, Event, Scope};
    use crate::session::Source;

    const NOW: Timestamp = Timestamp::from_millis(1);

    fn hears(core: &mut Core, packet: &Value) {
        for incoming in proto::codec::decode_incoming(&packet.to_string()).unwrap() {
            core.update(Event::Packet(incoming), NOW);
        }
    }

    fn connects(core: &mut Core) {
        core.update(Event::ConnectionUp, NOW);
        hears(
            core,
            &json!({"type": "welcome", "payload": {"user": "alice", "session": "s", "protocol": 1,
            "server": {"name": "chatd", "version": "0", "time": 1, "store": "x"}, "features": [],
            "limits": {"message_bytes": 8000, "packet_bytes": 65536, "message_rate": 20, "message_burst": 100}}}),
        );
    }

    /// "`--limit 0`": what stood there is not new, though somebody edits it later.
    #[test]
    fn an_old_message_that_is_edited_is_not_new() {
        let session = Session {
            server: "http://127.0.0.1:7300".parse().unwrap(),
            handle: "alice".parse().unwrap(),
            token: Token::new("t"),
            issued_at: NOW,
            expires_at: Timestamp::from_millis(i64::MAX),
            source: Source::Profile,
        };
        let id: ChannelId = "c1".parse().unwrap();
        let mut core =
            Core::new(session, Scope::Channels(vec![id], 0), &"d".parse().unwrap(), &"c".parse().unwrap(), "");
        let followed =
            Followed { title: "#tea".to_owned(), begun: false, comes_back: false, printed: Index::default() };
        let channels = HashMap::from([(id, followed)]);
        let mut following = Following { channels, several: false, left: Some(1), output: Output::new(false) };
        connects(&mut core);
        hears(
            &mut core,
            &json!({"type": "channel_add", "payload": {"id": id, "name": "tea", "kind": "public", "topic": "",
            "owner": null, "members": [], "members_total": 0, "messages": [], "first_index": 0, "last_index": 10,
            "version": 10, "last_read": 0, "unread": 0, "mentions": 0}}),
        );
        following.begin(&core.channels[&id]).unwrap();
        core.update(Event::ConnectionDown { reason: "cut".to_owned(), until: NOW }, NOW);
        connects(&mut core);
        let edited = json!({"index": 3, "version": Version::new(11), "date": 1, "handle": "bob", "kind": "text",
            "content": "better", "mentions": [], "edited": 2});
        hears(
            &mut core,
            &json!({"type": "channel_resume", "payload": {"id": id, "messages": [edited], "version": 11,
            "more": false, "last_index": 10, "last_read": 0, "unread": 0, "mentions": 0, "members_total": 0,
            "members": [], "topic": "", "owner": null}}),
        );
        following.print(&core.channels[&id]).unwrap();
        assert_eq!(following.left, Some(1));
    }
}
