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
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message as Frame};

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

/// What a write has come to.
type Written = Poll<Result<(), WebSocketError>>;

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
            if let Some(frames) = news(cursor, item) {
                self.feed(frames).await?;
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
        self.bounded(Self::poll_write_out).await
    }

    /// Asks the peer for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        let mut ping = Some(Frame::Ping(Default::default()));
        self.bounded(move |wire, context| {
            if ping.is_some() {
                ready!(wire.socket.poll_ready_unpin(context))?;
                wire.socket.start_send_unpin(ping.take().expect("it was just there"))?;
            }
            wire.socket.poll_flush_unpin(context)
        })
        .await
    }

    /// Waits for a write, but not for a peer that is to be cut. One that takes nothing is an error of the stream.
    async fn bounded(&mut self, mut write: impl FnMut(&mut Self, &mut Context<'_>) -> Written) -> Result<(), End> {
        // Most writes fit the socket's buffer.
        if let Poll::Ready(done) = write(self, &mut Context::from_waker(Waker::noop())) {
            return Ok(done?);
        }
        // Boxed: a connection holds no room for what most of them never wait for.
        Box::pin(self.wait_for(write)).await
    }

    async fn wait_for(&mut self, mut write: impl FnMut(&mut Self, &mut Context<'_>) -> Written) -> Result<(), End> {
        let outbox = self.outbox.clone();
        let _blocked = outbox.as_deref().map(Outbox::blocked);
        let closed = async {
            match &outbox {
                Some(outbox) => outbox.given_up().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            done = poll_fn(|context| write(self, context)) => Ok(done?),
            reason = closed => Err(reason.into()),
        }
    }

    pub(super) async fn send(&mut self, text: String) -> Result<(), End> {
        self.feed(text.into()).await?;
        self.flush().await
    }

    /// Says goodbye. Best effort: a peer that does not read learns it from the cut connection.
    pub(super) async fn close(&mut self, end: End) {
        let End::Close(code, reason) = end else { return };
        // What is begun is finished, what is not is dropped.
        self.out.truncate(usize::from(self.written > 0));
        let frame = CloseFrame { code: CloseCode::from(code.number()), reason: reason.into() };
        let goodbye = async {
            let written = poll_fn(|context| self.poll_write_out(context)).await;
            if written.is_ok() && self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        let _ = tokio::time::timeout(CLOSE_MAX, goodbye).await;
    }

    fn poll_write_out(&mut self, context: &mut Context<'_>) -> Written {
        ready!(self.socket.poll_flush_unpin(context))?;
        while !self.out.is_empty() {
            let written = ready!(self.poll_write(context))?;
            if written == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
            self.advance(written);
        }
        // What is encrypted may wait in front of the socket.
        Pin::new(self.socket.get_mut()).poll_flush(context).map_err(WebSocketError::from)
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
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

/// Gives what a connection is told of something that the hub has put into its outbox.
fn news(cursor: &mut Cursor, item: Item) -> Option<Frames> {
    match item {
        Item::Messages(messages) => cursor.news(messages).map(|news| news.frames()),
        Item::Event(channel, frames) | Item::Typing(channel, frames) => cursor.knows(&channel).then_some(frames),
        Item::Personal(frames) => Some(frames),
        Item::Presence(presences) => Some(presences.frames.clone()),
        Item::Show(channel) => {
            cursor.show(channel);
            None
        }
        Item::Members(channel) => {
            cursor.show_members(channel);
            None
        }
        Item::Hide(channel, removed) => {
            cursor.hide(&channel);
            Some(removed)
        }
    }
}
