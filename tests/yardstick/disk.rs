//! What the disk allows: the same row committed by a bare loop, and one fdatasync.

use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use rusqlite::{Connection, params};
use tempfile::TempDir;

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
        println!("bare loop, groups of {}: {:.0} rows a second, durable", self.group, self.rows_a_second()?);
        println!("one fdatasync: {:.3} ms", fdatasync_ms()?);
        Ok(())
    }

    /// Commits the groups and gives the rows a second.
    pub(crate) fn rows_a_second(&self) -> Result<f64> {
        let folder = TempDir::with_prefix("yardstick-")?;
        let mut connection = Connection::open(folder.path().join("floor.db"))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.execute_batch(
            "CREATE TABLE message (channel INTEGER, idx INTEGER, version INTEGER, date INTEGER, user INTEGER,
                kind TEXT, content TEXT, mentions TEXT, reply_to INTEGER, PRIMARY KEY (channel, idx))
             STRICT, WITHOUT ROWID;",
        )?;
        let content = "x".repeat(100);
        let began = Instant::now();
        for group in 0..self.groups {
            let transaction = connection.transaction()?;
            for row in 0..self.group {
                let index = group * self.group + row;
                transaction
                    .prepare_cached("INSERT INTO message VALUES (1, ?1, ?1, 1795255200000, 7, 'text', ?2, '', NULL)")?
                    .execute(params![index, content])?;
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
