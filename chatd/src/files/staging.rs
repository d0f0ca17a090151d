//! Bytes on their way to the disk: a thread writes and hashes them while more come.

use std::io::{self, Write};

use bytes::Bytes;
use proto::ErrorReply;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Files, UPLOADS};
use crate::secret::{make_folder, make_own};
use crate::store::UploadKey;

/// Pieces that wait for the disk; who sends more waits. A piece has as much as one read of the socket gave, 16 KiB at most.
const WAITING_MAX: usize = 64;
/// Bytes that are written at once.
const WRITTEN_AT_ONCE: usize = 1 << 18;
/// Bytes from which it is found out what a file is.
const HEAD_BYTES: usize = 8_192;

/// What gives the bytes of an upload.
pub(crate) trait ByteSource {
    /// Gives how many there are, if that was said before.
    fn size(&self) -> Option<u64>;

    /// Waits for some more; none when all are here.
    ///
    /// # Errors
    /// What the uploader is told of an upload that broke off.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, ErrorReply>> + Send;
}

/// Bytes that are all on the disk.
pub(crate) struct Staged {
    pub(crate) upload: UploadKey,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    /// What they are, as a media type.
    pub(crate) mime: &'static str,
}

/// Bytes that are being written.
pub(crate) struct Staging {
    upload: UploadKey,
    pieces: mpsc::Sender<Bytes>,
    writing: JoinHandle<io::Result<Written>>,
}

/// What the thread has written.
struct Written {
    file: std::fs::File,
    size: u64,
    sha256: [u8; 32],
    head: Vec<u8>,
}

impl Files {
    /// Begins to write the bytes of an upload.
    pub(crate) fn stage(&self, upload: UploadKey) -> io::Result<Staging> {
        make_folder(&self.folder.join(UPLOADS))?;
        let file = make_own(&self.staged_path(upload))?;
        let (pieces, waiting) = mpsc::channel(WAITING_MAX);
        let writing = tokio::task::spawn_blocking(move || write(file, waiting));
        Ok(Staging { upload, pieces, writing })
    }
}

impl Staging {
    /// Hands some more bytes over.
    ///
    /// # Errors
    /// What the disk said of those before.
    pub(crate) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        // The thread has ended, which it only does by itself when the disk has failed.
        let failed = (&mut self.writing).await.map_err(io::Error::other)?;
        Err(failed.err().unwrap_or_else(|| io::Error::other("the upload was closed")))
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn finish(self) -> io::Result<Staged> {
        drop(self.pieces);
        let written = self.writing.await.map_err(io::Error::other)??;
        let Written { file, size, sha256, head } = written;
        super::blocking(move || file.sync_all()).await?;
        Ok(Staged { upload: self.upload, size, sha256, mime: mime_of(&head) })
    }
}

fn write(file: std::fs::File, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<Written> {
    let mut out = io::BufWriter::with_capacity(WRITTEN_AT_ONCE, file);
    let (mut hash, mut size, mut head) = (Sha256::new(), 0, Vec::new());
    while let Some(piece) = pieces.blocking_recv() {
        head.extend_from_slice(&piece[..piece.len().min(HEAD_BYTES.saturating_sub(head.len()))]);
        hash.update(&piece);
        out.write_all(&piece)?;
        size += piece.len() as u64;
    }
    Ok(Written { file: out.into_inner()?, size, sha256: hash.finalize().into(), head })
}

/// Finds out what bytes are, by how they begin. The name of a file says nothing that could be relied on.
fn mime_of(head: &[u8]) -> &'static str {
    match infer::get(head) {
        Some(kind) => kind.mime_type(),
        // A sign may be cut in two at the end.
        None if std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
            && !head.contains(&0)
            && !head.is_empty() =>
        {
            "text/plain"
        }
        None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bytes_are_is_read_from_them() {
        assert_eq!(mime_of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png");
        assert_eq!(mime_of(b"\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg");
        assert_eq!(mime_of(b"GIF89a"), "image/gif");
        assert_eq!(mime_of(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(mime_of("Grüße\n".as_bytes()), "text/plain");
        assert_eq!(mime_of(&"é".as_bytes()[..1]), "text/plain", "cut in two");
        assert_eq!(mime_of(b"\xfe\x01\x02"), "application/octet-stream");
        assert_eq!(mime_of(b"a\0b"), "application/octet-stream");
        assert_eq!(mime_of(b""), "application/octet-stream");
    }
}
