//! Sending one message, once: a lost connection is tried again with the same nonce.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use proto::{ChannelId, Content, DeviceName, FileId, Index, MessageKind, NewMessage, SendMessage, Sent};

use super::arguments::Send;
use super::client::Client;
use super::enter::{Missing, enter};
use super::files::{attach, sources};
use super::output::Output;
use super::target::Named;
use crate::failure::Failure;
use crate::http::RequestError;
use crate::places::random_text;
use crate::session::Session;

/// Bytes read for one message: more than any daemon takes.
const INPUT_BYTES_MAX: u64 = 1_048_576;
/// Tries over a connection that is lost.
const TRIES: u32 = 5;
/// The wait before the second try; each further one doubles it.
const WAIT: Duration = Duration::from_millis(300);

/// Gives what is to be said: the argument, a file, or standard input without its last line end.
pub(super) fn content_to_send(send: &Send) -> Result<Content, Failure> {
    if !send.attach.is_empty() && send.text.is_none() && send.file.is_none() {
        return Ok(Content::beside_files("").expect("nothing holds no NUL"));
    }
    text_of(send.text.as_deref(), send.file.as_deref())
}

/// The same, of what stands behind any command that says something.
pub(super) fn text_of(text: Option<&str>, file: Option<&Path>) -> Result<Content, Failure> {
    let text = match (file, text) {
        (Some(path), _) => without_last_line_end(read(std::fs::File::open(path)?)?),
        (None, None | Some("-")) => without_last_line_end(read(std::io::stdin().lock())?),
        (None, Some(text)) => text.to_owned(),
    };
    Content::parse(&text).map_err(|error| Failure::Usage(error.to_string()))
}

fn read(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    input.take(INPUT_BYTES_MAX).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| Failure::Usage("the message is no UTF-8 text".to_owned()))
}

fn without_last_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// Sends the message and says where it stands.
pub(super) async fn send(session: &Session, device: &DeviceName, send: Send, content: &Content) -> Result<(), Failure> {
    let named = send.target.named()?;
    let nonce = random_text();
    let files = attach(session, &sources(&send.attach, send.keep_metadata)).await?;
    // Where it goes is settled once: by the second try a name may stand for another channel.
    let mut place = None;
    let mut wait = WAIT;
    for tries_left in (0..TRIES).rev() {
        match try_once(session, device, &named, &send, (content, &files), &nonce, &mut place).await {
            Err(Failure::Request(RequestError::Unreachable { .. })) if tries_left > 0 => {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
            Err(failure) => return Err(failure),
            Ok(_) if send.quiet => return Ok(()),
            Ok(sent) => return Output::new(send.json).print(&sent, || format!("sent as message {}", sent.index)),
        }
    }
    unreachable!("the last try returns")
}

async fn try_once(
    session: &Session,
    device: &DeviceName,
    named: &Named,
    send: &Send,
    (content, files): (&Content, &[FileId]),
    nonce: &str,
    place: &mut Option<ChannelId>,
) -> Result<Sent, Failure> {
    let mut client = Client::open(session, device).await?;
    let id = match *place {
        Some(id) => id,
        None => {
            // A slip in a name makes no channel, unless one is to be made.
            let missing = if send.create { Missing::IsMade } else { Missing::IsRefused };
            *place.insert(enter(session, &mut client, named, missing).await?)
        }
    };
    let message = NewMessage {
        content: content.clone(),
        nonce: nonce.parse().expect("letters and digits are a nonce"),
        kind: MessageKind::Text,
        reply_to: send.reply_to.map(Index::new),
        files: files.to_vec(),
    };
    client.ask(SendMessage { id, message }).await
}
