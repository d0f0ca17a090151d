//! Searching very many messages: building the index, finding common and rare words, and what indexing costs while others
//! talk.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use proto::http::Call;
use proto::http::endpoints::SearchMessages;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::load::percentiles;
use tests::client::http::{Guest, Http, account};
use tests::client::wire::{connect, join};

/// Searches for each kind of words.
const SEARCHES: usize = 100;
/// Different words that messages are made of; the word at rank n comes n times as seldom as the first.
const VOCABULARY: u64 = 20_000;
const SYLLABLES: [&str; 20] = [
    "ka", "to", "mi", "ra", "ne", "so", "lu", "be", "di", "fo", "gu", "ha", "jo", "pe", "vi", "wo", "ya", "ze", "che",
    "sti",
];

/// One person in many channels with a long past.
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Messages in the store
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Channels that they stand in, all of them the asker's
    #[arg(long, default_value_t = 50)]
    channels: u64,
}

impl Search {
    pub(crate) async fn run(self) -> Result<()> {
        let mut daemon = Daemon::start().await?;
        let reader = account(&daemon.address, "reader").await?;
        let stranger = account(&daemon.address, "stranger").await?;
        let (mut incoming, mut writer) = connect(&daemon.address, &reader, json!({"history": 0})).await?;
        for number in 0..self.channels {
            join(&mut incoming, &mut writer, &format!("channel-{number}")).await?;
        }
        let (mut incoming, mut writer) = connect(&daemon.address, &stranger, json!({"history": 0})).await?;
        join(&mut incoming, &mut writer, "quiet").await?;
        daemon.kill().await?;
        fill(daemon.folder(), self.messages)?;
        daemon.restart().await?;
        println!("{} messages in {} channels", self.messages, self.channels);
        let began = Instant::now();
        while daemon.figure("chatd_search_behind").await? > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let indexed = daemon.figure("chatd_search_indexed_total").await?;
        let cpu = daemon.figure("chatd_search_cpu_milliseconds_total").await?;
        println!(
            "  indexed after {:.1} s; {:.1} µs of CPU a message; the store has {} MB, the index {} MB",
            began.elapsed().as_secs_f64(),
            cpu as f64 * 1e3 / indexed as f64,
            megabytes(&daemon, "chatd.db")?,
            megabytes(&daemon, "search.db")?,
        );
        let rank = |from: u64, step: u64| (0..SEARCHES as u64).map(move |number| word(from + number * step));
        for (kind, words) in [
            ("one of the 100 commonest words", rank(0, 1).collect::<Vec<_>>()),
            ("a word that is not common", rank(1_000, 90).collect()),
            ("two words", (0..SEARCHES as u64).map(|n| format!("{}+{}", word(n), word(100 + n * 7))).collect()),
            ("a part of words", rank(40, 25).map(|word| word[1..].to_owned()).collect()),
            ("what nobody said", rank(0, 1).map(|word| format!("{word}qx")).collect()),
            ("a rare word from somebody", rank(5_000, 50).map(|word| format!("{word}+from:reader")).collect()),
            ("common, in one channel", rank(0, 1).map(|word| format!("{word}+in:channel-0")).collect()),
        ] {
            println!("  {kind}: {}", percentiles(&searches(&daemon, &reader, &words).await?));
        }
        let words = rank(0, 1).collect::<Vec<_>>();
        println!(
            "  by somebody who may read none of it: {}",
            percentiles(&searches(&daemon, &stranger, &words).await?)
        );
        Ok(())
    }
}

fn megabytes(daemon: &Daemon, file: &str) -> Result<u64> {
    Ok(std::fs::metadata(daemon.folder().join(file))?.len() / 1_000_000)
}

/// Searches for each of the words; gives what each took in microseconds, sorted.
async fn searches(daemon: &Daemon, asker: &Guest, words: &[String]) -> Result<Vec<u64>> {
    let mut http = Http::open(&daemon.address).await?;
    let mut latencies = Vec::new();
    for words in words {
        let began = Instant::now();
        let answer = http.get(&format!("{}?q={words}&around=2", SearchMessages::PATH), Some(&asker.token)).await?;
        latencies.push(began.elapsed().as_micros() as u64);
        let answer: Value = serde_json::from_slice(&answer)?;
        anyhow::ensure!(answer["complete"] == true, "{words}: {answer}");
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// Gives the word of a rank.
fn word(rank: u64) -> String {
    let mut rest = rank;
    let mut word = String::new();
    while word.len() < 4 || rest > 0 {
        word.push_str(SYLLABLES[(rest % 20) as usize]);
        rest /= 20;
    }
    word
}

/// Writes messages into the store of a daemon that does not run: what talking would write, by one person, in turn in each
/// of the channels.
fn fill(folder: &std::path::Path, messages: u64) -> Result<()> {
    let mut connection = Connection::open(folder.join("chatd.db"))?;
    let channels: Vec<(i64, u64)> = connection
        .prepare("SELECT id, version FROM channel WHERE name LIKE 'channel-%' ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let user: i64 = connection.query_row("SELECT id FROM user WHERE handle = 'reader'", [], |row| row.get(0))?;
    let count = channels.len() as u64;
    anyhow::ensure!(count > 0, "there are channels");
    let transaction = connection.transaction()?;
    let mut insert = transaction.prepare(
        "INSERT INTO message (channel, idx, version, date, user, kind, content, mentions) VALUES (?1, ?2, ?3, ?4, ?5, 'text', ?6, '')",
    )?;
    let mut seed = 88_172_645_463_325_252_u64;
    for number in 0..messages {
        let (channel, version) = channels.get((number % count) as usize).context("it is one of them")?;
        let index = number / count + 1;
        let content = sentence(&mut seed);
        insert.execute(params![channel, index, version + index, 1_700_000_000_000 + number * 100, user, content])?;
    }
    drop(insert);
    transaction.execute(
        "UPDATE channel SET last_index = n, version = version + n
         FROM (SELECT channel, count(*) AS n FROM message GROUP BY channel) WHERE channel = id",
        [],
    )?;
    transaction.commit()?;
    Ok(())
}

/// Says something of eight to fifteen words.
fn sentence(seed: &mut u64) -> String {
    // Marsaglia's xorshift: the same text at each run.
    let mut draw = || {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    };
    let words = 8 + draw() % 8;
    let said = (0..words).map(|_| {
        // Evenly drawn exponents give Zipf's law.
        let share = (draw() % 1_000_000) as f64 / 1e6;
        word((VOCABULARY as f64).powf(share) as u64 - 1)
    });
    said.collect::<Vec<_>>().join(" ")
}
