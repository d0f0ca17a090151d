//! Reading over HTTP: pages of history, the list of channels.

use proto::http::{ChannelSummary, Channels, History, Moderation};
use proto::{ChannelId, ErrorCode, ErrorReply, Index, Version, bounds};

use crate::daemon::Daemon;
use crate::error::{no_such_channel, store_error};
use crate::policy::{self, SignedIn};
use crate::store::{Listing, Range, Refused};

pub(crate) async fn history(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<History, ErrorReply> {
    page(daemon, who, HistoryRequest::parse(query)?).await
}

async fn page(daemon: &Daemon, who: &SignedIn, request: HistoryRequest) -> Result<History, ErrorReply> {
    let member = policy::reader(daemon, who, request.channel).await?;
    let page = daemon.store.history(member.user(), member.channel(), request.range, request.limit).await;
    let page = policy::explained(daemon, who.user(), request.channel, page).await?;
    let indexes = || page.messages.iter().map(|message| message.index);
    Ok(History {
        first_index: indexes().min().unwrap_or_default(),
        last_index: indexes().max().unwrap_or_default(),
        version: page.version,
        more: page.more,
        messages: page.messages,
    })
}

/// Gives the replies to one message.
pub(crate) async fn replies(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<History, ErrorReply> {
    page(daemon, who, HistoryRequest::parse_replies(query)?).await
}

/// One message, and everything that hangs below it.
pub(crate) async fn thread(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<History, ErrorReply> {
    let request = HistoryRequest::parse_replies(query)?;
    let Range::RepliesTo(root, after) = request.range else { unreachable!("it is about replies") };
    if after != Index::default() {
        return Err(malformed("`after` cannot be asked for here"));
    }
    let found = page(daemon, who, HistoryRequest { range: Range::Thread(root), ..request }).await?;
    if found.first_index != root || root == Index::default() {
        return Err(store_error(&Refused::NoSuchMessage.into()));
    }
    Ok(found)
}

/// Gives the pinned messages of a channel.
pub(crate) async fn pins(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<History, ErrorReply> {
    let request = HistoryRequest::parse(query)?;
    if request.range != Range::Newest {
        return Err(malformed("only `channel` and `limit` can be asked for here"));
    }
    page(daemon, who, HistoryRequest { range: Range::Pinned, ..request }).await
}

/// Who is banned from a channel, and who is timed out in it.
pub(crate) async fn moderation(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<Moderation, ErrorReply> {
    let HistoryRequest { channel, .. } = HistoryRequest::parse(query)?;
    let member = policy::member(daemon, who, channel).await?;
    let found = daemon.store.moderation(member.user(), member.channel(), daemon.clock.now()).await;
    policy::explained(daemon, who.user(), channel, found).await
}

pub(crate) async fn channels(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<Channels, ErrorReply> {
    let listing = listing(query)?;
    let (infos, more) = daemon.store.channels(who.user(), listing).await.map_err(|error| store_error(&error))?;
    let channels = infos.into_iter().map(|info| ChannelSummary {
        id: info.id,
        member: info.last_read.is_some(),
        members_total: info.members_total,
        unread: info.unread(),
        mentions: info.mentions,
        personal: info.personal,
        last_read: info.last_read.unwrap_or_default(),
        last_index: info.last_index,
        last_date: info.last_date,
        version: info.version,
        name: info.name,
        kind: info.kind,
        topic: info.topic,
        owner: info.owner,
    });
    Ok(Channels { channels: channels.collect(), more })
}

/// Reads which channels are asked for. A name is lower-cased as all names are; what is no name is that of no channel.
fn listing(query: &str) -> Result<Listing, ErrorReply> {
    let mut listing = Listing { limit: bounds::CHANNELS_LISTED_MAX, ..Listing::default() };
    let mut names = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let text = || Some(value.to_lowercase());
        match &*name {
            "after" => listing.after = text(),
            "name" => listing.name = text(),
            // A text that is no id names no channel, like any other unknown one.
            "id" => listing.id = Some(value.parse().map_err(|_| no_such_channel())?),
            "q" => listing.text = text().filter(|text| !text.is_empty()),
            "limit" => listing.limit = number(&name, &value)?.min(bounds::CHANNELS_LISTED_MAX as u64) as usize,
            _ => continue,
        }
        names.push(name);
    }
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(malformed("a parameter stands there twice"));
    }
    if listing.text.as_ref().is_some_and(|text| text.len() > bounds::SEARCH_BYTES_MAX) {
        return Err(malformed("`q` has at most 512 bytes"));
    }
    Ok(listing)
}

#[derive(Debug, PartialEq, Eq)]
struct HistoryRequest {
    channel: ChannelId,
    range: Range,
    limit: usize,
}

impl HistoryRequest {
    /// Reads `channel`, `index`, and perhaps `after` and `limit`.
    fn parse_replies(query: &str) -> Result<Self, ErrorReply> {
        let mut index = None;
        let mut rest = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match (&*name, index) {
                ("index", None) => index = Some(Index::new(number(&name, &value)?)),
                ("index", Some(_)) => return Err(malformed("a parameter stands there twice")),
                ("before" | "since", _) => return Err(malformed("only `after` can be asked for here")),
                _ => _ = rest.append_pair(&name, &value),
            }
        }
        let index = index.ok_or_else(|| malformed("`index` is needed"))?;
        let request = Self::parse(&rest.finish())?;
        let after = if let Range::After(after) = request.range { after } else { Index::default() };
        Ok(Self { range: Range::RepliesTo(index, after), ..request })
    }

    fn parse(query: &str) -> Result<Self, ErrorReply> {
        let mut channel = None;
        let mut ranges = Vec::new();
        let mut limit = bounds::HISTORY_MESSAGES_DEFAULT as u64;
        let mut names = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                // A text that is no id names no channel, like any other unknown one.
                "channel" => channel = Some(value.parse().map_err(|_| no_such_channel())?),
                "before" => ranges.push(Range::Before(Index::new(number(&name, &value)?))),
                "after" => ranges.push(Range::After(Index::new(number(&name, &value)?))),
                "since" => ranges.push(Range::Since(Version::new(number(&name, &value)?))),
                "limit" => limit = number(&name, &value)?,
                _ => continue,
            }
            names.push(name);
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(malformed("a parameter stands there twice"));
        }
        let channel = channel.ok_or_else(|| malformed("`channel` is needed"))?;
        if ranges.len() > 1 {
            return Err(malformed("only one of `before`, `after` and `since` can be asked for"));
        }
        let limit = limit.clamp(1, bounds::HISTORY_MESSAGES_MAX as u64) as usize;
        Ok(Self { channel, range: ranges.pop().unwrap_or(Range::Newest), limit })
    }
}

pub(super) fn malformed(reason: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::Malformed, reason)
}

/// Reads a number that is not negative; one too large for any message is as good as the largest.
pub(super) fn number(name: &str, value: &str) -> Result<u64, ErrorReply> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(ErrorReply::new(ErrorCode::Malformed, format!("`{name}` is a number that is not negative")));
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_channels_are_listed() {
        let listed = |query| listing(query).unwrap();
        assert_eq!(listed("").limit, 1_000);
        assert_eq!(listed("limit=5000&x=y").limit, 1_000);
        let page = listed("q=T%C3%84G&after=Lobby&limit=7");
        assert_eq!((page.text.as_deref(), page.after.as_deref(), page.limit), (Some("täg"), Some("lobby"), 7));
        assert_eq!(listed("name=Lobby").name.as_deref(), Some("lobby"));
        for bad in ["limit=-1", "limit=x", "q=a&q=b", &format!("q={}", "x".repeat(513))] {
            assert_eq!(listing(bad).unwrap_err().code, ErrorCode::Malformed, "{bad}");
        }
    }

    #[test]
    fn queries_are_read_or_refused() {
        let parsed = HistoryRequest::parse("channel=c1&before=7&limit=1000000000&x=y").unwrap();
        assert_eq!((parsed.range, parsed.limit), (Range::Before(Index::new(7)), 1_000));
        assert_eq!(HistoryRequest::parse("channel=c1&limit=0").unwrap().limit, 1);
        assert_eq!(HistoryRequest::parse("channel=c1").unwrap().range, Range::Newest);
        for (query, code) in [
            ("", ErrorCode::Malformed),
            ("channel=c1&limit=-1", ErrorCode::Malformed),
            ("channel=c1&before=x", ErrorCode::Malformed),
            ("channel=c1&since=1e3", ErrorCode::Malformed),
            ("channel=c1&before=1&after=2", ErrorCode::Malformed),
            ("channel=c1&limit=1&limit=2", ErrorCode::Malformed),
            ("channel=c1&channel=c1", ErrorCode::Malformed),
            ("channel=a%20b", ErrorCode::NoSuchChannel),
        ] {
            assert_eq!(HistoryRequest::parse(query).unwrap_err().code, code, "{query}");
        }
    }
}
