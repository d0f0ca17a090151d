//! The first packet of a connection: who the user is, and what the client holds already.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use proto::codec::{ReceivedRequest, decode_requests, encode_error, encode_event, encode_ok, first_type_name};
use proto::http::LocalSignIn;
use proto::{
    ChannelId, ChannelName, ChannelRemove, ClientPacket, CloseCode, Empty, ErrorCode, ErrorReply, FEATURE_FIRST, Hello,
    Limits, PROTOCOL_VERSION, Ref, ServerInfo, ServerPacket, Version, Welcome, bounds,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::Stranger;
use super::end::End;
use super::wire::Wire;
use crate::admission::{Unauthenticated, is_cut};
use crate::daemon::Daemon;
use crate::error::{rate_limited, store_error};
use crate::handler::snapshot::Show;
use crate::handler::{account, local};
use crate::hub::{ConnectError, Follows, Outbox};
use crate::policy::{self, SignedIn};
use crate::stop::told_to_stop;
use crate::store::StoreError;

/// After this long somebody with too many connections tries again.
const TOO_MANY_RETRY: Duration = Duration::from_secs(10);
const HELLO_TIMEOUT: Duration = Duration::from_millis(bounds::HELLO_TIMEOUT_MS);

/// What a connection is served with after its hello.
pub(super) struct Greeting {
    pub(super) who: SignedIn,
    /// Whether the session is this connection's own, and ends with it.
    pub(super) passing: bool,
    pub(super) outbox: Arc<Outbox>,
    pub(super) channels: Vec<ChannelId>,
    pub(super) resume: BTreeMap<ChannelId, Version>,
    /// How many of the channels come with messages, if not all.
    pub(super) with_messages: Option<usize>,
    pub(super) show: Show,
}

/// Waits for the hello, answers it and says welcome; gives also what came in the same frame.
pub(super) async fn greet<S>(
    wire: &mut Wire<S>,
    daemon: &Daemon,
    stranger: &Stranger,
    mut stopping: watch::Receiver<bool>,
) -> Result<(Greeting, Vec<ReceivedRequest>), End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let cut = stranger.unauthenticated.as_ref().map(Unauthenticated::cut);
    let mut requests = tokio::select! {
        () = told_to_stop(&mut stopping) => return Err(End::Close(CloseCode::GoingAway, "the server restarts")),
        frame = tokio::time::timeout(HELLO_TIMEOUT, first_frame(wire)) => match frame {
            Ok(frame) => frame?,
            Err(_) => return Err(End::Close(CloseCode::NoHello, "no hello in time")),
        },
        () = is_cut(cut.as_deref()) => return Err(End::Gone),
    };
    if requests.is_empty() {
        return Err(
            no_hello(wire, None, ErrorReply::new(ErrorCode::Malformed, "the first packet must be `hello`")).await
        );
    }
    let first = requests.remove(0);
    let hello = match first.packet {
        Ok(ClientPacket::Hello(hello)) => hello,
        Ok(_) => {
            let refusal = ErrorReply::new(ErrorCode::Malformed, "the first packet must be `hello`");
            return Err(no_hello(wire, first.reference, refusal).await);
        }
        Err(refusal) => return Err(no_hello(wire, first.reference, refusal).await),
    };
    match accept(daemon, stranger.uid, hello).await {
        Ok(mut greeting) => {
            wire.outbox = Some(greeting.outbox.clone());
            if let Err(end) = welcome(wire, daemon, first.reference.as_ref(), &greeting).await {
                daemon.hub.disconnect(&greeting.outbox);
                if greeting.passing {
                    let _ = account::logout(daemon, &greeting.who).await;
                }
                return Err(end);
            }
            // Of any other channel the client holds nothing.
            let followed = greeting.channels.iter().collect::<HashSet<_>>();
            greeting.resume.retain(|id, _| followed.contains(id));
            Ok((greeting, requests))
        }
        Err(refusal) => {
            wire.send(encode_error(first.reference.as_ref(), &refusal)).await?;
            Err(End::Close(CloseCode::TokenRefused, "hello refused"))
        }
    }
}

/// Refuses a hello whose payload cannot be read; anything else is passed on.
async fn unreadable_hello<S>(
    wire: &mut Wire<S>,
    frame: &str,
    requests: Vec<ReceivedRequest>,
) -> Result<Vec<ReceivedRequest>, End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Some(ReceivedRequest { reference, packet: Err(refusal) }) = requests.first()
        && first_type_name(frame).as_deref() == Some("hello")
    {
        wire.send(encode_error(reference.as_ref(), refusal)).await?;
        return Err(End::Close(CloseCode::TokenRefused, "hello refused"));
    }
    Ok(requests)
}

async fn no_hello<S>(wire: &mut Wire<S>, reference: Option<Ref>, refusal: ErrorReply) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match wire.send(encode_error(reference.as_ref(), &refusal)).await {
        Ok(()) => End::Close(CloseCode::ProtocolError, "the first packet must be hello"),
        Err(end) => end,
    }
}

async fn first_frame<S>(wire: &mut Wire<S>) -> Result<Vec<ReceivedRequest>, End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match wire.next().await {
            None => return Err(End::Gone),
            Some(frame) => match frame? {
                Frame::Text(text) => match decode_requests(&text) {
                    Ok(requests) => return unreadable_hello(wire, &text, requests).await,
                    Err(refusal) => return Err(no_hello(wire, None, refusal).await),
                },
                Frame::Binary(_) => return Err(End::Close(CloseCode::ProtocolError, "packets are text frames")),
                Frame::Ping(_) => wire.flush().await?,
                Frame::Pong(_) | Frame::Frame(_) => {}
                Frame::Close(_) => {
                    let _ = wire.flush().await;
                    return Err(End::Gone);
                }
            },
        }
    }
}

async fn accept(daemon: &Daemon, uid: Option<u32>, hello: Hello) -> Result<Greeting, ErrorReply> {
    let malformed = |reason: &str| ErrorReply::new(ErrorCode::Malformed, reason);
    let history = hello.history.map_or(bounds::SNAPSHOT_MESSAGES_MAX, |history| history as usize);
    if history > bounds::SNAPSHOT_MESSAGES_MAX {
        return Err(malformed("`history` is 0 to 100"));
    }
    let members = hello.members.map_or(bounds::SNAPSHOT_MEMBERS_MAX, |members| members as usize);
    if members > bounds::SNAPSHOT_MEMBERS_MAX {
        return Err(malformed("`members` is 0 to 200"));
    }
    let len = |named: &Option<Vec<ChannelId>>| named.as_ref().map_or(0, Vec::len);
    let named = len(&hello.channels).max(len(&hello.first)).max(hello.resume.len());
    if named > bounds::HELLO_CHANNELS_MAX {
        return Err(malformed("`resume`, `channels` and `first` name at most 2000 channels"));
    }
    let passing = hello.token.is_none();
    let token = match (hello.token, uid) {
        (Some(token), _) => token,
        (None, Some(uid)) => {
            let wish = LocalSignIn { device: hello.device, ..LocalSignIn::default() };
            local::sign_in_local(daemon, Some(uid), wish).await?.0.token
        }
        (None, None) => return Err(ErrorReply::new(ErrorCode::TokenInvalid, "a token is needed")),
    };
    let who = policy::sign_in(daemon, &token).await?;
    daemon.session_activity.note(who.session(), daemon.clock.now(), hello.client);
    let connected = async {
        let first = shown_first(daemon, &who, hello.first, hello.first_name).await?;
        Ok((first, connect(daemon, &who, hello.channels, &hello.resume).await?))
    };
    let (first, (outbox, mut channels)) = match connected.await {
        Ok(connected) => connected,
        Err(refusal) => {
            if passing {
                let _ = account::logout(daemon, &who).await;
            }
            return Err(refusal);
        }
    };
    let with_messages = first.map(|first| put_first(&mut channels, &first));
    let show = Show { messages: history, changes: bounds::RESUME_MESSAGES_MAX, members };
    Ok(Greeting { who, passing, outbox, channels, resume: hello.resume, with_messages, show })
}

/// Gives the channels that are to be shown first, if a client says which.
async fn shown_first(
    daemon: &Daemon,
    who: &SignedIn,
    first: Option<Vec<ChannelId>>,
    name: Option<ChannelName>,
) -> Result<Option<Vec<ChannelId>>, ErrorReply> {
    let Some(name) = name else { return Ok(first) };
    let named = daemon.store.own_channels_named(who.user(), name).await.map_err(|error| store_error(&error))?;
    Ok(Some(first.into_iter().flatten().chain(named).collect()))
}

/// Puts channels before the others, in their order; gives how many are to be shown with messages.
fn put_first(channels: &mut [ChannelId], first: &[ChannelId]) -> usize {
    let places = first.iter().enumerate().map(|(place, id)| (*id, place)).collect::<HashMap<_, _>>();
    channels.sort_by_key(|id| places.get(id).copied().unwrap_or(usize::MAX));
    let named = channels.iter().take_while(|id| places.contains_key(id)).count();
    // Somebody who holds nothing yet begins to read somewhere.
    named.max(1)
}

/// Connects somebody to the hub, which is told first who they are if nobody of theirs is connected.
async fn connect(
    daemon: &Daemon,
    who: &SignedIn,
    named: Option<Vec<ChannelId>>,
    resume: &BTreeMap<ChannelId, Version>,
) -> Result<(Arc<Outbox>, Vec<ChannelId>), ErrorReply> {
    if daemon.hub.channels_of(who.user()).is_none() {
        read(daemon, who).await?;
    }
    let follows = follows(daemon, who, named, resume).await?;
    loop {
        match daemon.hub.connect(who.user(), who.session(), &follows) {
            Ok(connected) => return Ok(connected),
            // Their last connection ended long ago, and they were forgotten just now.
            Err(ConnectError::NotRead) => read(daemon, who).await?,
            Err(ConnectError::TooMany) => return Err(rate_limited(TOO_MANY_RETRY)),
            Err(ConnectError::SessionEnded) => {
                return Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended"));
            }
        }
    }
}

async fn read(daemon: &Daemon, who: &SignedIn) -> Result<(), ErrorReply> {
    match daemon.store.publish_connected(who.user()).await.committed().await {
        Err(StoreError::Refused(_)) => {
            Err(ErrorReply::new(ErrorCode::TokenInvalid, "the account of this token does not exist"))
        }
        done => done.map_err(|error| store_error(&error)),
    }
}

/// Finds out which channels a connection follows: those that it names, else all; of very many direct conversations those
/// with the newest messages, and those that the client holds.
async fn follows(
    daemon: &Daemon,
    who: &SignedIn,
    named: Option<Vec<ChannelId>>,
    resume: &BTreeMap<ChannelId, Version>,
) -> Result<Follows, ErrorReply> {
    if let Some(named) = named {
        return Ok(Follows::Only(named.into_iter().collect()));
    }
    if daemon.hub.channels_of(who.user()).unwrap_or_default() <= bounds::CONVERSATIONS_SHOWN_MAX {
        return Ok(Follows::All);
    }
    let newest = daemon.store.newest_conversations(who.user(), bounds::CONVERSATIONS_SHOWN_MAX).await;
    let newest = newest.map_err(|error| store_error(&error))?;
    let held = resume.keys().copied().filter(|id| daemon.hub.is_open(id, who.user()));
    Ok(Follows::Newest(newest.into_iter().chain(held).collect()))
}

async fn welcome<S>(
    wire: &mut Wire<S>,
    daemon: &Daemon,
    reference: Option<&Ref>,
    greeting: &Greeting,
) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Some(reference) = reference {
        wire.feed(encode_ok(reference, &Empty {}).into()).await?;
    }
    let config = daemon.config();
    let limits = &config.limits;
    let welcome = Welcome {
        user: greeting.who.handle().clone(),
        session: greeting.who.session(),
        protocol: PROTOCOL_VERSION,
        features: vec![FEATURE_FIRST.to_owned()],
        server: ServerInfo {
            name: "chatd".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: daemon.clock.now(),
            store: daemon.store.store_id(),
        },
        limits: Limits {
            message_bytes: limits.message_bytes as u64,
            packet_bytes: limits.packet_bytes as u64,
            message_rate: limits.message_rate,
            message_burst: limits.message_burst,
        },
    };
    wire.feed(encode_event(&ServerPacket::Welcome(Box::new(welcome))).into()).await?;
    // What the client holds and is no longer in; a channel that never was gets the same word.
    let user = greeting.who.user();
    let is_in = |id: &ChannelId| daemon.hub.is_open(id, user);
    for id in greeting.resume.keys().filter(|id| !greeting.channels.contains(id) && !is_in(id)) {
        wire.feed(encode_event(&ServerPacket::ChannelRemove(ChannelRemove { id: *id, reason: None, by: None })).into())
            .await?;
    }
    wire.flush().await
}
