//! What goes out on a connection: answers, what the hub has put into the outbox, channels that are shown, the goodbye.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use proto::codec::{encode_error, encode_event};
use proto::{CloseCode, Goodbye, ServerPacket};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Session;
use crate::conn::end::End;
use crate::handler::snapshot::{members, picture};
use crate::hub::Item;
use crate::store::StoreError;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Writes everything that is ready: further answers, and what the outbox holds.
    pub(super) async fn settle(&mut self) -> Result<(), End> {
        while let Some(Some(answer)) = self.answers.next().now_or_never() {
            self.feed_answer(answer).await?;
        }
        for item in self.outbox.take() {
            match item {
                Item::Messages(messages) => {
                    if let Some(news) = self.cursor.news(messages) {
                        self.wire.feed(news.frames()).await?;
                    }
                }
                Item::Event(channel, frames) | Item::Typing(channel, frames) => {
                    if self.cursor.knows(&channel) {
                        self.wire.feed(frames).await?;
                    }
                }
                Item::Personal(frames) => self.wire.feed(frames).await?,
                Item::Presence(presences) => self.wire.feed(presences.frames.clone()).await?,
                Item::Show(channel) => self.cursor.show(channel),
                Item::Members(channel) => self.cursor.show_members(channel),
                Item::Hide(channel, removed) => {
                    self.cursor.hide(&channel);
                    // The client holds nothing of it any more.
                    self.resume.remove(&channel);
                    self.wire.feed(removed).await?;
                }
            }
        }
        self.wire.flush().await
    }

    pub(super) async fn show_next(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_to_show() else { return self.show_members().await };
        let known = self.resume.remove(&channel);
        match Box::pin(picture(self.daemon, &self.who, channel, known, self.show)).await {
            Ok(Some(picture)) => {
                self.cursor.shown(channel, picture.version);
                self.wire.send(encode_event(&picture.packet)).await
            }
            // No longer a member: `channel_remove` is in the outbox, or the channel was never shown.
            Ok(None) => Ok(()),
            Err(error) => self.cannot_read(&error).await,
        }
    }

    /// Sends all members of a channel that has become small.
    pub(super) async fn show_members(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_members_to_show() else { return Ok(()) };
        match members(self.daemon, &self.who, channel).await {
            Ok(Some(packet)) => self.wire.send(encode_event(&packet)).await,
            Ok(None) => Ok(()),
            Err(error) => self.cannot_read(&error).await,
        }
    }

    pub(super) async fn cannot_read(&mut self, error: &StoreError) -> Result<(), End> {
        self.wire.send(encode_error(None, &crate::error::store_error(error))).await?;
        Err(End::Close(CloseCode::GoingAway, "the server failed to read a channel"))
    }

    /// Answers what was accepted before the daemon stops.
    pub(super) async fn say_goodbye(&mut self, back_after: Duration) -> Result<(), End> {
        self.await_answers(0).await?;
        let goodbye = Goodbye { reconnect_after_ms: back_after.as_millis() as u64 };
        self.settle().await?;
        self.wire.send(encode_event(&ServerPacket::Goodbye(goodbye))).await?;
        Err(End::Close(CloseCode::GoingAway, "the server restarts"))
    }
}
