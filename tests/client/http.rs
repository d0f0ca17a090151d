//! Just enough HTTP to come in as a guest: one connection, one request after the other.

use anyhow::{Context, Result, bail};
use proto::http::Call;
use proto::http::endpoints::{ComeAsGuest, Register};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A guest's handle and token.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The handle.
    pub handle: String,
    /// The token.
    pub token: String,
}

/// The password of every account.
pub const PASSWORD: &str = "a long password";
/// Requests that wait at once.
const AT_ONCE: usize = 64;

/// Lets so many guests come in.
pub async fn guests(address: &str, count: usize) -> Result<Vec<Guest>> {
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
pub async fn account(address: &str, handle: &str) -> Result<Guest> {
    let body = json!({"handle": handle, "password": PASSWORD});
    guest_of(&Http::open(address).await?.post(Register::PATH, &body).await?.1)
}

async fn some_guests(address: &str, count: usize) -> Result<Vec<Guest>> {
    let mut guests = Vec::with_capacity(count);
    let mut http = Http::open(address).await?;
    for _ in 0..count {
        guests.push(guest_of(&http.post(ComeAsGuest::PATH, &json!({})).await?.1)?);
    }
    Ok(guests)
}

fn guest_of(reply: &Value) -> Result<Guest> {
    let text = |field: &str| reply[field].as_str().map(str::to_owned).with_context(|| format!("no {field}: {reply}"));
    Ok(Guest { handle: text("handle")?, token: text("token")? })
}

/// A connection for one request after the other.
pub struct Http(TcpStream);

impl Http {
    /// Opens the connection.
    ///
    /// # Errors
    /// What the system said.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Posts a body and gives the status and the answer.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let body = body.to_string();
        let head = format!("POST {path} HTTP/1.1\r\nHost: chat\r\nContent-Length: {}\r\n\r\n", body.len());
        let (status, reply) = self.ask(&(head + &body)).await?;
        Ok((status, serde_json::from_slice(&reply)?))
    }

    /// Gets what stands at a path.
    pub async fn get(&mut self, path: &str, token: Option<&str>) -> Result<Vec<u8>> {
        let token = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
        let (status, reply) = self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{token}\r\n")).await?;
        if status != 200 {
            bail!("{path} gave {status}: {}", String::from_utf8_lossy(&reply));
        }
        Ok(reply)
    }

    async fn ask(&mut self, request: &str) -> Result<(u16, Vec<u8>)> {
        self.0.write_all(request.as_bytes()).await?;
        let mut reply = Vec::with_capacity(16_384);
        loop {
            if self.0.read_buf(&mut reply).await? == 0 {
                bail!("the daemon closed the connection");
            }
            let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(&reply[..end])?.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
            if reply.len() >= end + 4 + length.parse::<usize>()? {
                let status = head.get(9..12).context("no status")?.parse()?;
                return Ok((status, reply.split_off(end + 4)));
            }
        }
    }
}
