//! The form by which a browser sends files, read as it comes.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyDataStream;
use hyper::body::Incoming;
use hyper::{Request, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use proto::http::UploadQuery;
use proto::{ErrorReply, FileName, bounds};

use super::super::file::STALLED_MAX;
use crate::daemon::Daemon;
use crate::error::malformed;
use crate::files::ByteSource;
use crate::handler::link::OpenedLink;
use crate::handler::upload;

/// Bytes of a line of the form that is no file and no caption.
const OTHER_BYTES_MAX: u64 = 64;
/// Bytes that are read of what nobody wants any more. A browser shows no answer before it has sent all, and one that sends
/// more than these sees that the connection has ended.
const UNWANTED_BYTES_MAX: usize = 64 << 20;

/// Takes the files of a form, and sends them as one message. Tells how many they were.
pub(super) async fn receive(
    daemon: &Arc<Daemon>,
    opened: &OpenedLink,
    request: &mut Request<Incoming>,
) -> Result<usize, ErrorReply> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| malformed("the form is not one of this page"))?;
    let received = read(daemon, opened, request.body_mut(), boundary).await;
    if received.is_err() {
        drain(request.body_mut()).await;
    }
    received
}

async fn read(
    daemon: &Arc<Daemon>,
    opened: &OpenedLink,
    body: &mut Incoming,
    boundary: String,
) -> Result<usize, ErrorReply> {
    let caption_bytes = daemon.config().limits.message_bytes as u64;
    let limits = SizeLimit::new().for_field("caption", 2 * caption_bytes).for_field("keep_metadata", OTHER_BYTES_MAX);
    let limits = Constraints::new().size_limit(limits);
    let mut form = Multipart::with_constraints(BodyDataStream::new(body), boundary, limits);
    let (mut files, mut caption, mut keep_metadata) = (Vec::new(), String::new(), false);
    while let Some(field) = in_time(form.next_field()).await? {
        match field.name() {
            // Browsers end lines as letters do.
            Some("caption") => caption = in_time(field.text()).await?.replace("\r\n", "\n"),
            Some("keep_metadata") => keep_metadata = true,
            // Where none was chosen there is one without a name.
            Some("files") if field.file_name().is_some_and(|name| !name.is_empty()) => {
                if files.len() == bounds::FILES_MAX {
                    return Err(malformed(&format!("at most {} files go at once", bounds::FILES_MAX)));
                }
                let name = FileName::cleaned(field.file_name().unwrap_or_default());
                let query = UploadQuery { name: Some(name), keep_metadata: Some(keep_metadata) };
                files.push(upload::upload(daemon, &opened.who, query, FormFile(field)).await?.file.id);
            }
            _ => {}
        }
    }
    if files.is_empty() {
        return Err(malformed("no file was chosen"));
    }
    let count = files.len();
    opened.send(daemon, files, caption.trim()).await?;
    Ok(count)
}

/// A file in a form.
struct FormFile<'a>(Field<'a>);

impl ByteSource for FormFile<'_> {
    fn size(&self) -> Option<u64> {
        None
    }

    async fn next(&mut self) -> Result<Option<Bytes>, ErrorReply> {
        in_time(self.0.chunk()).await
    }
}

/// Waits for a part of a form.
async fn in_time<T>(part: impl Future<Output = multer::Result<T>>) -> Result<T, ErrorReply> {
    match tokio::time::timeout(STALLED_MAX, part).await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(multer::Error::FieldSizeExceeded { .. })) => Err(malformed("the caption is too long")),
        Ok(Err(_)) => Err(malformed("the form broke off")),
        Err(_) => Err(malformed("the form took too long")),
    }
}

/// Reads what nobody wants any more.
async fn drain(body: &mut Incoming) {
    use http_body_util::{BodyExt, Limited};

    let mut rest = Limited::new(body, UNWANTED_BYTES_MAX);
    while let Ok(Some(Ok(_))) = tokio::time::timeout(STALLED_MAX, rest.frame()).await {}
}
