//! `admin.sock`: one request and one reply a connection, each a line of JSON. The socket lies in the
//! data folder and only its owner may connect, who could read the store as well.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proto::{ErrorCode, ErrorReply};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{AdminReply, Request, perform};
use crate::daemon::Daemon;

/// The name of the socket in the data folder.
pub const SOCKET_FILE: &str = "admin.sock";
/// Bytes of a request.
const REQUEST_BYTES_MAX: u64 = 16_384;
/// How long a request may take to arrive, and a reply to be taken.
const LINE_MAX: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
#[serde(tag = "status", content = "reply", rename_all = "snake_case")]
enum Answer {
    Ok(AdminReply),
    Error(ErrorReply),
}

/// Asks the daemon that holds a data folder; `None` when none does.
///
/// # Errors
/// What the daemon refused, or why it could not be asked.
pub async fn ask(folder: &Path, request: &Request) -> io::Result<Option<Result<AdminReply, ErrorReply>>> {
    let stream = match UnixStream::connect(folder.join(SOCKET_FILE)).await {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut stream = BufReader::new(stream);
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    match serde_json::from_str(&answer)? {
        Answer::Ok(reply) => Ok(Some(Ok(reply))),
        Answer::Error(refusal) => Ok(Some(Err(refusal))),
    }
}

/// Answers one connection.
pub(crate) async fn serve_operator(stream: UnixStream, daemon: Arc<Daemon>) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    let mut limited = (&mut stream).take(REQUEST_BYTES_MAX);
    let read = tokio::time::timeout(LINE_MAX, limited.read_until(b'\n', &mut line));
    if !matches!(read.await, Ok(Ok(1..))) {
        return;
    }
    let answer = match serde_json::from_slice::<Request>(&line) {
        Ok(request) => match perform(&daemon, request).await {
            Ok(reply) => Answer::Ok(reply),
            Err(refusal) => Answer::Error(refusal),
        },
        Err(error) => Answer::Error(ErrorReply::new(ErrorCode::Malformed, format!("not a request: {error}"))),
    };
    let mut line = serde_json::to_vec(&answer).expect("answers are texts, numbers and lists");
    line.push(b'\n');
    // The client may have gone.
    let _ = tokio::time::timeout(LINE_MAX, stream.write_all(&line)).await;
}
