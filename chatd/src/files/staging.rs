//! Bytes on their way to the disk: a thread writes and hashes them while more come.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use bytes::Bytes;
use picture::Format;
use proto::ErrorReply;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Files, UPLOADS};
use crate::secret::{make_folder, open_own};
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
    /// What they say to be, if that is a picture.
    pub(crate) picture: Option<Format>,
    /// Nobody writes to the file before it is where it stays.
    _file: File,
}

/// Bytes that are being written.
pub(crate) struct Staging {
    upload: UploadKey,
    path: PathBuf,
    /// Where what is written now begins.
    offset: u64,
    pieces: mpsc::Sender<Bytes>,
    /// None once it has said what went wrong.
    writing: Option<JoinHandle<io::Result<Written>>>,
}

/// What the thread has written. Nobody else writes to the file as long as it is open.
struct Written {
    file: File,
    summary: Summary,
}

/// What is known of bytes that were read or written from their beginning.
#[derive(Default)]
struct Summary {
    hash: Sha256,
    size: u64,
    head: Vec<u8>,
}

impl Summary {
    fn add(&mut self, piece: &[u8]) {
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
        self.hash.update(piece);
        self.size += piece.len() as u64;
    }
}

impl Files {
    /// Begins to write the bytes of an upload behind those that are there.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidInput`] when there are more or fewer of them, [`io::ErrorKind::ResourceBusy`] when somebody else
    /// writes to it.
    pub(crate) fn stage(&self, upload: UploadKey, offset: u64) -> io::Result<Staging> {
        make_folder(&self.folder.join(UPLOADS))?;
        let path = self.staged_path(upload);
        let file = open_own(&path)?;
        lock_alone(&file)?;
        if file.metadata()?.len() != offset {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Staging::begin(upload, path, file, offset))
    }

    /// Counts the bytes of an upload that are there.
    pub(crate) fn staged_bytes(&self, upload: UploadKey) -> io::Result<u64> {
        match std::fs::metadata(self.staged_path(upload)) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Keeps everybody else from writing to an upload, or deleting it, as long as the file is open.
pub(super) fn lock_alone(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Staging {
    fn begin(upload: UploadKey, path: PathBuf, file: File, offset: u64) -> Self {
        let (pieces, waiting) = mpsc::channel(WAITING_MAX);
        let writing = tokio::task::spawn_blocking(move || write(file, offset == 0, waiting));
        Self { upload, path, offset, pieces, writing: Some(writing) }
    }

    /// Hands some more bytes over.
    ///
    /// # Errors
    /// What the disk said of those before.
    pub(crate) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        // The thread has ended, which it only does by itself when the disk has failed.
        let failed = match self.writing.take() {
            Some(writing) => writing.await.map_err(io::Error::other)?.err(),
            None => None,
        };
        Err(failed.unwrap_or_else(|| io::Error::other("the upload was closed")))
    }

    /// Waits until what came is written. The rest comes another time.
    ///
    /// # Errors
    /// What the disk said, unless [`Self::write`] gave that.
    pub(crate) async fn pause(self) -> io::Result<()> {
        drop(self.pieces);
        match self.writing {
            Some(writing) => writing.await.map_err(io::Error::other)?.map(drop),
            None => Ok(()),
        }
    }

    /// Waits until everything is on the disk.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn finish(self) -> io::Result<Staged> {
        let Self { upload, path, offset, pieces, writing } = self;
        drop(pieces);
        let writing = writing.ok_or_else(|| io::Error::other("the upload was closed"))?;
        let Written { file, summary } = writing.await.map_err(io::Error::other)??;
        let on_disk = super::blocking(move || {
            file.sync_all()?;
            // What came in other requests was hashed by none of them.
            let summary = if offset == 0 { summary } else { summary_of(&mut File::open(path)?)? };
            Ok((file, summary))
        });
        let (file, Summary { hash, size, head }) = on_disk.await?;
        let (mime, picture) = (mime_of(&head), Format::claimed(&head));
        Ok(Staged { upload, size, sha256: hash.finalize().into(), mime, picture, _file: file })
    }
}

fn write(file: File, from_the_beginning: bool, mut pieces: mpsc::Receiver<Bytes>) -> io::Result<Written> {
    let mut out = io::BufWriter::with_capacity(WRITTEN_AT_ONCE, file);
    let mut summary = Summary::default();
    while let Some(piece) = pieces.blocking_recv() {
        if from_the_beginning {
            summary.add(&piece);
        }
        out.write_all(&piece)?;
    }
    Ok(Written { file: out.into_inner()?, summary })
}

fn summary_of(file: &mut File) -> io::Result<Summary> {
    let (mut summary, mut part) = (Summary::default(), vec![0; WRITTEN_AT_ONCE]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(summary),
            read => summary.add(&part[..read]),
        }
    }
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

    #[tokio::test]
    async fn a_full_disk_is_told_once_and_the_upload_can_be_ended() {
        let full = || File::options().write(true).open("/dev/full").expect("Linux has a disk that is full");
        let id = "0000000000001".parse().expect("it is an id");
        let upload = UploadKey::of(&id).expect("it could be ours");
        for written_before in [0, 4] {
            let mut staging = Staging::begin(upload, PathBuf::new(), full(), written_before);
            let failed = loop {
                if let Err(error) = staging.write(Bytes::from(vec![7; WRITTEN_AT_ONCE])).await {
                    break error;
                }
            };
            assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
            if written_before == 0 {
                assert!(staging.finish().await.is_err(), "not all is there");
            } else {
                staging.pause().await.expect("it was told");
            }
        }
    }

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
