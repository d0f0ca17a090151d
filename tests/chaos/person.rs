//! Somebody who talks and listens whatever happens to the daemon: connects again, resumes, and sends
//! again what was not acknowledged.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use proto::http::Call;
use proto::http::endpoints::ReadHistory;
use serde_json::{Value, json};
use tests::client::http::{Guest, Http};
use tests::client::wire::{Reader, Writer, connect};
use tokio::sync::Notify;

use crate::record::{Recorder, What};

/// Messages that a person has unanswered at most.
const WINDOW: usize = 8;
/// How long a person waits before trying again what failed.
const REST: Duration = Duration::from_millis(20);
/// How long nothing may happen on a connection before the person gives it up.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// The same when nothing is owed.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// What the person in charge tells everybody, and hears from them.
#[derive(Default)]
pub(crate) struct Plan {
    /// Nobody begins to say anything new.
    pub(crate) quiet: Cell<bool>,
    /// How much everybody has said so far, acknowledged or refused.
    pub(crate) settled: Cell<u64>,
    /// How much was sent again after a lost connection.
    pub(crate) again: Cell<u64>,
    /// How often a connection was lost.
    pub(crate) lost: Cell<u64>,
    /// How much was refused for want of space.
    pub(crate) refused: Cell<u64>,
    /// How far each person has seen each channel.
    pub(crate) seen: RefCell<BTreeMap<(String, String), u64>>,
    /// Something of that has changed.
    pub(crate) changed: Notify,
}

/// Where a person knows a channel up to.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    version: u64,
    index: u64,
    /// Up to here pages were fetched, so that events may tell the same once more.
    fetched: u64,
}

/// What a person has said and not heard of yet.
struct Unsettled {
    channel: String,
    content: String,
}

pub(crate) struct Person {
    pub(crate) guest: Guest,
    pub(crate) recorder: Recorder,
    pub(crate) plan: Rc<Plan>,
    /// Messages a second in all channels together; 0 for one who only listens.
    pub(crate) rate: f64,
    channels: BTreeMap<String, Known>,
    unsettled: VecDeque<Unsettled>,
    said: u64,
}

impl Person {
    pub(crate) fn new(guest: Guest, recorder: Recorder, plan: Rc<Plan>, rate: f64, channels: &[String]) -> Self {
        let channels = channels.iter().map(|channel| (channel.clone(), Known::default())).collect();
        Self { guest, recorder, plan, rate, channels, unsettled: VecDeque::new(), said: 0 }
    }

    /// Talks and listens for ever; `address` says where the daemon is now.
    pub(crate) async fn live(mut self, address: impl Fn() -> String) {
        loop {
            // Whatever ends a connection, the next one goes on from there.
            let _ = self.connection(&address()).await;
            self.plan.lost.set(self.plan.lost.get() + 1);
            tokio::time::sleep(REST).await;
        }
    }

    async fn connection(&mut self, address: &str) -> Result<()> {
        let resume = self.channels.iter().map(|(id, known)| (id.clone(), json!(known.version)));
        let hello = json!({"history": 0, "resume": resume.collect::<serde_json::Map<_, _>>()});
        let connecting = connect(address, &self.guest, hello);
        let (mut reader, mut writer) = tokio::time::timeout(SILENCE_MAX, connecting).await??;
        let mut awaited = VecDeque::new();
        for place in 0..self.unsettled.len() {
            self.plan.again.set(self.plan.again.get() + 1);
            self.send(&mut writer, place, &mut awaited).await?;
        }
        let mut to_meet = self.channels.len();
        let mut clock = tokio::time::interval(Duration::from_secs_f64(1.0 / self.rate.max(0.1)));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let may_speak = to_meet == 0 && self.rate > 0.0 && self.unsettled.len() < WINDOW && !self.plan.quiet.get();
            // Silence is a fault only when something is owed.
            let patience = if self.unsettled.is_empty() { IDLE_MAX } else { SILENCE_MAX };
            tokio::select! {
                heard = tokio::time::timeout(patience, reader.next()) => {
                    let packet: Value = serde_json::from_slice(heard.context("silence")??)?;
                    to_meet -= usize::from(packet["type"] == "channel_resume");
                    self.hear(&packet, address, &mut awaited).await?;
                }
                _ = clock.tick(), if may_speak => {
                    let channel = self.said as usize % self.channels.len();
                    let channel = self.channels.keys().nth(channel).expect("there are channels").clone();
                    let content = format!("{}-{}", self.guest.handle, self.said);
                    self.said += 1;
                    self.unsettled.push_back(Unsettled { channel, content });
                    self.send(&mut writer, self.unsettled.len() - 1, &mut awaited).await?;
                }
            }
        }
    }

    async fn send(&self, writer: &mut Writer, place: usize, awaited: &mut VecDeque<u64>) -> Result<()> {
        let Unsettled { channel, content } = &self.unsettled[place];
        self.recorder.note(channel, What::Sends(content.clone()));
        let message = json!({"id": channel, "message": {"content": content, "nonce": content}});
        awaited.push_back(writer.send("channel_message_add", &message).await?);
        Ok(())
    }

    async fn hear(&mut self, packet: &Value, address: &str, awaited: &mut VecDeque<u64>) -> Result<()> {
        let payload = &packet["payload"];
        match packet["type"].as_str() {
            Some("channel_message_add") => {
                let channel = payload["id"].as_str().context("a message has a channel")?.to_owned();
                self.see(&channel, &payload["message"])?;
            }
            Some("channel_resume") => {
                let channel = payload["id"].as_str().context("a picture has a channel")?.to_owned();
                self.resume(&channel, payload.clone(), address).await?;
            }
            Some("ok" | "error") if packet["ref"].as_u64() == awaited.front().copied() => {
                awaited.pop_front();
                self.settle(packet)?;
            }
            Some("ok" | "error") => bail!("an answer to nothing: {packet}"),
            _ => {}
        }
        Ok(())
    }

    /// Takes everything that came since the last connection, page by page.
    async fn resume(&mut self, channel: &str, mut page: Value, address: &str) -> Result<()> {
        loop {
            for message in page["messages"].as_array().context("a page has messages")? {
                self.see(channel, message)?;
            }
            let known = self.channels.get_mut(channel).context("a channel that is known")?;
            known.version = known.version.max(page["version"].as_u64().context("a page has a version")?);
            known.fetched = known.index;
            if page["more"] != true {
                return Ok(());
            }
            let path = format!("{}?channel={channel}&since={}&limit=1000", ReadHistory::PATH, known.version);
            let mut http = Http::open(address).await?;
            page = serde_json::from_slice(&http.get(&path, Some(&self.guest.token)).await?)?;
        }
    }

    fn see(&mut self, channel: &str, message: &Value) -> Result<()> {
        let (index, version) = (message["index"].as_u64(), message["version"].as_u64());
        let (index, version) = index.zip(version).context("a message has its numbers")?;
        let known = self.channels.get_mut(channel).context("a channel that is known")?;
        // What was fetched in pages may be told once more; nothing else may.
        if index <= known.fetched {
            return Ok(());
        }
        known.index = known.index.max(index);
        known.version = known.version.max(version);
        let content = message["content"].as_str().context("a message has content")?;
        self.recorder.note(channel, What::Sees(index, content.to_owned()));
        self.plan.seen.borrow_mut().insert((self.guest.handle.clone(), channel.to_owned()), index);
        self.plan.changed.notify_waiters();
        Ok(())
    }

    fn settle(&mut self, packet: &Value) -> Result<()> {
        let Unsettled { channel, content } = self.unsettled.pop_front().context("something was said")?;
        match packet["payload"]["code"].as_str() {
            None => {
                let index = packet["payload"]["index"].as_u64().context("`ok` says where")?;
                self.recorder.note(&channel, What::Acknowledged(content, index));
            }
            Some("storage_full") => {
                self.plan.refused.set(self.plan.refused.get() + 1);
                self.recorder.note(&channel, What::Refused(content));
            }
            // Nobody knows; it is sent again.
            Some(_) => {
                self.unsettled.push_front(Unsettled { channel, content });
                bail!("{packet}");
            }
        }
        self.plan.settled.set(self.plan.settled.get() + 1);
        self.plan.changed.notify_waiters();
        Ok(())
    }
}

/// Asks again and again for the newest message of each channel, for ever.
pub(crate) async fn read_on(guest: Guest, recorder: Recorder, channels: Vec<String>, address: impl Fn() -> String) {
    loop {
        for channel in &channels {
            recorder.note(channel, What::Asks);
            if let Ok(index) = newest(&address(), &guest, channel).await {
                recorder.note(channel, What::Reads(index));
            }
            tokio::time::sleep(REST).await;
        }
    }
}

async fn newest(address: &str, guest: &Guest, channel: &str) -> Result<u64> {
    let mut http = Http::open(address).await?;
    let path = format!("{}?channel={channel}&limit=1", ReadHistory::PATH);
    let page = tokio::time::timeout(SILENCE_MAX, http.get(&path, Some(&guest.token))).await??;
    let page: Value = serde_json::from_slice(&page)?;
    page["last_index"].as_u64().context("a page says its last index")
}

/// Reads everything that a channel holds.
pub(crate) async fn everything(address: &str, guest: &Guest, channel: &str) -> Result<Vec<String>> {
    let mut contents = Vec::new();
    let mut http = Http::open(address).await?;
    loop {
        let path = format!("{}?channel={channel}&after={}&limit=1000", ReadHistory::PATH, contents.len());
        let page: Value = serde_json::from_slice(&http.get(&path, Some(&guest.token)).await?)?;
        for message in page["messages"].as_array().context("a page has messages")? {
            if message["index"].as_u64() != Some(contents.len() as u64 + 1) {
                bail!("a gap in {channel} after {}", contents.len());
            }
            contents.push(message["content"].as_str().context("a message has content")?.to_owned());
        }
        if page["more"] != true {
            return Ok(contents);
        }
    }
}

/// Enters channels by name and gives their ids.
pub(crate) async fn enter(address: &str, guest: &Guest, names: &[String]) -> Result<Vec<String>> {
    let (mut reader, mut writer): (Reader, Writer) = connect(address, guest, json!({"channels": []})).await?;
    let mut ids = Vec::new();
    for name in names {
        ids.push(tests::client::wire::join(&mut reader, &mut writer, name).await?);
    }
    Ok(ids)
}
