//! The form by which a browser sends files, read as it comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body_util::BodyDataStream;
use hyper::body::Incoming;
use hyper::{Request, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use proto::http::UploadQuery;
use proto::{Content, ErrorReply, FileId, FileName, bounds};

use super::super::file::STALLED_MAX;
use crate::daemon::Daemon;
use crate::error::malformed;
use crate::files::ByteSource;
use crate::handler::link::{LinkForm, OpenedLink};
use crate::store::FORM_MILLIS;

/// How long all of a form may take.
const FORM_MAX: Duration = Duration::from_millis(FORM_MILLIS.cast_unsigned());
/// Bytes of a line of the form that is no file and no caption.
const OTHER_BYTES_MAX: u64 = 64;
/// Parts of a form: its files, and what stands beside them.
const PARTS_MAX: usize = bounds::FILES_MAX + 6;
/// Bytes that come while no part has begun or gone on: the library keeps them, and looks through all of them each time.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Bytes that are read of what nobody wants any more. A browser shows no answer before it has sent all, and one that sends
/// more than these sees that the connection has ended.
const UNWANTED_BYTES_MAX: usize = 64 << 20;

/// Takes the files of a form, and sends them as one message. Tells how many they were. Nothing stays of one that is refused.
pub(super) async fn receive(
    daemon: &Arc<Daemon>,
    opened: &OpenedLink,
    request: &mut Request<Incoming>,
) -> Result<usize, ErrorReply> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| malformed("the form is not one of this page"))?;
    let received = match opened.begin_form(daemon).await {
        Ok(form) => {
            let mut files = Vec::new();
            let caption_bytes = daemon.config().limits.message_bytes as u64;
            let read = read(&form, request.body_mut(), boundary, caption_bytes, &mut files);
            let read =
                tokio::time::timeout(FORM_MAX, read).await.unwrap_or_else(|_| Err(malformed("the form took too long")));
            let sent = match read {
                Ok(caption) => form.send(files.clone(), caption).await.map(|_| files.len()),
                Err(refusal) => Err(refusal),
            };
            if sent.is_err() {
                form.give_up(files).await;
            }
            sent
        }
        Err(refusal) => Err(refusal),
    };
    if received.is_err() {
        drain(request.body_mut()).await;
    }
    received
}

/// Reads a form: its files are uploaded as they come, and its caption is given.
async fn read(
    form: &LinkForm<'_>,
    body: &mut Incoming,
    boundary: String,
    caption_bytes: u64,
    files: &mut Vec<FileId>,
) -> Result<Content, ErrorReply> {
    let limits = SizeLimit::new().for_field("caption", 2 * caption_bytes).for_field("keep_metadata", OTHER_BYTES_MAX);
    let limits = Constraints::new().allowed_fields(vec!["caption", "keep_metadata", "files"]).size_limit(limits);
    let waiting = Arc::<AtomicUsize>::default();
    let mut parts = Multipart::with_constraints(counted(body, waiting.clone()), boundary, limits);
    let (mut caption, mut keep_metadata, mut count) = (Content::beside_files(""), false, 0);
    while let Some(field) = in_time(parts.next_field()).await? {
        waiting.store(0, Ordering::Relaxed);
        count += 1;
        if count > PARTS_MAX {
            return Err(malformed("the form has too many parts"));
        }
        match field.name() {
            Some("caption") => {
                // Browsers end lines as letters do.
                let text = in_time(field.text()).await?.replace("\r\n", "\n");
                if text.len() as u64 > caption_bytes {
                    return Err(malformed("the caption is too long"));
                }
                caption = Content::beside_files(text.trim());
            }
            Some("keep_metadata") => keep_metadata = true,
            // Where none was chosen there is one without a name.
            Some("files") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                if files.len() == bounds::FILES_MAX {
                    return Err(malformed(&format!("at most {} files go at once", bounds::FILES_MAX)));
                }
                let name = FileName::cleaned(&as_chosen(field.file_name().unwrap_or_default()));
                let query = UploadQuery { name: Some(name), keep_metadata: Some(keep_metadata) };
                files.push(form.upload(query, FormFile(field, waiting.clone())).await?);
            }
            _ => {}
        }
    }
    if files.is_empty() {
        return Err(malformed("no file was chosen"));
    }
    caption.map_err(|error| malformed(&error.to_string()))
}

/// Gives a name as it was chosen: browsers write three signs of it as URLs do (HTML, "multipart/form-data").
fn as_chosen(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Counts the bytes that come, and ends where many came of which nothing could be taken.
fn counted(body: &mut Incoming, waiting: Arc<AtomicUsize>) -> impl Stream<Item = Result<Bytes, FormError>> + Send + '_ {
    BodyDataStream::new(body).map(move |piece| {
        let piece = piece.map_err(|_| FormError)?;
        let bytes = waiting.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        if bytes > HEAD_BYTES_MAX { Err(FormError) } else { Ok(piece) }
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the form broke off")]
struct FormError;

/// A file in a form, and what counts the bytes that wait.
struct FormFile<'a>(Field<'a>, Arc<AtomicUsize>);

impl ByteSource for FormFile<'_> {
    fn size(&self) -> Option<u64> {
        None
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ErrorReply> {
        let piece = in_time(self.0.chunk()).await?;
        self.1.store(0, Ordering::Relaxed);
        Ok(piece)
    }
}

/// Waits for a part of a form.
async fn in_time<T>(part: impl Future<Output = multer::Result<T>>) -> Result<T, ErrorReply> {
    match tokio::time::timeout(STALLED_MAX, part).await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(multer::Error::FieldSizeExceeded { field_name: Some(name), .. })) if name == "caption" => {
            Err(malformed("the caption is too long"))
        }
        Ok(Err(multer::Error::UnknownField { .. })) => Err(malformed("the form is not one of this page")),
        Ok(Err(_)) => Err(malformed("the form broke off")),
        Err(_) => Err(malformed("the form took too long")),
    }
}

/// Reads what nobody wants any more.
async fn drain(body: &mut Incoming) {
    use http_body_util::{BodyExt, Limited};

    let mut rest = Limited::new(body, UNWANTED_BYTES_MAX);
    let all = async { while let Ok(Some(Ok(_))) = tokio::time::timeout(STALLED_MAX, rest.frame()).await {} };
    let _ = tokio::time::timeout(2 * STALLED_MAX, all).await;
}
