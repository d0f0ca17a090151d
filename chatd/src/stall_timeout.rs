//! A stream with a timeout for a peer that stalls: one that takes nothing for too long is an error, whatever
//! protocol is spoken to it, and so is one that sends ever more of one message.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::server::OneLength;

/// How long a peer may take nothing while something is to be written.
const STALLED_MAX: Duration = Duration::from_secs(30);

/// A stream with that timeout.
pub(crate) struct StallTimeout<S> {
    stream: S,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Bytes that may still be read before a message must have come to its end.
    rest: u64,
    /// Bytes that are read for one message at most.
    per_message: u64,
    /// Looked at while HTTP is spoken.
    head: Option<OneLength>,
}

impl<S> StallTimeout<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, stalled: None, rest: u64::MAX, per_message: u64::MAX, head: None }
    }

    /// Looks at the heads of requests as well.
    pub(crate) fn with_heads(stream: S, head: OneLength) -> Self {
        Self { head: Some(head), ..Self::new(stream) }
    }

    /// Bounds what is read for one message from now on. [`io::ErrorKind::FileTooLarge`] tells of one that
    /// has more: of fragments without content there is no end.
    pub(crate) fn bound_messages(&mut self, bytes: u64) {
        self.per_message = bytes;
        self.rest = bytes;
        self.head = None;
    }

    /// Notes that a message has come to its end.
    pub(crate) fn message_ended(&mut self) {
        self.rest = self.per_message;
    }

    /// Notes that some of the bytes read were no part of a message.
    pub(crate) fn not_of_a_message(&mut self, bytes: u64) {
        self.rest = self.rest.saturating_add(bytes).min(self.per_message);
    }

    /// Passes on what a write said, and ends one that has waited for too long.
    fn watch<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled =
            self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + STALLED_MAX)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer takes nothing")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if let Some(head) = &mut self.head {
            head.look(&buffer.filled()[before..]);
        }
        let read = (buffer.filled().len() - before) as u64;
        let Some(rest) = self.rest.checked_sub(read) else {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "message too large")));
        };
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, shut)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_little_is_not() {
        let (near, mut far) = tokio::io::duplex(16);
        let mut near = StallTimeout::new(near);
        let reading = tokio::spawn(async move {
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                let taken = far.read(&mut [0; 16]).await.unwrap();
                assert!(taken > 0);
            }
            far
        });
        near.write_all(&[0; 80]).await.expect("it takes a little every 20 s");
        let _far = reading.await.unwrap();
        assert_eq!(near.write_all(&[0; 80]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
    #[tokio::test]
    async fn a_message_has_an_end() {
        let (near, mut far) = tokio::io::duplex(1_024);
        let mut near = StallTimeout::new(near);
        near.bound_messages(16);
        far.write_all(&[0; 40]).await.unwrap();
        let mut bytes = [0; 12];
        near.read_exact(&mut bytes).await.expect("less than the bound");
        near.message_ended();
        near.read_exact(&mut bytes[..8]).await.expect("the next message");
        near.not_of_a_message(4);
        near.read_exact(&mut bytes).await.expect("half of it was something else");
        assert_eq!(near.read_exact(&mut bytes).await.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
