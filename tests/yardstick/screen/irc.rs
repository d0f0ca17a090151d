//! The little of an IRC server that a client needs to join channels, see who is there and be spoken to (RFC 1459).

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::town::line;

/// Members that each channel has besides.
const MEMBERS: usize = 20;

/// The number of what is said after a join.
pub(super) const WELCOME: u64 = 0;

/// A server for the one client that came last.
pub(super) struct Irc {
    /// Where it listens.
    pub(super) port: u16,
    said: Rc<RefCell<UnboundedSender<String>>>,
}

impl Irc {
    /// Starts the server on a task of its own. After each join it says something in the channel.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let said = Rc::new(RefCell::new(unbounded_channel().0));
        let newest = said.clone();
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, says) = unbounded_channel();
                newest.replace(sender);
                tokio::task::spawn_local(serve(stream, says));
            }
        });
        Ok(Self { port, said })
    }

    /// Says something in a channel as somebody else.
    pub(super) fn says(&self, channel: &str, text: &str) -> Result<()> {
        self.said.borrow().send(spoken(channel, text)).ok().context("nobody is connected")
    }
}

fn spoken(channel: &str, text: &str) -> String {
    format!(":speaker!speaker@chat PRIVMSG {channel} :{text}\r\n")
}

async fn serve(stream: TcpStream, mut says: UnboundedReceiver<String>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines: Lines<BufReader<OwnedReadHalf>> = BufReader::new(read).lines();
    let mut nick = "*".to_owned();
    loop {
        tokio::select! {
            line = lines.next_line() => {
                let Some(line) = line? else { return Ok(()) };
                answer(&mut write, &mut nick, &line).await?;
            }
            Some(text) = says.recv() => write.write_all(text.as_bytes()).await?,
        }
    }
}

async fn answer(write: &mut OwnedWriteHalf, nick: &mut String, line: &str) -> Result<()> {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    let first = rest.split(' ').next().unwrap_or("").trim_start_matches(':');
    let reply = match command {
        "CAP" if first == "LS" => ":chat CAP * LS :\r\n".to_owned(),
        "NICK" => {
            first.clone_into(nick);
            String::new()
        }
        "USER" => format!(":chat 001 {nick} :Welcome\r\n:chat 422 {nick} :No message of the day\r\n"),
        "PING" => format!(":chat PONG chat :{first}\r\n"),
        "JOIN" => first.split(',').map(|channel| joined(nick, channel)).collect(),
        "MODE" if first.starts_with('#') => format!(":chat 324 {nick} {first} +n\r\n"),
        "WHO" => format!(":chat 315 {nick} {first} :End of WHO\r\n"),
        _ => String::new(),
    };
    Ok(write.write_all(reply.as_bytes()).await?)
}

fn joined(nick: &str, channel: &str) -> String {
    let name = channel.trim_start_matches('#');
    let others = (1..=MEMBERS).map(|number| format!("member{number}")).collect::<Vec<_>>().join(" ");
    format!(
        ":{nick}!{nick}@chat JOIN {channel}\r\n:chat 353 {nick} = {channel} :{nick} speaker {others}\r\n\
         :chat 366 {nick} {channel} :End of NAMES\r\n{}",
        spoken(channel, &line(WELCOME, name))
    )
}
