//! What only reads: channels, users, history. None of it joins anything.

use std::collections::BTreeMap;

use proto::http::History as HistoryPage;
use proto::{ChannelKind, ClientPacket, Index, ListMembers, Member, MemberPage, Version};

use super::output::Output;
use super::target::Target;
use super::wire::Wire;
use super::{History, InChannel, Replies, Search};
use crate::cli::Failure;
use crate::http::{self, SearchWish};
use crate::msg::Page;
use crate::session::Session;
use crate::words::channel_title;

/// Messages in one request.
const PAGE_MESSAGES: u32 = 1_000;

/// Messages that `history` prints when nothing else is said.
const HISTORY_DEFAULT: u32 = 20;

pub(super) async fn channels(session: &Session, output: &mut Output) -> Result<(), Failure> {
    let list = http::channels(&session.server, &session.token).await.map_err(Failure::from_asked)?;
    for channel in &list.channels {
        output.print(channel, || {
            let sign = if channel.kind == ChannelKind::Dm { '@' } else { '#' };
            let mark = if channel.member { '*' } else { ' ' };
            let unread = match (channel.unread, channel.mentions) {
                (0, _) => String::new(),
                (unread, 0) => format!("  {unread} unread"),
                (unread, mentions) => format!("  {unread} unread, {mentions} mentions"),
            };
            format!("{mark} {sign}{}  {} members{unread}", channel.name, channel.members_total)
        })?;
    }
    Ok(())
}

pub(super) async fn users(
    session: &Session,
    device: &str,
    target: Option<&Target>,
    output: &mut Output,
) -> Result<(), Failure> {
    let wanted = match target.map(Target::named).transpose()? {
        Some(named) => {
            let channel = named.find(session).await?;
            if !channel.member {
                let reason = "you are not in this channel, join it first";
                return Err(Failure::Refused(proto::ErrorReply::new(proto::ErrorCode::NotAMember, reason)));
            }
            vec![channel.id]
        }
        None => {
            let list = http::channels(&session.server, &session.token).await.map_err(Failure::from_asked)?;
            list.channels.iter().filter(|channel| channel.member).map(|channel| channel.id).collect()
        }
    };
    let mut members: BTreeMap<_, Member> = BTreeMap::new();
    let mut wire = Wire::open(session, device, Vec::new(), BTreeMap::new(), 0).await?;
    for id in wanted {
        let mut after = None;
        loop {
            let page: MemberPage = wire.ask(ClientPacket::ListMembers(ListMembers { id, after })).await?;
            after = page.members.last().map(|member| member.handle.clone());
            members.extend(page.members.into_iter().map(|member| (member.handle.clone(), member)));
            if !page.more {
                break;
            }
        }
    }
    let mut members = members.into_values().collect::<Vec<_>>();
    members.sort_by_key(|member| !member.online);
    for member in members {
        output.print(&member, || {
            let state = if member.online { "online" } else { "offline" };
            format!("{state:8} {}", member.handle)
        })?;
    }
    Ok(())
}

pub(super) async fn history(session: &Session, request: &History) -> Result<(), Failure> {
    let channel = request.target.named()?.find(session).await?;
    let mut output = Output::new(request.json);
    let fetch = async |page: Option<Page>, limit: u32| -> Result<HistoryPage, Failure> {
        let page = http::history(&session.server, &session.token, channel.id, page, limit).await;
        page.map_err(Failure::from_asked)
    };
    if let Some(since) = request.since {
        let mut since = Version::new(since);
        let mut rest = request.limit.map_or(usize::MAX, |limit| limit as usize);
        loop {
            let page = fetch(Some(Page::Since(since)), PAGE_MESSAGES).await?;
            for message in page.messages.iter().take(rest) {
                output.message(&channel.title, message, false)?;
            }
            rest = rest.saturating_sub(page.messages.len());
            if !page.more || rest == 0 {
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
        let page = fetch(before.map(Page::Before), rest.min(PAGE_MESSAGES)).await?;
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
    let channel = request.target.named()?.find(session).await?;
    let mut output = Output::new(request.json);
    let (index, mut after) = (Index::new(request.index), Index::default());
    loop {
        let page = http::replies(&session.server, &session.token, channel.id, index, after).await;
        let page = page.map_err(Failure::from_asked)?;
        for message in &page.messages {
            output.message(&channel.title, message, false)?;
        }
        if !page.more || page.messages.is_empty() {
            return Ok(());
        }
        after = page.last_index;
    }
}

pub(super) async fn thread(session: &Session, request: &Replies) -> Result<(), Failure> {
    let channel = request.target.named()?.find(session).await?;
    let mut output = Output::new(request.json);
    let page = http::thread(&session.server, &session.token, channel.id, Index::new(request.index)).await;
    let page = page.map_err(Failure::from_asked)?;
    page.messages.iter().try_for_each(|message| output.message(&channel.title, message, false))
}

pub(super) async fn pins(session: &Session, request: &InChannel) -> Result<(), Failure> {
    let channel = request.target.named()?.find(session).await?;
    let mut output = Output::new(request.json);
    let page = http::pins(&session.server, &session.token, channel.id).await.map_err(Failure::from_asked)?;
    for message in &page.messages {
        output.message(&channel.title, message, false)?;
    }
    Ok(())
}

pub(super) async fn search(session: &Session, request: &Search) -> Result<(), Failure> {
    // A word with a space in it is a phrase.
    let word = |word: &String| {
        if word.contains(' ') && request.query.len() > 1 { format!("\"{word}\"") } else { word.clone() }
    };
    let text = request.query.iter().map(word).collect::<Vec<_>>().join(" ");
    let wish = SearchWish { text, limit: request.limit, offset: request.offset, around: request.around };
    let found = http::search(&session.server, &session.token, &wish).await.map_err(Failure::from_asked)?;
    let mut output = Output::new(request.json);
    for (place, hit) in found.hits.iter().enumerate() {
        let name = channel_title(hit.kind, hit.name.as_str());
        if request.around > 0 && place > 0 {
            output.gap()?;
        }
        for message in hit.before.iter().chain([&hit.message]).chain(&hit.after) {
            output.message(&name, message, true)?;
        }
    }
    Ok(())
}
