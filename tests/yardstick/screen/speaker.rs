//! Somebody else who talks, without waiting for each answer.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::sync::Notify;

use tests::client::http::Guest;
use tests::client::wire::{Reader, Writer, connect, join};

/// Messages that wait for their answer at most.
const WINDOW: u64 = 400;
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(20);

/// Somebody connected who says things.
pub(super) struct Speaker {
    /// None: has left.
    writer: Option<Writer>,
    /// No other connection of this account has it.
    name: String,
    sent: u64,
    answered: Rc<(Notify, Cell<u64>)>,
}

impl Speaker {
    /// Comes in and joins channels; gives their ids too.
    pub(super) async fn come(address: &str, guest: &Guest, channels: &[String]) -> Result<(Self, Vec<String>)> {
        let (mut reader, mut writer) = connect(address, guest, json!({"history": 0, "members": 0})).await?;
        let mut ids = Vec::new();
        for channel in channels {
            ids.push(join(&mut reader, &mut writer, channel).await?);
        }
        let name = format!("{}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos());
        let answered = Rc::<(Notify, Cell<u64>)>::default();
        tokio::task::spawn_local(listen(reader, answered.clone()));
        Ok((Self { writer: Some(writer), name, sent: 0, answered }, ids))
    }

    /// Says something.
    pub(super) async fn says(&mut self, id: &str, content: &str) -> Result<()> {
        while self.sent - self.answered.1.get() >= WINDOW {
            self.more_answers().await?;
        }
        self.sent += 1;
        let message = json!({"content": content, "nonce": format!("{}-{}", self.name, self.sent)});
        self.writer()?.send("channel_message_add", &json!({"id": id, "message": message})).await?;
        Ok(())
    }

    /// Waits until all that was said is stored.
    pub(super) async fn is_heard(&mut self) -> Result<()> {
        while self.answered.1.get() < self.sent {
            self.more_answers().await?;
        }
        Ok(())
    }

    /// Says how one is, which the channels show.
    pub(super) async fn shows_presence(&mut self, state: &str) -> Result<()> {
        self.sent += 1;
        self.writer()?.send("presence", &json!({"state": state})).await?;
        Ok(())
    }

    /// Goes. Who stays in silence is cut off by the daemon after 75 s, at a moment that nobody has chosen.
    pub(super) fn leaves(&mut self) {
        self.writer = None;
    }

    fn writer(&mut self) -> Result<&mut Writer> {
        self.writer.as_mut().context("the speaker has left")
    }

    async fn more_answers(&self) -> Result<()> {
        if tokio::time::timeout(ANSWER, self.answered.0.notified()).await.is_err() {
            bail!("only {} of {} were answered", self.answered.1.get(), self.sent);
        }
        Ok(())
    }
}

async fn listen(mut reader: Reader, answered: Rc<(Notify, Cell<u64>)>) {
    loop {
        while let Some(packet) = reader.ready() {
            if packet.starts_with(b"{\"type\":\"ok\"") {
                answered.1.set(answered.1.get() + 1);
            } else if packet.starts_with(b"{\"type\":\"error\"") {
                eprintln!("yardstick: refused: {}", String::from_utf8_lossy(packet));
            }
        }
        answered.0.notify_one();
        if reader.fill().await.is_err() {
            return;
        }
    }
}

/// Waits until something is due that is done so often a second.
pub(super) async fn due(began: Instant, number: u64, rate: f64) {
    let due = Duration::from_secs_f64(number as f64 / rate);
    tokio::time::sleep(due.saturating_sub(began.elapsed())).await;
}
