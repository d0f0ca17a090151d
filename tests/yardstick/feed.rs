//! The home feed of somebody with very many friends: its first page, and pages far in the past.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use proto::http::Call;
use proto::http::endpoints::{ReadFeed, SearchMessages};
use rusqlite::{Connection, params};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::load::percentiles;
use tests::client::http::{Guest, Http, account};

/// Times that each kind of page is read.
const READS: usize = 100;

/// One person, and friends with a long past.
#[derive(Debug, Args)]
pub(crate) struct Feed {
    /// Friends, each with a wall
    #[arg(long, default_value_t = 500)]
    friends: u64,
    /// Posts of all of them together, in turn
    #[arg(long, default_value_t = 100_000)]
    posts: u64,
}

impl Feed {
    pub(crate) async fn run(self) -> Result<()> {
        let mut daemon = Daemon::start().await?;
        let reader = account(&daemon.address, "reader").await?;
        daemon.kill().await?;
        fill(daemon.folder(), self.friends, self.posts)?;
        daemon.restart().await?;
        println!("{} friends with {} posts", self.friends, self.posts);
        while daemon.figure("chatd_search_behind").await? > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        println!("  the first page: {}", percentiles(&pages(&daemon, &reader, false).await?));
        println!("  pages one behind the other: {}", percentiles(&pages(&daemon, &reader, true).await?));
        println!("  a word searched for on all walls: {}", percentiles(&searches(&daemon, &reader).await?));
        Ok(())
    }
}

/// Reads pages; gives what each took in microseconds, sorted.
async fn pages(daemon: &Daemon, reader: &Guest, onward: bool) -> Result<Vec<u64>> {
    let mut http = Http::open(&daemon.address).await?;
    let (mut latencies, mut path) = (Vec::new(), ReadFeed::PATH.to_owned());
    for _ in 0..READS {
        let began = Instant::now();
        let answer = http.get(&path, Some(&reader.token)).await?;
        latencies.push(began.elapsed().as_micros() as u64);
        let answer: Value = serde_json::from_slice(&answer)?;
        anyhow::ensure!(answer["posts"].as_array().is_some_and(|posts| posts.len() == 30), "{answer}");
        if onward {
            path = format!("{}?before={}", ReadFeed::PATH, answer["next"].as_str().context("there are more")?);
        }
    }
    latencies.sort_unstable();
    Ok(latencies)
}

async fn searches(daemon: &Daemon, reader: &Guest) -> Result<Vec<u64>> {
    let mut http = Http::open(&daemon.address).await?;
    let mut latencies = Vec::new();
    for number in 0..READS {
        let began = Instant::now();
        let answer = http.get(&format!("{}?q=post+number+{number}", SearchMessages::PATH), Some(&reader.token)).await?;
        latencies.push(began.elapsed().as_micros() as u64);
        let answer: Value = serde_json::from_slice(&answer)?;
        anyhow::ensure!(answer["hits"].as_array().is_some_and(|hits| !hits.is_empty()), "{answer}");
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// Writes friends and posts into the store of a daemon that does not run, every tenth post with two replies.
fn fill(folder: &Path, friends: u64, posts: u64) -> Result<()> {
    let mut connection = Connection::open(folder.join("chatd.db"))?;
    let reader: u64 = connection.query_row("SELECT id FROM user WHERE handle = 'reader'", [], |row| row.get(0))?;
    let transaction = connection.transaction()?;
    let (user, wall) = (|number: u64| 1_000 + number, |number: u64| 1_000_000 + number);
    for number in 0..friends {
        let handle = format!("friend{number}");
        transaction
            .execute("INSERT INTO user (id, handle, created) VALUES (?1, ?2, 1)", params![user(number), handle])?;
        transaction.execute(
            "INSERT INTO friend (user, other, since) VALUES (?1, ?2, 1), (?2, ?1, 1)",
            params![reader, user(number)],
        )?;
        transaction.execute(
            "INSERT INTO channel (id, kind, name, owner, created) VALUES (?1, 'wall', ?2, ?3, 1)",
            params![wall(number), handle, user(number)],
        )?;
    }
    let mut message = transaction.prepare(
        "INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to)
         VALUES (?1, ?2, ?2, ?3, ?4, 'text', ?5, '', ?6)",
    )?;
    let mut post = transaction.prepare("INSERT INTO post (channel, date, idx) VALUES (?1, ?2, ?3)")?;
    let mut last = vec![0_u64; friends as usize];
    for number in 0..posts {
        let friend = number % friends;
        let index = &mut last[friend as usize];
        let date = 1_700_000_000_000 + number * 60_000;
        *index += 1;
        let said = *index;
        message.execute(params![
            wall(friend),
            said,
            date,
            user(friend),
            format!("post number {number}"),
            None::<u64>
        ])?;
        post.execute(params![wall(friend), date, said])?;
        for reply in 0..if number % 10 == 0 { 2 } else { 0 } {
            *index += 1;
            message.execute(params![wall(friend), *index, date + reply, reader, "well said", said])?;
        }
    }
    drop((message, post));
    for number in 0..friends {
        let index = last[number as usize];
        transaction
            .execute("UPDATE channel SET last_index = ?2, version = ?2 WHERE id = ?1", params![wall(number), index])?;
    }
    transaction.commit()?;
    Ok(())
}
