//! The bytes of files, on their way to the server and back: in pieces, however many there are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::{Response, StatusCode, header};
use proto::http::endpoints::{BeginUpload, EndUpload, FetchFile, FetchThumbnail, GoOnUploading, ReadUpload};
use proto::http::{NoQuery, UploadAnswer, UploadPartQuery, UploadWish};
use proto::{ErrorReply, FileId, FileName, Token, UploadId};
use tokio::sync::watch;
use tokio::time::timeout;

use super::RequestError;
use super::ask::{ask, ask_with_body, send_body, unreachable};
use crate::places::THUMBNAIL_BYTES_MAX;
use crate::session::Server;

/// Bytes that are read from a file at once.
const READ_AT_ONCE: u64 = 1 << 18;
/// Bytes of an answer that is no file.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// How long nothing may come.
const STALLED_MAX: Duration = Duration::from_secs(30);
/// How long a server may take no more of a part, and how long it may take to have all of it on its disk.
const STORING_MAX: Duration = Duration::from_secs(5 * 60);

const SILENT: &str = "nothing came for too long";

/// Why a part of a file was not sent.
#[derive(Debug)]
pub enum PartError {
    /// The file of this machine cannot be read.
    File(io::Error),
    /// The request failed.
    Request(RequestError),
}

impl From<RequestError> for PartError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

/// Begins an upload.
///
/// # Errors
/// See [`RequestError`].
pub async fn begin_upload(server: &Server, token: &Token, wish: &UploadWish) -> Result<UploadAnswer, RequestError> {
    ask_with_body(server, Some(token), &BeginUpload, wish).await
}

/// Asks how far an upload is.
///
/// # Errors
/// See [`RequestError`].
pub async fn read_upload(server: &Server, token: &Token, upload: &UploadId) -> Result<UploadAnswer, RequestError> {
    ask(server, token, &ReadUpload::of(upload), &NoQuery).await
}

/// Gives an upload up.
///
/// # Errors
/// See [`RequestError`].
pub async fn end_upload(server: &Server, token: &Token, upload: &UploadId) -> Result<(), RequestError> {
    ask(server, token, &EndUpload::of(upload), &NoQuery).await.map(drop)
}

/// Sends the rest of a file, from an offset on. `passed` hears how many bytes have gone on their way.
///
/// # Errors
/// See [`PartError`].
pub async fn send_rest(
    server: &Server,
    token: &Token,
    upload: &UploadId,
    mut file: File,
    offset: u64,
    passed: impl Fn(u64) + Send + Sync + 'static,
) -> Result<UploadAnswer, PartError> {
    file.seek(SeekFrom::Start(offset)).map_err(PartError::File)?;
    let (went_on, goes_on) = watch::channel(());
    let unreadable = Arc::new(Mutex::new(None));
    let found = unreadable.clone();
    let pieces = stream::try_unfold((file, offset), move |(file, at)| {
        passed(at);
        went_on.send_replace(());
        let found = found.clone();
        async move {
            let read = tokio::task::spawn_blocking(move || read_some(file)).await.map_err(io::Error::other).flatten();
            let (file, bytes) = read.map_err(|error| {
                let kind = error.kind();
                *found.lock().expect("nobody panics noting an error") = Some(error);
                io::Error::from(kind)
            })?;
            let next = at + bytes.len() as u64;
            Ok::<_, io::Error>((!bytes.is_empty()).then_some((Frame::data(bytes), (file, next))))
        }
    });
    let (query, endpoint) = (UploadPartQuery { offset: Some(offset) }, GoOnUploading::of(upload));
    let sent = tokio::select! {
        sent = send_body(server, token, &endpoint, &query, &[], StreamBody::new(pieces)) => sent,
        () = stalls(goes_on) => Err(unreachable(server, "it takes nothing more")),
    };
    if let Some(error) = unreadable.lock().expect("nobody panics noting an error").take() {
        return Err(PartError::File(error));
    }
    let sent = sent?;
    let granted = sent.status().is_success();
    let body = read_body(server, sent, ANSWER_BYTES_MAX).await?;
    if granted { Ok(read(server, &body)?) } else { Err(RequestError::Refused(read(server, &body)?).into()) }
}

/// Waits until nothing has gone on for too long.
async fn stalls(mut goes_on: watch::Receiver<()>) {
    loop {
        match timeout(STORING_MAX, goes_on.changed()).await {
            Ok(Ok(())) => {}
            // Everything is on its way, and the server has it to store.
            Ok(Err(_)) => return tokio::time::sleep(STORING_MAX).await,
            Err(_) => return,
        }
    }
}

fn read_some(mut file: File) -> io::Result<(File, Bytes)> {
    let mut bytes = Vec::with_capacity(READ_AT_ONCE as usize);
    (&mut file).take(READ_AT_ONCE).read_to_end(&mut bytes)?;
    Ok((file, bytes.into()))
}

async fn read_body(server: &Server, response: Response<Incoming>, bytes_max: usize) -> Result<Bytes, RequestError> {
    let (mut body, mut read) = (Limited::new(response.into_body(), bytes_max), BytesMut::new());
    while let Some(frame) = timeout(STALLED_MAX, body.frame()).await.map_err(|_| unreachable(server, SILENT))? {
        if let Ok(bytes) = frame.map_err(|error| unreachable(server, error))?.into_data() {
            read.extend_from_slice(&bytes);
        }
    }
    Ok(read.freeze())
}

fn read<T: serde::de::DeserializeOwned>(server: &Server, body: &[u8]) -> Result<T, RequestError> {
    serde_json::from_slice(body).map_err(|_| RequestError::Strange(server.to_string()))
}

/// Fetches a small form of a picture.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_thumbnail(server: &Server, token: &Token, file: &FileId) -> Result<Bytes, RequestError> {
    let endpoint = FetchThumbnail::of(file);
    let asking = send_body(server, token, &endpoint, &NoQuery, &[], Full::<Bytes>::default());
    whole(server, asking, THUMBNAIL_BYTES_MAX).await
}

/// Fetches a file at once that has at most so many bytes.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_whole(
    server: &Server,
    token: &Token,
    file: &FileId,
    bytes_max: usize,
) -> Result<Bytes, RequestError> {
    let endpoint = FetchFile::of(file);
    let asking = send_body(server, token, &endpoint, &NoQuery, &[], Full::<Bytes>::default());
    whole(server, asking, bytes_max).await
}

async fn whole(
    server: &Server,
    asking: impl Future<Output = Result<Response<Incoming>, RequestError>>,
    bytes_max: usize,
) -> Result<Bytes, RequestError> {
    let response = timeout(STALLED_MAX, asking).await.map_err(|_| unreachable(server, SILENT))??;
    let granted = response.status().is_success();
    let body = read_body(server, response, bytes_max).await?;
    if granted { Ok(body) } else { Err(RequestError::Refused(read::<ErrorReply>(server, &body)?)) }
}

/// A file that comes.
pub struct IncomingFile {
    server: String,
    response: Response<Incoming>,
    /// Where what comes begins: 0 when all of it does.
    pub offset: u64,
    /// How many bytes the file has as a whole.
    pub size: u64,
    /// What it is called.
    pub name: FileName,
    /// What tells it apart from another one under the same id.
    pub tag: String,
}

/// Asks for a file, or for what is behind the bytes of one that are here already.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_file(
    server: &Server,
    token: &Token,
    file: &FileId,
    known: Option<(u64, &str)>,
) -> Result<IncomingFile, RequestError> {
    let range = known.map(|(offset, tag)| (format!("bytes={offset}-"), tag.to_owned()));
    let headers = match &range {
        Some((range, tag)) => vec![(header::RANGE, range.as_str()), (header::IF_RANGE, tag.as_str())],
        None => Vec::new(),
    };
    let endpoint = FetchFile::of(file);
    let asking = send_body(server, token, &endpoint, &NoQuery, &headers, Full::<Bytes>::default());
    let response = timeout(STALLED_MAX, asking).await.map_err(|_| unreachable(server, SILENT))??;
    let text = |name| response.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    let strange = || RequestError::Strange(server.to_string());
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let (offset, size) = match (response.status(), known) {
        (StatusCode::OK, _) => (0, length.ok_or_else(strange)?),
        (StatusCode::PARTIAL_CONTENT, Some((offset, _))) => (offset, offset + length.ok_or_else(strange)?),
        // All of it is here.
        (StatusCode::RANGE_NOT_SATISFIABLE, Some((offset, _))) => (offset, offset),
        _ => {
            let body = read_body(server, response, ANSWER_BYTES_MAX).await?;
            return Err(RequestError::Refused(read::<ErrorReply>(server, &body)?));
        }
    };
    let name = text(header::CONTENT_DISPOSITION).and_then(name_in).unwrap_or_else(|| FileName::cleaned(""));
    let tag = text(header::ETAG).unwrap_or_default().to_owned();
    Ok(IncomingFile { server: server.to_string(), response, offset, size, name, tag })
}

impl IncomingFile {
    /// Waits for some more bytes; none when all are here.
    ///
    /// # Errors
    /// That the connection ended, or that nothing came for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, RequestError> {
        let broken = |reason: String| RequestError::Unreachable { server: self.server.clone(), reason };
        loop {
            match timeout(STALLED_MAX, self.response.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Ok(Some(Err(error))) => return Err(broken(error.to_string())),
                Err(_) => return Err(broken(SILENT.to_owned())),
            }
        }
    }
}

/// Reads the name out of a `Content-Disposition` (RFC 8187), and cleans it: it is the server's word.
fn name_in(disposition: &str) -> Option<FileName> {
    let (_, encoded) = disposition.split_once("filename*=UTF-8''")?;
    let encoded = encoded.split(';').next()?.trim();
    // The same signs as in a query, but that a plus is one.
    let decoded = form_urlencoded::parse(encoded.replace('+', "%2B").as_bytes()).next()?.0.into_owned();
    Some(FileName::cleaned(&decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_cleaned() {
        let name = |text| name_in(text).map(|name| name.to_string());
        assert_eq!(
            name("inline; filename=\"x\"; filename*=UTF-8''Gr%C3%BC%20a%2Bb%3D1%26.pdf").as_deref(),
            Some("Grü a+b=1&.pdf")
        );
        assert_eq!(name("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd").as_deref(), Some("passwd"));
        assert_eq!(name("attachment; filename=\"only\""), None);
    }
}
