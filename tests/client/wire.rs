//! A WebSocket client that costs little: frames are found in large reads and looked at as bytes.

use anyhow::{Context, Result, bail};
use proto::http::WEB_SOCKET;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::http::Guest;

/// Bytes read at once.
const READ_BYTES: usize = 65_536;

/// Where frames come in.
pub struct Reader<R = OwnedReadHalf> {
    stream: R,
    buffer: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
}

/// Where frames go out.
pub struct Writer<W = OwnedWriteHalf> {
    stream: W,
    next_ref: u64,
}

/// Opens a WebSocket and says hello, with further fields.
pub async fn connect(address: &str, guest: &Guest, hello: Value) -> Result<(Reader, Writer)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    greet(read, write, guest, hello).await
}

/// The same over a stream that is open already, such as an encrypted one.
pub async fn connect_over<S: AsyncRead + AsyncWrite>(
    stream: S,
    guest: &Guest,
    hello: Value,
) -> Result<(Reader<ReadHalf<S>>, Writer<WriteHalf<S>>)> {
    let (read, write) = tokio::io::split(stream);
    greet(read, write, guest, hello).await
}

async fn greet<R, W>(mut read: R, mut write: W, guest: &Guest, mut hello: Value) -> Result<(Reader<R>, Writer<W>)>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let request = format!(
        "GET {WEB_SOCKET} HTTP/1.1\r\nHost: chat\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    write.write_all(request.as_bytes()).await?;
    write.flush().await?;
    let mut buffer = Vec::with_capacity(4_096);
    let head = loop {
        if read.read_buf(&mut buffer).await? == 0 {
            bail!("the daemon closed the connection");
        }
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    if !buffer.starts_with(b"HTTP/1.1 101") {
        bail!("no WebSocket: {}", String::from_utf8_lossy(&buffer));
    }
    let mut reader = Reader { stream: read, buffer, at: head };
    let mut writer = Writer { stream: write, next_ref: 1 };
    hello["token"] = guest.token.as_str().into();
    writer.ask(&mut reader, "hello", &hello).await?;
    Ok((reader, writer))
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// Sends a packet and gives its `ref`.
    pub async fn send(&mut self, type_name: &str, payload: &Value) -> Result<u64> {
        let reference = self.next_ref;
        self.next_ref += 1;
        let packet = json!({"type": type_name, "ref": reference, "payload": payload}).to_string();
        self.stream.write_all(&frame(packet.as_bytes(), true)).await?;
        self.stream.flush().await?;
        Ok(reference)
    }

    /// Sends a packet and waits for its `ok`; what comes before it is dropped.
    pub async fn ask<R: AsyncRead + Unpin>(
        &mut self,
        reader: &mut Reader<R>,
        type_name: &str,
        payload: &Value,
    ) -> Result<Value> {
        let reference = self.send(type_name, payload).await?;
        loop {
            let packet: Value = serde_json::from_slice(reader.next().await?)?;
            if packet["ref"] == reference {
                if packet["type"] != "ok" {
                    bail!("{type_name} was refused: {packet}");
                }
                return Ok(packet["payload"].clone());
            }
        }
    }
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// Gives the payload of the next text frame.
    pub async fn next(&mut self) -> Result<&[u8]> {
        loop {
            if let Some((start, end, opcode)) = self.found() {
                self.at = end;
                match opcode {
                    1 => return Ok(&self.buffer[start..end]),
                    8 => bail!("closed: {}", String::from_utf8_lossy(&self.buffer[start..end])),
                    _ => continue,
                }
            }
            self.fill().await?;
        }
    }

    /// Gives the payload of a text frame that is here already.
    pub fn ready(&mut self) -> Option<&[u8]> {
        while let Some((start, end, opcode)) = self.found() {
            self.at = end;
            if opcode == 1 {
                return Some(&self.buffer[start..end]);
            }
        }
        None
    }

    /// Waits until a packet of a type comes.
    pub async fn until(&mut self, type_name: &str) -> Result<Value> {
        loop {
            let packet: Value = serde_json::from_slice(self.next().await?)?;
            if packet["type"] == type_name {
                return Ok(packet);
            }
        }
    }

    /// Reads more bytes.
    pub async fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.reserve(READ_BYTES);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    fn found(&self) -> Option<(usize, usize, u8)> {
        let rest = &self.buffer[self.at..];
        let (&first, &second) = (rest.first()?, rest.get(1)?);
        let (head, length) = match second & 0x7f {
            126 => (4, usize::from(u16::from_be_bytes(rest.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(rest.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, usize::from(short)),
        };
        (rest.len() >= head + length).then_some((self.at + head, self.at + head + length, first & 0x0f))
    }
}

/// Writes a text frame, masked as clients must, with the mask that changes nothing.
pub fn frame(payload: &[u8], masked: bool) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut frame = vec![0x81];
    match payload.len() {
        short @ 0..126 => frame.push(mask | short as u8),
        middle @ 126..65_536 => {
            frame.push(mask | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(mask | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    if masked {
        frame.extend([0; 4]);
    }
    frame.extend(payload);
    frame
}

/// Finds a number behind a key such as `"index":` in a packet.
pub fn number(packet: &[u8], key: &[u8]) -> Option<u64> {
    let start = packet.windows(key.len()).position(|window| window == key)? + key.len();
    let digits = packet[start..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Tells whether a packet brings a message.
pub fn is_message(packet: &[u8]) -> bool {
    packet.starts_with(b"{\"type\":\"channel_message_add\"")
}

/// Joins a channel by name and gives its id.
pub async fn join(reader: &mut Reader, writer: &mut Writer, name: &str) -> Result<String> {
    let joined = writer.ask(reader, "channel_join", &json!({"name": name})).await?;
    joined["id"].as_str().map(str::to_owned).context("`ok` names the channel")
}
