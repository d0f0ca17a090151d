//! What goes out on the socket of a connection, from its outbox on, with an end to every write.
//!
//! The library reads (`session/incoming.rs`), answers pings and says goodbye. Text goes under it: frames are written once in
//! the hub and shared, so copying each into a buffer of each connection would only cost. Every write
//! first lets the library finish what it has begun, so frames never mix.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error as WebSocketError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::cursor::Cursor;
use super::end::End;
use crate::frame::Frames;
use crate::hub::{Item, Outbox};
use crate::stall_timeout::StallTimeout;

/// How long `goodbye` and the close may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Bytes of frames gathered before they are written without waiting for the flush.
const GATHER_BYTES: usize = 32_768;
/// Buffers that one system call takes.
const PARTS_PER_WRITE: usize = 64;

pub(super) struct Wire<S> {
    pub(super) socket: WebSocketStream<StallTimeout<S>>,
    /// Known after `hello`: what does not drain is cut as soon as its outbox is full.
    pub(super) outbox: Option<Arc<Outbox>>,
    out: VecDeque<Frames>,
    out_bytes: usize,
    /// Bytes of the first of `out` that are written already.
    written: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(socket: WebSocketStream<StallTimeout<S>>) -> Self {
        Self { socket, outbox: None, out: VecDeque::new(), out_bytes: 0, written: 0 }
    }

    /// Writes what the hub has put into the outbox, as far as it is news to the peer.
    pub(super) async fn write_waiting(&mut self, outbox: &Outbox, cursor: &mut Cursor) -> Result<(), End> {
        for item in outbox.take() {
            match item {
                Item::Messages(messages) => {
                    if let Some(news) = cursor.news(messages) {
                        self.feed(news.frames()).await?;
                    }
                }
                Item::Event(channel, frames) | Item::Typing(channel, frames) => {
                    if cursor.knows(&channel) {
                        self.feed(frames).await?;
                    }
                }
                Item::Personal(frames) => self.feed(frames).await?,
                Item::Presence(presences) => self.feed(presences.frames.clone()).await?,
                Item::Show(channel) => cursor.show(channel),
                Item::Members(channel) => cursor.show_members(channel),
                Item::Hide(channel, removed) => {
                    cursor.hide(&channel);
                    self.feed(removed).await?;
                }
            }
        }
        self.flush().await
    }

    /// Gathers frames to be written.
    pub(super) async fn feed(&mut self, frames: Frames) -> Result<(), End> {
        self.out_bytes += frames.bytes().len();
        self.out.push_back(frames);
        if self.out_bytes >= GATHER_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Writes everything that was fed, in one system call where it fits.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        let outbox = self.outbox.clone();
        bounded(outbox.as_deref(), self.write_out()).await
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), End> {
        self.feed(text.into()).await?;
        self.flush().await
    }

    /// Says goodbye. Best effort: a peer that does not read learns it from the cut connection.
    pub(super) async fn close(mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        // What is begun is finished, what is not is dropped.
        self.out.truncate(usize::from(self.written > 0));
        let frame = CloseFrame { code: CloseCode::from(code.number()), reason: reason.into() };
        let goodbye = async {
            if self.write_out().await.is_ok() && self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        let _ = tokio::time::timeout(CLOSE_MAX, goodbye).await;
    }

    async fn write_out(&mut self) -> Result<(), WebSocketError> {
        self.socket.flush().await?;
        while !self.out.is_empty() {
            let written = poll_fn(|context| {
                let mut parts = [IoSlice::new(&[]); PARTS_PER_WRITE];
                let mut skip = self.written;
                for (part, frames) in parts.iter_mut().zip(&self.out) {
                    *part = IoSlice::new(&frames.bytes()[std::mem::take(&mut skip)..]);
                }
                let stream = Pin::new(self.socket.get_mut());
                match self.out.len().min(PARTS_PER_WRITE) {
                    // The common case costs the kernel less this way.
                    1 => stream.poll_write(context, &parts[0]),
                    count => stream.poll_write_vectored(context, &parts[..count]),
                }
            })
            .await?;
            if written == 0 {
                return Err(io::Error::from(io::ErrorKind::WriteZero).into());
            }
            self.advance(written);
        }
        // What is encrypted may wait in front of the socket.
        poll_fn(|context| Pin::new(self.socket.get_mut()).poll_flush(context)).await?;
        Ok(())
    }

    fn advance(&mut self, written: usize) {
        self.written += written;
        while let Some(first) = self.out.front() {
            let length = first.bytes().len();
            if self.written < length {
                return;
            }
            self.written -= length;
            self.out_bytes -= length;
            self.out.pop_front();
        }
        // An idle connection holds no room for what it once sent.
        self.out = VecDeque::new();
    }
}

/// Waits for a write, but not for a peer that is to be cut. One that takes nothing is an error of the stream.
pub(super) async fn bounded(
    outbox: Option<&Outbox>,
    write: impl Future<Output = Result<(), WebSocketError>>,
) -> Result<(), End> {
    let mut write = std::pin::pin!(write);
    // Most writes fit the socket's buffer.
    if let Some(done) = (&mut write).now_or_never() {
        return Ok(done?);
    }
    let _blocked = outbox.map(Outbox::blocked);
    let closed = async {
        match outbox {
            Some(outbox) => outbox.given_up().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        done = write => Ok(done?),
        reason = closed => Err(reason.into()),
    }
}
