//! Bytes on their way from the disk to a socket, a part at a time.

use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream};
use hyper::body::{Body, Frame, SizeHint};
use object_store::{GetResult, GetResultPayload};
use tokio::task::JoinHandle;

/// Bytes that are read at once: few enough for thousands of downloads, and so many that their number costs little.
const READ_AT_ONCE: u64 = 1 << 18;

/// The bytes of a file, or a part of them, as the body of a response.
pub(crate) struct FileBytes {
    left: u64,
    source: Source,
}

enum Source {
    Nothing,
    File(Reading),
    Stream(BoxStream<'static, object_store::Result<Bytes>>),
}

/// A file of this machine, and the next part of it on its way.
struct Reading(JoinHandle<io::Result<(std::fs::File, Bytes)>>);

impl FileBytes {
    /// No bytes at all.
    pub(super) fn nothing() -> Self {
        Self { left: 0, source: Source::Nothing }
    }

    /// Begins to read what was found.
    pub(super) fn of(found: GetResult) -> Self {
        let range = found.range.clone();
        let left = range.end - range.start;
        let source = match found.payload {
            GetResultPayload::File(mut file, _) => Source::File(Reading(tokio::task::spawn_blocking(move || {
                file.seek(SeekFrom::Start(range.start))?;
                read_some(file, left)
            }))),
            GetResultPayload::Stream(stream) => Source::Stream(stream),
        };
        Self { left, source }
    }
}

fn read_some(mut file: std::fs::File, left: u64) -> io::Result<(std::fs::File, Bytes)> {
    let mut bytes = Vec::with_capacity(left.min(READ_AT_ONCE) as usize);
    (&mut file).take(left.min(READ_AT_ONCE)).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than it was"));
    }
    Ok((file, bytes.into()))
}

impl Body for FileBytes {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let read = match &mut this.source {
            Source::Nothing => return Poll::Ready(None),
            Source::File(Reading(reading)) => {
                let read = ready!(Pin::new(&mut *reading).poll(context)).map_err(io::Error::other).flatten();
                read.map(|(file, bytes)| {
                    let left = this.left - bytes.len() as u64;
                    if left > 0 {
                        // The next part is read while this one is written.
                        *reading = tokio::task::spawn_blocking(move || read_some(file, left));
                    }
                    bytes
                })
            }
            Source::Stream(stream) => match ready!(Pin::new(stream).poll_next(context)) {
                Some(bytes) => bytes.map_err(io::Error::from),
                None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the object is shorter than it was")),
            },
        };
        match read {
            Ok(bytes) => {
                this.left = this.left.saturating_sub(bytes.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Err(error) => {
                tracing::warn!(%error, "a file cannot be read");
                *this = Self::nothing();
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
