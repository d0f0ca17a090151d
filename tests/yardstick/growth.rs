//! How the daemon grows with its store: worlds of ever more accounts, each in ten channels, and what starting and the
//! requests of a client cost in them.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use tests::client::http::{Guest, Http, account};
use tests::client::wire::{Reader, Writer, connect, join};

/// Channels that each account is in.
const CHANNELS_EACH: u64 = 10;
/// One in so many channels is public: the daemon makes no more of them than its limit.
const PUBLIC_EVERY: u64 = 3;
/// Members of the large channel, at most.
const TOWN: u64 = 49_000;
/// Channels of the account that is in very many.
const MANY: u64 = 1_000;
/// Times that each thing is done; the median is shown.
const TIMES: usize = 5;
/// How long the daemon may settle before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);

/// Worlds of different sizes.
#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// Accounts of each world; a tenth as many channels, ten times as many memberships
    #[arg(long, value_delimiter = ',', default_values_t = [20_000, 100_000, 400_000, 1_000_000])]
    accounts: Vec<u64>,
}

impl Growth {
    pub(crate) async fn run(self) -> Result<()> {
        println!("| accounts | what | ms | CPU ms | KiB |");
        println!("| --- | --- | --- | --- | --- |");
        for accounts in self.accounts {
            measure(accounts).await?;
        }
        Ok(())
    }
}

/// The people who ask.
struct People {
    /// In ten channels.
    one: Guest,
    /// In very many.
    many: Guest,
    /// Owns the large channel.
    owner: Guest,
}

async fn measure(accounts: u64) -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let people = People {
        one: account(&daemon.address, "one").await?,
        many: account(&daemon.address, "many").await?,
        owner: account(&daemon.address, "keeper").await?,
    };
    let (mut reader, mut writer) = connect(&daemon.address, &people.owner, json!({"history": 0})).await?;
    let town = join(&mut reader, &mut writer, "town").await?;
    drop((reader, writer));
    daemon.kill().await?;
    fill(daemon.folder(), accounts)?;

    let mut starts = Vec::new();
    for _ in 0..TIMES {
        starts.push(daemon.restart().await?);
    }
    starts.sort_unstable();
    tokio::time::sleep(SETTLE).await;
    let row = |what: &str, took: Duration, cpu: Duration, kib: u64| {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        println!("| {accounts} | {what} | {:.1} | {:.1} | {kib} |", millis(took), millis(cpu));
    };
    row("start; memory then", starts[TIMES / 2], daemon.cpu()?, daemon.resident_kib()?);

    let costs = Costs { daemon: &daemon, row: &row };
    let one = &people.one;
    costs.median("hello of somebody in ten channels", async || greeting(&daemon, one, json!({})).await).await?;
    let versions = versions(&daemon, &people.many).await?;
    let all = versions.as_object().map_or(0, serde_json::Map::len);
    for (what, hello) in [
        ("hello of somebody in 1,000 channels, no messages", json!({"history": 0})),
        ("the same without members", json!({"history": 0, "members": 0})),
        ("resume of 1,000 channels, nothing new", json!({"history": 0, "resume": versions})),
        ("the same without members", json!({"history": 0, "members": 0, "resume": versions})),
    ] {
        let many = &people.many;
        costs.median(what, async || pictures(&daemon, many, hello.clone(), all).await).await?;
    }
    let path = "/v1/channels?limit=0";
    costs.median("own channels", async || Ok(get(&daemon, one, path).await?.len() as u64)).await?;
    let path = "/v1/channels?limit=200";
    costs.median("a page of public channels", async || Ok(get(&daemon, one, path).await?.len() as u64)).await?;
    large_channel(&costs, &people, &town).await
}

/// Measures what is done with a channel of very many members.
async fn large_channel<R: Fn(&str, Duration, Duration, u64)>(
    costs: &Costs<'_, R>,
    people: &People,
    town: &str,
) -> Result<()> {
    let daemon = costs.daemon;
    let hello = json!({"history": 0, "members": 0});
    let (mut reader, mut writer) = connect(&daemon.address, &people.one, hello).await?;
    let what = "joining the large channel, and leaving it";
    costs
        .median(what, async || {
            join(&mut reader, &mut writer, "town").await?;
            writer.ask(&mut reader, "channel_leave", &json!({"id": town})).await?;
            Ok(0)
        })
        .await?;
    join(&mut reader, &mut writer, "town").await?;
    costs.once("all its members, page by page", async || members(&mut reader, &mut writer, town).await).await?;
    drop((reader, writer));
    let longest = while_deleting(daemon, people, town).await?;
    (costs.row)("longest answer to somebody who talks while it is deleted", longest, Duration::ZERO, 0);
    costs
        .once("figures", async || Ok(Http::open(&daemon.address).await?.get("/metrics", None).await?.len() as u64))
        .await
}

/// Notes what something costs.
struct Costs<'a, R> {
    daemon: &'a Daemon,
    row: R,
}

impl<R: Fn(&str, Duration, Duration, u64)> Costs<'_, R> {
    /// Does it several times and shows the median of each figure; it gives the bytes that came.
    async fn median(&self, what: &str, mut done: impl AsyncFnMut() -> Result<u64>) -> Result<()> {
        let (mut times, mut cpus, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..TIMES {
            let (began, cpu) = (Instant::now(), self.daemon.cpu()?);
            bytes = done().await?;
            times.push(began.elapsed());
            cpus.push(self.daemon.cpu()?.saturating_sub(cpu));
        }
        times.sort_unstable();
        cpus.sort_unstable();
        (self.row)(what, times[TIMES / 2], cpus[TIMES / 2], bytes / 1_024);
        Ok(())
    }

    async fn once(&self, what: &str, done: impl AsyncFnOnce() -> Result<u64>) -> Result<()> {
        let (began, cpu) = (Instant::now(), self.daemon.cpu()?);
        let bytes = done().await?;
        (self.row)(what, began.elapsed(), self.daemon.cpu()?.saturating_sub(cpu), bytes / 1_024);
        Ok(())
    }
}

async fn get(daemon: &Daemon, who: &Guest, path: &str) -> Result<Vec<u8>> {
    Http::open(&daemon.address).await?.get(path, Some(&who.token)).await
}

/// Connects and reads all that comes until it is over; gives the bytes.
async fn greeting(daemon: &Daemon, who: &Guest, hello: Value) -> Result<u64> {
    pictures(daemon, who, hello, CHANNELS_EACH as usize).await
}

/// Connects, and reads until so many channels were shown; gives the bytes.
async fn pictures(daemon: &Daemon, who: &Guest, hello: Value, channels: usize) -> Result<u64> {
    let (mut reader, _writer) = connect(&daemon.address, who, hello).await?;
    let (mut bytes, mut shown) = (0, 0);
    while shown < channels {
        let packet = reader.next().await?;
        bytes += packet.len() as u64;
        shown += usize::from(
            packet.starts_with(br#"{"type":"channel_add""#) || packet.starts_with(br#"{"type":"channel_resume""#),
        );
    }
    Ok(bytes)
}

/// Gives the version of each channel, as `resume` takes it.
async fn versions(daemon: &Daemon, who: &Guest) -> Result<Value> {
    let listed: Value = serde_json::from_slice(&get(daemon, who, "/v1/channels?limit=0").await?)?;
    let count = listed["channels"].as_array().context("channels are a list")?.len();
    let (mut reader, _writer) = connect(&daemon.address, who, json!({"history": 0})).await?;
    let mut versions = serde_json::Map::new();
    while versions.len() < count {
        let shown = reader.until("channel_add").await?;
        let id = shown["payload"]["id"].as_str().context("a channel has an id")?;
        versions.insert(id.to_owned(), shown["payload"]["version"].clone());
    }
    Ok(versions.into())
}

/// Reads all members of a channel; gives the bytes, nearly.
async fn members(reader: &mut Reader, writer: &mut Writer, channel: &str) -> Result<u64> {
    let (mut bytes, mut after) = (0, Value::Null);
    loop {
        let page = writer.ask(reader, "channel_members", &json!({"id": channel, "after": after})).await?;
        bytes += page.to_string().len() as u64;
        let members = page["members"].as_array().context("members are a list")?;
        if page["more"] != true {
            return Ok(bytes);
        }
        after = members.last().context("a page with more is not empty")?["handle"].clone();
    }
}

/// Deletes a channel while somebody talks elsewhere, one message after the other; gives how long the longest of them took.
async fn while_deleting(daemon: &Daemon, people: &People, town: &str) -> Result<Duration> {
    let (mut reader, mut writer) = connect(&daemon.address, &people.one, json!({"history": 0})).await?;
    let talk = join(&mut reader, &mut writer, "talk").await?;
    let is_over = Rc::new(Cell::new(false));
    let over = is_over.clone();
    let talking = tokio::task::spawn_local(async move {
        let (mut longest, mut nonce) = (Duration::ZERO, 0_u64);
        while !over.get() {
            let began = Instant::now();
            nonce += 1;
            let message = json!({"id": talk, "message": {"content": "hello", "nonce": nonce.to_string()}});
            writer.ask(&mut reader, "channel_message_add", &message).await?;
            longest = longest.max(began.elapsed());
        }
        anyhow::Ok(longest)
    });
    let (mut reader, mut writer) = connect(&daemon.address, &people.owner, json!({"history": 0})).await?;
    writer.ask(&mut reader, "channel_delete", &json!({"id": town})).await?;
    tokio::time::sleep(SETTLE).await;
    is_over.set(true);
    talking.await?
}

/// Writes a world into the store of a daemon that does not run.
fn fill(folder: &Path, accounts: u64) -> Result<()> {
    let mut connection = Connection::open(folder.join("chatd.db"))?;
    connection.pragma_update(None, "cache_size", -2_000_000)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    let id = |handle: &str| -> Result<u64> {
        Ok(connection.query_row("SELECT id FROM user WHERE handle = ?1", [handle], |row| row.get(0))?)
    };
    let (one, many) = (id("one")?, id("many")?);
    let town: u64 = connection.query_row("SELECT id FROM channel WHERE name = 'town'", [], |row| row.get(0))?;
    let channels = (accounts / CHANNELS_EACH).max(MANY);
    let (user, channel) = (|number: u64| 1_000 + number, |number: u64| 1_000_000_000 + number);
    let transaction = connection.transaction()?;
    let mut account = transaction.prepare("INSERT INTO user (id, handle, created) VALUES (?1, ?2, 1)")?;
    for number in 0..accounts {
        account.execute(params![user(number), format!("user{number}")])?;
    }
    drop(account);
    let mut made = transaction.prepare(
        "INSERT INTO channel (id, kind, name, owner, creator, created, version) VALUES (?1, ?4, ?2, ?3, ?3, 1, 1)",
    )?;
    let mut member =
        transaction.prepare("INSERT INTO member (channel, user, role, joined, last_read) VALUES (?1, ?2, ?3, 1, 0)")?;
    let each = accounts * CHANNELS_EACH / channels;
    for number in 0..channels {
        let id = channel(number);
        // A step that has no divisor in common with the number of accounts takes everybody ten times.
        let members = |place: u64| user((number * each + place) * 7_919 % accounts);
        // Not all are public, since there may be so many of those.
        let kind = if number % PUBLIC_EVERY == 0 { "public" } else { "private" };
        made.execute(params![id, format!("channel-{number}"), members(0), kind])?;
        for place in 0..each {
            member.execute(params![id, members(place), if place == 0 { "owner" } else { "member" }])?;
        }
        for who in [(number < CHANNELS_EACH).then_some(one), (number < MANY).then_some(many)].into_iter().flatten() {
            member.execute(params![id, who, "member"])?;
        }
    }
    for number in 0..accounts.min(TOWN) {
        member.execute(params![town, user(number), "member"])?;
    }
    drop((made, member));
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}
