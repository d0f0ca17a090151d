//! What the disk allows: the same row committed by a bare loop, and one fdatasync.

use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use rusqlite::{Connection, Transaction, params};
use tempfile::TempDir;

/// The row of a message, of a size as in the other loads.
const MESSAGE: &str = "INSERT INTO message VALUES (?1, ?2, ?2, 1795255200000, 7, 'text', ?3, '', NULL)";
const CONTENT: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
const CHANNELS: u64 = 100;

/// Rows in groups, each group one transaction with fsync.
#[derive(Debug, Args)]
pub(crate) struct Disk {
    /// Rows of one transaction
    #[arg(long, default_value_t = 32)]
    group: u64,
    /// Transactions
    #[arg(long, default_value_t = 500)]
    groups: u64,
}

impl Default for Disk {
    fn default() -> Self {
        Self { group: 32, groups: 500 }
    }
}

impl Disk {
    pub(crate) fn run(self) -> Result<()> {
        println!("bare loop, groups of {}: {:.0} messages a second, durable", self.group, self.messages_a_second()?);
        println!("the same with all rows of a message: {:.0}", self.all_rows_a_second()?);
        println!("one fdatasync: {:.3} ms", fdatasync_ms()?);
        Ok(())
    }

    /// Commits messages to one channel and nothing else, and gives how many a second.
    pub(crate) fn messages_a_second(&self) -> Result<f64> {
        self.commit(|transaction, number| {
            transaction.prepare_cached(MESSAGE)?.execute(params![1, number, CONTENT])?;
            Ok(())
        })
    }

    /// Commits messages to a hundred channels in turn, with everything else that a message changes: its
    /// nonce, the channel's last index, and what its author has read.
    pub(crate) fn all_rows_a_second(&self) -> Result<f64> {
        self.commit(|transaction, number| {
            let (channel, index) = (number % CHANNELS, number / CHANNELS + 1);
            transaction.prepare_cached(MESSAGE)?.execute(params![channel, index, CONTENT])?;
            let nonce = format!("n{number}");
            transaction
                .prepare_cached("INSERT INTO nonce VALUES (?1, 7, ?2, zeroblob(16), ?3, ?3, 1795255200000)")?
                .execute(params![channel, nonce, index])?;
            transaction
                .prepare_cached("UPDATE channel SET last_index = ?2, version = ?2 WHERE id = ?1")?
                .execute(params![channel, index])?;
            transaction
                .prepare_cached("UPDATE member SET last_read = ?2 WHERE channel = ?1 AND user = 7")?
                .execute(params![channel, index])?;
            Ok(())
        })
    }

    /// Runs groups of something, each with an fsync, and gives how many of it a second.
    fn commit(&self, one: impl Fn(&Transaction<'_>, u64) -> Result<()>) -> Result<f64> {
        let folder = TempDir::with_prefix("yardstick-")?;
        let mut connection = Connection::open(folder.path().join("floor.db"))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(
            "CREATE TABLE message (channel INTEGER, idx INTEGER, version INTEGER, date INTEGER, user INTEGER,
                kind TEXT, content TEXT, mentions TEXT, reply_to INTEGER, PRIMARY KEY (channel, idx))
             STRICT, WITHOUT ROWID;
             CREATE TABLE nonce (channel INTEGER, user INTEGER, nonce TEXT, digest BLOB, idx INTEGER, version INTEGER,
                date INTEGER, PRIMARY KEY (channel, user, nonce)) STRICT, WITHOUT ROWID;
             CREATE TABLE channel (id INTEGER PRIMARY KEY, last_index INTEGER, version INTEGER) STRICT;
             CREATE TABLE member (channel INTEGER, user INTEGER, last_read INTEGER, PRIMARY KEY (channel, user))
             STRICT, WITHOUT ROWID;",
        )?;
        for channel in 0..CHANNELS {
            connection.execute("INSERT INTO channel VALUES (?1, 0, 0)", [channel])?;
            connection.execute("INSERT INTO member VALUES (?1, 7, 0)", [channel])?;
        }
        let began = Instant::now();
        for group in 0..self.groups {
            let transaction = connection.transaction()?;
            for number in 0..self.group {
                one(&transaction, group * self.group + number)?;
            }
            transaction.commit()?;
        }
        Ok((self.group * self.groups) as f64 / began.elapsed().as_secs_f64())
    }
}

/// Gives how long appending a page and syncing it takes, the middle one of many.
pub(crate) fn fdatasync_ms() -> Result<f64> {
    let mut file = tempfile::tempfile()?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[7; 4_096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2].as_secs_f64() * 1e3)
}
