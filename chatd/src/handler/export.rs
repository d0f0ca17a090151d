//! Everything that the daemon keeps of the asker: `GET /v1/export`.

use proto::ErrorReply;
use proto::http::{ChannelsQuery, Count, Export, ExportQuery, NoQuery, Record};

use super::history;
use super::{people, profile, session};
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::SignedIn;
use crate::store::ExportPlace;

pub(crate) async fn read_export(daemon: &Daemon, who: &SignedIn, query: ExportQuery) -> Result<Export, ErrorReply> {
    let Some(from) = query.from else { return begin(daemon, who).await };
    let from = ExportPlace::parse(from.as_str()).ok_or_else(|| malformed("`from` is the `next` of another answer"))?;
    let said = daemon.store.own_messages(who.user(), from).await.map_err(|error| store_error(&error))?;
    let records = said.0.into_iter().map(|message| Record::Message(Box::new(message)));
    Ok(Export { records: records.collect(), next: said.1.map(|next| next.to_string().into()) })
}

/// Everything but what was said.
async fn begin(daemon: &Daemon, who: &SignedIn) -> Result<Export, ErrorReply> {
    let mut records = vec![
        Record::Account(Box::new(profile::profile(daemon, who, who.handle().clone(), NoQuery).await?)),
        Record::Settings(people::settings(daemon, who, NoQuery).await?.settings),
    ];
    records.extend(people::friends(daemon, who, NoQuery).await?.people.into_iter().map(Record::Person));
    records.extend(session::list(daemon, who, NoQuery).await?.sessions.into_iter().map(Record::Session));
    let own = ChannelsQuery { limit: Some(Count::new(0)), ..ChannelsQuery::default() };
    let channels = history::channels(daemon, who, own).await?.channels;
    let mine = channels.into_iter().filter(|channel| channel.member);
    records.extend(mine.map(|channel| Record::Channel(Box::new(channel))));
    Ok(Export { records, next: Some(ExportPlace::BEGIN.to_string().into()) })
}
