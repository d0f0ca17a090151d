//! What only reads: channels, users, history. None of it joins anything.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proto::http::{ChannelSummary, History as HistoryPage};
use proto::{ChannelKind, ChannelName, DeviceName, Index, Member, Version};

use super::arguments::{Channels, HistoryOf, InChannel, Replies};
use super::client::Client;
use super::members;
use super::output::Output;
use super::target::Target;
use super::words::printed_channel_title;
use crate::failure::Failure;
use crate::http::{self, RequestError};
use crate::msg::HistoryRange;
use crate::session::Session;

/// Messages in one request.
pub(super) const REQUEST_MESSAGES: u32 = 1_000;

/// Messages that `history` prints when nothing else is said.
const HISTORY_DEFAULT: u32 = 20;

/// Lists one's channels and the public ones, or those with a text in name or topic, page by page.
pub(super) async fn channels(session: &Session, request: &Channels) -> Result<(), Failure> {
    let mut output = Output::new(request.json);
    let mut after: Option<ChannelName> = None;
    loop {
        let page = http::channels_after(session, request.query.as_deref(), after.as_ref()).await;
        let page = page.map_err(Failure::from_asked)?;
        for channel in &page.channels {
            output.print(channel, || line(channel))?;
        }
        if !page.more {
            return Ok(());
        }
        // A server that says `more` without giving more is not asked for ever.
        let last = page.channels.into_iter().rfind(|channel| !channel.member).map(|channel| channel.name);
        if last <= after {
            return Err(Failure::Request(RequestError::Strange(session.server.to_string())));
        }
        after = last;
    }
}

/// Names the id as well: private channels may be called as others are.
fn line(channel: &ChannelSummary) -> String {
    let mark = if channel.member { '*' } else { ' ' };
    let kind = if channel.kind == ChannelKind::Private { "private, " } else { "" };
    let members = match channel.members_total {
        1 => "1 member".to_owned(),
        members => format!("{members} members"),
    };
    let unread = match (channel.unread, channel.mentions) {
        (0, _) => String::new(),
        (unread, 0) => format!("  {unread} unread"),
        (unread, mentions) => format!("  {unread} unread, {mentions} mentions"),
    };
    let title = printed_channel_title(channel.kind, channel.name.as_str());
    format!("{mark} {title}  {kind}{members}{unread}  id:{}", channel.id)
}

pub(super) async fn users(
    session: &Session,
    device: &DeviceName,
    target: Option<&Target>,
    output: &mut Output,
) -> Result<(), Failure> {
    let wanted = match target {
        Some(target) => {
            let channel = target.find(session).await?;
            if !channel.member {
                let reason = "you are not in this channel, join it first";
                return Err(Failure::Refused(proto::ErrorReply::new(proto::ErrorCode::NotAMember, reason)));
            }
            vec![channel.id]
        }
        None => {
            let own = http::own_channels(session).await.map_err(Failure::from_asked)?;
            own.iter().map(|channel| channel.id).collect()
        }
    };
    let mut found: BTreeMap<_, Member> = BTreeMap::new();
    let mut client = Client::open(session, device).await?;
    for id in wanted {
        members::each(&mut client, id, |member| {
            found.insert(member.handle.clone(), member);
            ControlFlow::Continue(())
        })
        .await?;
    }
    let mut found = found.into_values().collect::<Vec<_>>();
    found.sort_by_key(|member| !member.online);
    for member in found {
        output.print(&member, || {
            let state = if member.online { "online" } else { "offline" };
            format!("{state:8} {}", member.handle)
        })?;
    }
    Ok(())
}

pub(super) async fn history(session: &Session, request: &HistoryOf) -> Result<(), Failure> {
    let channel = request.target.find(session).await?;
    let mut output = Output::new(request.json);
    let fetch = async |page: Option<HistoryRange>, limit: u32| -> Result<HistoryPage, Failure> {
        let page = http::fetch_history(&session.server, &session.token, channel.id, page, limit).await;
        page.map_err(Failure::from_asked)
    };
    if let Some(since) = request.since {
        let mut since = Version::new(since);
        let mut rest = request.limit.map_or(usize::MAX, |limit| limit as usize);
        loop {
            let page = fetch(Some(HistoryRange::Since(since)), REQUEST_MESSAGES).await?;
            for message in page.messages.iter().take(rest) {
                output.message(&channel.title, message, false)?;
            }
            rest = rest.saturating_sub(page.messages.len());
            // A server that says `more` without going on is not asked for ever.
            if !page.more || rest == 0 || page.version <= since {
                return Ok(());
            }
            since = page.version;
        }
    }
    // Pages come newest first; they are printed oldest first.
    let mut pages = Vec::new();
    let mut before = request.before.map(Index::new);
    let mut rest = request.limit.unwrap_or(HISTORY_DEFAULT);
    while rest > 0 {
        let page = fetch(before.map(HistoryRange::Before), rest.min(REQUEST_MESSAGES)).await?;
        rest = rest.saturating_sub(page.messages.len() as u32);
        before = Some(page.first_index);
        let more = page.more && !page.messages.is_empty();
        pages.push(page);
        if !more {
            break;
        }
    }
    for message in pages.iter().rev().flat_map(|page| &page.messages) {
        output.message(&channel.title, message, false)?;
    }
    Ok(())
}

pub(super) async fn replies(session: &Session, request: &Replies) -> Result<(), Failure> {
    let channel = request.target.find(session).await?;
    let mut output = Output::new(request.json);
    let (index, mut after) = (Index::new(request.index), Index::default());
    loop {
        let page = http::fetch_replies(session, channel.id, index, after).await;
        let page = page.map_err(Failure::from_asked)?;
        for message in &page.messages {
            output.message(&channel.title, message, false)?;
        }
        if !page.more || page.messages.is_empty() || page.last_index <= after {
            return Ok(());
        }
        after = page.last_index;
    }
}

pub(super) async fn thread(session: &Session, request: &Replies) -> Result<(), Failure> {
    let channel = request.target.find(session).await?;
    let mut output = Output::new(request.json);
    let page = http::fetch_thread(session, channel.id, Index::new(request.index)).await;
    let page = page.map_err(Failure::from_asked)?;
    page.messages.iter().try_for_each(|message| output.message(&channel.title, message, false))
}

pub(super) async fn pins(session: &Session, request: &InChannel) -> Result<(), Failure> {
    let channel = request.target.find(session).await?;
    let mut output = Output::new(request.json);
    let page = http::fetch_pins(session, channel.id).await.map_err(Failure::from_asked)?;
    for message in &page.messages {
        output.message(&channel.title, message, false)?;
    }
    Ok(())
}
