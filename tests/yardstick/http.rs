//! Just enough HTTP to come in as a guest: one connection, one request after the other.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A guest's handle and token.
#[derive(Debug, Clone)]
pub(crate) struct Guest {
    pub(crate) handle: String,
    pub(crate) token: String,
}

/// Requests that wait at once.
const AT_ONCE: usize = 64;

/// Lets so many guests come in.
pub(crate) async fn guests(address: &str, count: usize) -> Result<Vec<Guest>> {
    let mut tasks = Vec::new();
    for part in 0..AT_ONCE {
        let share = count / AT_ONCE + usize::from(part < count % AT_ONCE);
        let address = address.to_owned();
        tasks.push(tokio::task::spawn_local(async move { some_guests(&address, share).await }));
    }
    let mut all = Vec::with_capacity(count);
    for task in tasks {
        all.extend(task.await??);
    }
    Ok(all)
}

/// Signs an account up, which a direct conversation needs.
pub(crate) async fn account(address: &str, handle: &str) -> Result<Guest> {
    let body = format!("{{\"handle\":\"{handle}\",\"password\":\"a long password\"}}");
    let mut stream = TcpStream::connect(address).await?;
    guest_of(&post(&mut stream, "/v1/register", &body).await?)
}

async fn some_guests(address: &str, count: usize) -> Result<Vec<Guest>> {
    let mut guests = Vec::with_capacity(count);
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..count {
        guests.push(guest_of(&post(&mut stream, "/v1/guest", "{}").await?)?);
    }
    Ok(guests)
}

fn guest_of(reply: &Value) -> Result<Guest> {
    let text = |field: &str| reply[field].as_str().map(str::to_owned).with_context(|| format!("no {field}: {reply}"));
    Ok(Guest { handle: text("handle")?, token: text("token")? })
}

async fn post(stream: &mut TcpStream, path: &str, body: &str) -> Result<Value> {
    let request = format!("POST {path} HTTP/1.1\r\nHost: chat\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await?;
    let mut reply = Vec::new();
    loop {
        if stream.read_buf(&mut reply).await? == 0 {
            bail!("the daemon closed the connection");
        }
        let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&reply[..end])?.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
        if reply.len() >= end + 4 + length.parse::<usize>()? {
            return Ok(serde_json::from_slice(&reply[end + 4..])?);
        }
    }
}
