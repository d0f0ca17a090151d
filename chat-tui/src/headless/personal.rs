//! What concerns oneself alone: the list of what happened, what is unread, of what one hears.

use proto::{CatchUpEntry, ClearCatchUp, DeviceName, Handle, Index, MarkUnread, NotifyLevel};

use super::arguments::{CatchUp, Notify, Unread};
use super::change::ordered;
use super::client::Client;
use super::output::Output;
use super::words::{self, happened};
use crate::clock;
use crate::failure::Failure;
use crate::http;
use crate::session::Session;
use crate::text::CleanLine;

/// Lists what happened, and clears it if that is wanted.
pub(super) async fn catch_up(session: &Session, device: &DeviceName, request: &CatchUp) -> Result<(), Failure> {
    let mut output = Output::new(request.json);
    let (mut before, mut numbers) = (None, Vec::new());
    loop {
        let list = http::fetch_catch_up(session, before).await.map_err(Failure::from_asked)?;
        for entry in &list.entries {
            output.print(entry, || line(entry, &session.handle))?;
            numbers.push(entry.number);
        }
        let last = list.entries.last().map(|entry| entry.number);
        let goes_on = last.is_some() && before.is_none_or(|before| last < Some(before));
        if !list.more || !goes_on {
            break;
        }
        before = last;
    }
    if request.clear && !numbers.is_empty() {
        let mut client = Client::open(session, device).await?;
        // What came meanwhile was not printed, and stays.
        let clear = ClearCatchUp { numbers, all: false };
        client.ask(clear).await?;
    }
    Ok(())
}

/// Marks a message and all behind it as unread.
pub(super) async fn unread(session: &Session, device: &DeviceName, request: &Unread) -> Result<(), Failure> {
    let index = Index::new(request.index);
    let words = format!("unread from message {index} on");
    let packet = |id| MarkUnread { id, index };
    ordered(session, device, &request.target, packet, request.json, words).await
}

/// Says of what one wants to hear in a channel.
pub(super) async fn notify(session: &Session, device: &DeviceName, request: Notify) -> Result<(), Failure> {
    let level = request.level.as_deref().map(|level| match level {
        "all" => NotifyLevel::All,
        "mentions" => NotifyLevel::Mentions,
        _ => NotifyLevel::None,
    });
    let quiet_s = request.quiet;
    let packet = |id| proto::Notify { id, level, quiet_s };
    ordered(session, device, &request.target, packet, request.json, "it is set".to_owned()).await
}

fn line(entry: &CatchUpEntry, me: &Handle) -> String {
    let moment = jiff::Timestamp::from_millisecond(entry.date.as_millis()).unwrap_or_default();
    let date = moment.to_zoned(clock::zone()).strftime("%Y-%m-%d %H:%M");
    // What waits says itself where it leads.
    let place =
        words::place(entry, me).filter(|_| !entry.waiting).map_or_else(String::new, |place| format!("{place} "));
    let said = entry.message.as_ref().map(|said| format!(": {}", said.content)).unwrap_or_default();
    let accept = entry.id.filter(|_| entry.waiting).map(|id| format!(", `join id:{id}` accepts")).unwrap_or_default();
    CleanLine::new(&format!("{date} {place}{}{said}{accept}", happened(entry))).to_string()
}
