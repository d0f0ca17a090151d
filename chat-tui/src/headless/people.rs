//! People: friends, who is blocked, how one is seen, who one is, what one has set for oneself.

use proto::{
    AskFriend, Audience, Avatar, Block, ChosenPresence, ClientName, DeviceName, Empty, EndSession, Handle, Relation,
    Relationship, RemoveFriend, Request, SetPresence, SetPrivacy, SetProfile, SetSettings,
};

use serde_json::json;

use super::arguments::{AvatarOf, BlockOf, FeedOf, FriendOf, Plain, PresenceOf, ProfileOf, SessionsOf};
use super::client::Client;
use super::files;
use super::output::Output;
use super::room_arguments::OwnSettings;
use super::words;
use crate::failure::Failure;
use crate::http;
use crate::session::Session;
use crate::text::CleanLine;

/// Posts that are asked for at once.
const FEED_PAGE: u32 = 100;

/// Lists friends, who wants to be one, and who is blocked.
pub(super) async fn friends(session: &Session, request: &Plain) -> Result<(), Failure> {
    let people = http::fetch_friends(session).await.map_err(Failure::from_asked)?.people;
    let mut output = Output::new(request.json);
    people.iter().try_for_each(|person| output.print(person, || line(person)))
}

fn line(person: &Relationship) -> String {
    let words = match person.relation {
        Relation::Friend => match &person.presence {
            Some(presence) => words::printed_presence(presence.state),
            None => "offline",
        },
        Relation::Asking => "wants to be your friend",
        Relation::Asked => "asked",
        Relation::Blocked => "blocked",
        Relation::None | Relation::Unknown => "",
    };
    let status = person.presence.as_ref().and_then(|presence| presence.status.as_ref());
    let status = status.map(|status| format!(": {status}")).unwrap_or_default();
    CleanLine::new(&format!("{} {words}{status}", person.handle)).to_string()
}

/// Prints what friends have posted, or what one person has.
pub(super) async fn feed(session: &Session, request: FeedOf) -> Result<(), Failure> {
    let mut output = Output::new(request.json);
    let (mut before, mut left) = (request.before, request.limit);
    while left > 0 {
        let page = http::fetch_feed(session, request.handle.as_ref(), before.as_ref(), left.min(FEED_PAGE)).await;
        let page = page.map_err(Failure::from_asked)?;
        for post in &page.posts {
            output.post(post)?;
        }
        left = left.saturating_sub(page.posts.len() as u32);
        // A server that does not go on has nothing more to give.
        if page.next.is_none() || page.next == before {
            break;
        }
        before = page.next;
    }
    Ok(())
}

/// Lists one's sessions, after ending those that are to end.
pub(super) async fn sessions(session: &Session, device: &DeviceName, request: SessionsOf) -> Result<(), Failure> {
    if request.end.is_some() || request.end_others {
        say(session, device, EndSession { id: request.end, others: request.end_others }).await?;
    }
    let mut output = Output::new(request.json);
    for own in http::fetch_sessions(session).await.map_err(Failure::from_asked)?.sessions {
        let date = output.date(own.last_used);
        output.print(&own, || {
            let client = own.client.as_ref().map_or("-", ClientName::as_str);
            let device = own.device.as_ref().map_or("-", DeviceName::as_str);
            let mark = if own.current { "*" } else { " " };
            let connected = if own.connections > 0 { "connected" } else { "" };
            CleanLine::new(&format!("{mark} {} {date} {client} {device} {connected}", own.id)).to_string()
        })?;
    }
    Ok(())
}

/// Asks somebody to be a friend, or says yes; or ends that.
pub(super) async fn friend(session: &Session, device: &DeviceName, request: FriendOf) -> Result<(), Failure> {
    let FriendOf { handle, remove, json } = request;
    match remove {
        true => say(session, device, RemoveFriend { handle: handle.clone() }).await?,
        false => say(session, device, AskFriend { handle: handle.clone() }).await?,
    }
    let relation = http::fetch_profile(session, &handle).await.map_err(Failure::from_asked)?.relation;
    let words = match relation {
        Some(Relation::Friend) => format!("{handle} is your friend"),
        Some(Relation::Asked) => format!("{handle} is asked"),
        Some(Relation::Blocked) => format!("{handle} is blocked"),
        _ => format!("{handle} is no friend"),
    };
    let thing = json!({"handle": handle, "relation": relation.unwrap_or(Relation::None)});
    Output::new(json).print(&thing, || words)
}

/// Keeps somebody from writing to one and seeing one, or no longer.
pub(super) async fn block_person(session: &Session, device: &DeviceName, request: BlockOf) -> Result<(), Failure> {
    let BlockOf { handle, remove, json } = request;
    let words = if remove { format!("{handle} may write to you again") } else { format!("{handle} is blocked") };
    say(session, device, Block { handle, on: !remove }).await?;
    Output::new(json).print(&Empty {}, || words)
}

/// Says how one is seen, and what one does.
pub(super) async fn set_presence(session: &Session, device: &DeviceName, request: PresenceOf) -> Result<(), Failure> {
    let state = request.state.as_deref().map(|state| match state {
        "online" => ChosenPresence::Online,
        "away" => ChosenPresence::Away,
        "dnd" => ChosenPresence::Dnd,
        _ => ChosenPresence::Invisible,
    });
    if state.is_some() || request.status.is_some() {
        say(session, device, SetPresence { state, status: request.status }).await?;
    }
    print_settings(session, request.json).await
}

/// Says who somebody is, or changes who one is.
pub(super) async fn print_profile(session: &Session, device: &DeviceName, request: ProfileOf) -> Result<(), Failure> {
    let ProfileOf { handle, messages, name, about, json } = request;
    let change = SetProfile { display_name: name, about, avatar: None };
    if change != SetProfile::default() {
        say(session, device, change).await?;
    }
    let handle = handle.unwrap_or_else(|| session.handle.clone());
    show(session, &handle, messages, &mut Output::new(json)).await
}

/// Sets the picture that the user is seen by, or takes it away.
pub(super) async fn set_avatar(session: &Session, device: &DeviceName, request: AvatarOf) -> Result<(), Failure> {
    let avatar = match &request.path {
        Some(path) => Avatar::of(Some(files::upload_one(session, path).await?.id)),
        None => Avatar::default(),
    };
    say(session, device, SetProfile { avatar: Some(avatar), ..SetProfile::default() }).await?;
    show(session, &session.handle, false, &mut Output::new(request.json)).await
}

async fn show(session: &Session, handle: &Handle, messages: bool, output: &mut Output) -> Result<(), Failure> {
    let (profile, said) = http::fetch_profile_and_posts(session, handle).await.map_err(Failure::from_asked)?;
    if messages {
        return said.hits.iter().try_for_each(|hit| {
            output.message(&words::printed_channel_title(hit.kind, hit.name.as_str()), &hit.message, true)
        });
    }
    output.print(&profile, || {
        let presence = profile.presence.as_ref();
        let state =
            presence.map_or_else(String::new, |presence| format!(", {}", words::printed_presence(presence.state)));
        let status = presence.and_then(|presence| presence.status.as_ref());
        let status = status.map(|status| format!(": {status}")).unwrap_or_default();
        let channels = profile.channels.iter().map(|channel| format!(" #{}", channel.name)).collect::<String>();
        let kind = words::printed_account(&profile).map(|kind| format!(" ({kind})")).unwrap_or_default();
        let name = words::printed_name(&profile.handle, Some(profile.display_name.as_str()), usize::MAX);
        let about = if profile.about.is_empty() { String::new() } else { format!("; {}", profile.about) };
        CleanLine::new(&format!("{name}{kind}{state}{status}; in common:{channels}{about}")).to_string()
    })
}

/// Changes what one has set for oneself, and prints it.
pub(super) async fn own_settings(
    session: &Session,
    device: &DeviceName,
    own: OwnSettings,
    json: bool,
) -> Result<(), Failure> {
    let audience = |word: Option<String>| {
        word.map(|word| match &*word {
            "everyone" => Audience::Everyone,
            "shared" => Audience::Shared,
            _ => Audience::Friends,
        })
    };
    let OwnSettings { seen_by, written_by, invited_by, read_by, theme } = own;
    let privacy = SetPrivacy {
        presence: audience(seen_by),
        messages: audience(written_by),
        invitations: audience(invited_by),
        posts: audience(read_by),
    };
    let theme = theme.map(|name| name.parse().expect("looks have names"));
    let change = SetSettings { privacy, theme };
    if change != SetSettings::default() {
        say(session, device, change).await?;
    }
    print_settings(session, json).await
}

async fn print_settings(session: &Session, json: bool) -> Result<(), Failure> {
    let settings = http::fetch_settings(session).await.map_err(Failure::from_asked)?;
    Output::new(json).print(&settings, || {
        let privacy = &settings.privacy;
        let status = if settings.status.is_empty() { String::new() } else { format!(" ({})", settings.status) };
        let theme = if settings.theme.is_empty() { "default" } else { settings.theme.as_str() };
        let line = format!(
            "{}{status}; seen by {}, written to by {}, invited by {}, posts read by {}; theme {theme}",
            wire_word(settings.presence),
            wire_word(privacy.presence),
            wire_word(privacy.messages),
            wire_word(privacy.invitations),
            wire_word(privacy.posts)
        );
        CleanLine::new(&line).to_string()
    })
}

/// Gives the word that stands for something on the client.
fn wire_word(thing: impl serde::Serialize) -> String {
    let word = serde_json::to_value(thing).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

async fn say<R: Request<Answer = Empty>>(session: &Session, device: &DeviceName, request: R) -> Result<(), Failure> {
    let mut client = Client::open(session, device).await?;
    client.ask(request).await?;
    Ok(())
}
