//! Channels that are shown to a connection, and the goodbye.

use std::time::Duration;

use proto::codec::{encode_error, encode_event};
use proto::{CloseCode, Goodbye, ServerPacket};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Session;
use crate::conn::end::End;
use crate::handler::snapshot::{members, picture};
use crate::store::StoreError;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Sends the channel whose turn it is.
    pub(super) async fn show_next(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_to_show() else { return self.show_members().await };
        let known = self.cursor.take_held(&channel);
        let show = if self.cursor.with_messages(&channel) { self.show } else { self.show.without_messages() };
        match Box::pin(picture(self.daemon, &self.who, channel, known, show)).await {
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
    async fn show_members(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_members_to_show() else { return Ok(()) };
        match members(self.daemon, &self.who, channel).await {
            Ok(Some(packet)) => self.wire.send(encode_event(&packet)).await,
            Ok(None) => Ok(()),
            Err(error) => self.cannot_read(&error).await,
        }
    }

    async fn cannot_read(&mut self, error: &StoreError) -> Result<(), End> {
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
