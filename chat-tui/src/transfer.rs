//! Files between this machine and the server, also over connections that break: an upload goes on where it was, a download
//! asks for what is missing.

mod download;
mod speed;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proto::http::{UploadAnswer, UploadWish};
use proto::{ErrorCode, FileInfo, FileName};
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::core::attachment::{Passed, SourceFile};
use crate::http::{self, PartError, RequestError};
use crate::session::Session;
pub use download::{Downloaded, download, download_folder};
pub use speed::Speed;

/// How long a server may be away before a transfer is given up.
const AWAY_MAX: Duration = Duration::from_secs(10 * 60);

/// Why a file was not transferred.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A file of this machine cannot be used.
    #[error("cannot use `{}`: {}", path.display(), http::in_words(source))]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no file that can be sent.
    #[error("`{}` is not a file", .0.display())]
    NotAFile(PathBuf),
    /// It is another one by now than when the upload began.
    #[error("`{}` has changed meanwhile", .0.display())]
    Changed(PathBuf),
    /// What came is not what was sent.
    #[error("the file came damaged: its SHA-256 is another")]
    Damaged,
    /// A request failed.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl TransferError {
    fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Tries again what needs a connection, for as long as one is patient: ten minutes without any going on.
#[derive(Default)]
pub struct Retrying {
    backoff: Backoff,
    failing_since: Option<Instant>,
    /// Whether a server that was never reached is no reason to wait.
    wants_answer: bool,
}

impl Retrying {
    /// Waits for a server only once it has answered: whoever names the wrong one hears so at once.
    pub fn once_answered() -> Self {
        Self { wants_answer: true, ..Self::default() }
    }

    /// Notes that something went on.
    fn renew(&mut self) {
        *self = Self::default();
    }

    /// Waits before the next try after a failure that may be over then, and gives any other.
    async fn after(&mut self, error: RequestError) -> Result<(), RequestError> {
        let asked = match &error {
            RequestError::Unreachable { .. } if self.wants_answer => return Err(error),
            RequestError::Unreachable { .. } => None,
            RequestError::Refused(refusal) if refusal.code == ErrorCode::RateLimited => refusal.retry_after_ms,
            _ => return Err(error),
        };
        if self.failing_since.get_or_insert_with(Instant::now).elapsed() >= AWAY_MAX {
            return Err(error);
        }
        let wait = asked.map_or_else(|| self.backoff.next_wait(), Duration::from_millis);
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

/// Opens a file that is to be sent, and gives its size.
///
/// # Errors
/// [`TransferError::NotAFile`] for folders, pipes and devices; what the system said.
pub fn open_to_send(path: &Path) -> Result<(File, u64), TransferError> {
    let failed = TransferError::of(path);
    let opened = || {
        // Nothing that a pipe could hold up.
        let file = crate::places::open_without_waiting(path)?;
        let found = file.metadata()?;
        Ok(found.is_file().then_some((file, found.len())))
    };
    opened().map_err(failed)?.ok_or_else(|| TransferError::NotAFile(path.to_owned()))
}

/// Uploads a file; it is the asker's alone until it is in a message.
///
/// # Errors
/// See [`TransferError`]; nothing stays at the server then.
pub async fn upload(
    session: &Session,
    source: &SourceFile,
    mut retrying: Retrying,
    progress: impl Fn(Passed) + Clone + Send + Sync + 'static,
) -> Result<FileInfo, TransferError> {
    let SourceFile { path, keep_metadata } = source;
    let (_, size) = open_to_send(path)?;
    let name = FileName::cleaned(&path.file_name().unwrap_or_default().to_string_lossy());
    let (server, token) = (&session.server, &session.token);
    let wish = UploadWish { name, size, keep_metadata: *keep_metadata };
    let id = loop {
        match http::begin_upload(server, token, &wish).await {
            Ok(begun) => break begun.upload.id,
            Err(error) => retrying.after(error).await?,
        }
    };
    retrying.renew();
    let mut unfinished = Unfinished(Some((session.clone(), id)));
    let sent = send_all(session, &id, path, size, retrying, progress).await;
    match &sent {
        Ok(_) => unfinished.0 = None,
        Err(_) => unfinished.end().await,
    }
    sent
}

/// An upload that is given up at the server too when it ends here, also when nobody waits for it any more. What came of it
/// would go by itself after a day.
struct Unfinished(Option<(Session, proto::UploadId)>);

impl Unfinished {
    async fn end(&mut self) {
        if let Some((session, id)) = self.0.take() {
            let _ = http::end_upload(&session.server, &session.token, &id).await;
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(ended) = self.0.take() else { return };
        tokio::spawn(async move { Self(Some(ended)).end().await });
    }
}

async fn send_all(
    session: &Session,
    id: &proto::UploadId,
    path: &Path,
    size: u64,
    mut retrying: Retrying,
    progress: impl Fn(Passed) + Clone + Send + Sync + 'static,
) -> Result<FileInfo, TransferError> {
    let (server, token) = (&session.server, &session.token);
    let mut offset = 0;
    loop {
        let (file, now) = open_to_send(path)?;
        if now != size {
            return Err(TransferError::Changed(path.to_owned()));
        }
        let tell = progress.clone();
        let passed = move |done| tell(Passed { done, total: size, ..Passed::default() });
        let answer = match http::send_rest(server, token, id, file, offset, passed).await {
            Ok(answer) => answer,
            Err(PartError::File(source)) => return Err(TransferError::of(path)(source)),
            Err(PartError::Request(error)) => match where_it_is(session, id, offset, &mut retrying, error).await? {
                Some(answer) => answer,
                None => continue,
            },
        };
        if let Some(file) = answer.file {
            progress(Passed { done: size, total: size, ..Passed::default() });
            return Ok(file);
        }
        if answer.upload.offset > offset {
            retrying.renew();
        }
        offset = answer.upload.offset;
    }
}

/// Asks how far an upload is after a part of it failed; none when there is no answer either.
async fn where_it_is(
    session: &Session,
    id: &proto::UploadId,
    offset: u64,
    retrying: &mut Retrying,
    error: RequestError,
) -> Result<Option<UploadAnswer>, RequestError> {
    // A part that was taken for lost may have come after it was asked how far the upload is.
    let misplaced = matches!(&error, RequestError::Refused(refusal) if refusal.code == ErrorCode::Malformed);
    let refused = if misplaced {
        Some(error)
    } else {
        retrying.after(error).await?;
        None
    };
    match (http::read_upload(&session.server, &session.token, id).await, refused) {
        (Ok(answer), Some(error)) if answer.file.is_none() && answer.upload.offset == offset => Err(error),
        (Ok(answer), _) => Ok(Some(answer)),
        (Err(error), _) => retrying.after(error).await.map(|()| None),
    }
}
