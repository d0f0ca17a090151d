//! Name, topic and rules of a channel: shown, or changed.

use std::ops::ControlFlow;
use std::time::Duration;

use proto::{
    ChangeSettings, ChannelId, ChannelKind, ChannelName, CreatedKind, DeviceName, Empty, Handle, Rules, SetTopic, Topic,
};
use serde::Serialize;

use super::ask::sure;
use super::client::Client;
use super::members;
use super::output::Output;
use super::room_arguments::ChannelSettings;
use super::target::{Found, Target};
use super::words::printed_channel_title;
use crate::core::Happened;
use crate::failure::Failure;
use crate::http;
use crate::session::Session;
use crate::text::CleanLine;

/// How long the picture of a channel may take.
const PICTURE_MAX: Duration = Duration::from_secs(30);

/// What a channel is, as `--json` prints it.
#[derive(Serialize)]
struct Room {
    id: ChannelId,
    name: ChannelName,
    kind: ChannelKind,
    topic: Topic,
    owner: Option<Handle>,
    members_total: u64,
    /// Left out where one is not in it.
    #[serde(flatten)]
    rules: Option<Rules>,
}

/// Changes what was named, or prints how it is where nothing was.
pub(super) async fn channel_settings(
    session: &Session,
    device: &DeviceName,
    target: &Target,
    settings: ChannelSettings,
    json: bool,
) -> Result<(), Failure> {
    let found = target.find(session).await?;
    if settings.change_nothing() {
        return show(session, device, &found, json).await;
    }
    change(session, device, &found, settings, json).await
}

async fn change(
    session: &Session,
    device: &DeviceName,
    found: &Found,
    settings: ChannelSettings,
    json: bool,
) -> Result<(), Failure> {
    let ChannelSettings { name, kind, close_history, yes, topic, read_only, slow_mode } = settings;
    let kind = kind.map(|kind| if kind == "public" { CreatedKind::Public } else { CreatedKind::Private });
    if close_history && kind != Some(CreatedKind::Public) {
        return Err(Failure::Usage("--close-history goes with --kind public".to_owned()));
    }
    let mut client = Client::open(session, device).await?;
    if let Some(harm) = harm(&mut client, found, kind, close_history).await? {
        sure(yes, &harm)?;
    }
    let id = found.id;
    let mut done = Empty {};
    if let Some(topic) = topic {
        done = client.ask(SetTopic { id, topic }).await?;
    }
    let change =
        ChangeSettings { name, kind, close_history, read_only, slow_mode_s: slow_mode, ..ChangeSettings::of(id) };
    if change != ChangeSettings::of(id) {
        done = client.ask(change).await?;
    }
    Output::new(json).print(&done, || "the channel is changed".to_owned())
}

/// Says what a channel that gets another kind does to people.
async fn harm(
    client: &mut Client,
    found: &Found,
    kind: Option<CreatedKind>,
    close_history: bool,
) -> Result<Option<String>, Failure> {
    let title = &found.title;
    match (kind, found.kind) {
        (Some(CreatedKind::Public), ChannelKind::Public) | (None, _) => Ok(None),
        (Some(CreatedKind::Public), _) if close_history => {
            Ok(Some(format!("everybody can find {title} and read what is said in it from now on")))
        }
        (Some(CreatedKind::Public), _) => {
            Ok(Some(format!("everybody can find {title} and read all that was said in it (unless --close-history)")))
        }
        (Some(CreatedKind::Private), ChannelKind::Public) if found.member => {
            let guests = guests(client, found.id).await?;
            Ok((guests > 0).then(|| format!("guests are not in private channels: {guests} of {title} go")))
        }
        (Some(CreatedKind::Private), _) => Ok(None),
    }
}

async fn guests(client: &mut Client, id: ChannelId) -> Result<usize, Failure> {
    let mut guests = 0;
    members::each(client, id, |member| {
        guests += usize::from(member.handle.is_guest());
        ControlFlow::Continue(())
    })
    .await?;
    Ok(guests)
}

async fn show(session: &Session, device: &DeviceName, found: &Found, json: bool) -> Result<(), Failure> {
    let summary = http::channel_of(session, found.id).await.map_err(Failure::from_asked)?;
    let summary = summary.ok_or_else(|| Failure::lost(session, "the channel is gone"))?;
    let rules = if found.member { Some(rules(session, device, found.id).await?) } else { None };
    let room = Room {
        id: summary.id,
        name: summary.name,
        kind: summary.kind,
        topic: summary.topic,
        owner: summary.owner,
        members_total: summary.members_total,
        rules,
    };
    Output::new(json).print(&room, || line(&room))
}

/// Gives who may speak and how often, which stands in the picture of a channel.
async fn rules(session: &Session, device: &DeviceName, id: ChannelId) -> Result<Rules, Failure> {
    let mut client = Client::for_channels(session, device, vec![id], 0);
    client.connect().await?;
    let picture = async {
        loop {
            match client.next().await? {
                Happened::ChannelAdded { id: shown, .. } if shown == id => {
                    let rules = client.core.channels.get(&id).map(|channel| channel.rules);
                    return rules.ok_or_else(|| Failure::lost(session, "the channel is gone"));
                }
                _ => {}
            }
        }
    };
    let shown = tokio::time::timeout(PICTURE_MAX, picture).await;
    shown.unwrap_or_else(|_| Err(Failure::lost(session, "the channel was not shown")))
}

fn line(room: &Room) -> String {
    let kind = match room.kind {
        ChannelKind::Public => "public",
        ChannelKind::Dm => "conversation",
        _ => "private",
    };
    let owner = room.owner.as_ref().map_or_else(|| "no owner".to_owned(), |owner| format!("owner {owner}"));
    let members = match room.members_total {
        1 => "1 member".to_owned(),
        members => format!("{members} members"),
    };
    let rules = room.rules.map_or_else(String::new, |rules| {
        let speak = if rules.read_only { "; only owner and moderators speak" } else { "; everybody speaks" };
        match rules.slow_mode_s {
            0 => speak.to_owned(),
            seconds => format!("{speak}, slow mode {seconds} s"),
        }
    });
    let topic = if room.topic.as_str().is_empty() { String::new() } else { format!("; topic: {}", room.topic) };
    let title = printed_channel_title(room.kind, room.name.as_str());
    CleanLine::new(&format!("{title} ({kind}), {owner}, {members}{rules}{topic}  id:{}", room.id)).to_string()
}
