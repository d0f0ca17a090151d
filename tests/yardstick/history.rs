//! A store with very many messages: starting with it, reading it at any depth, and reading while others
//! write.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use proto::http::Call;
use proto::http::endpoints::ReadHistory;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::load::{Load, Member, percentiles};
use tests::client::http::{Guest, Http, account};
use tests::client::wire::{connect, join};

/// Pages read at each depth.
const PAGES: u64 = 200;

/// One channel with its whole past.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// Messages in the store
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Messages a second while pages are read
    #[arg(long, default_value_t = 1_000.0)]
    rate: f64,
}

impl History {
    pub(crate) async fn run(self) -> Result<()> {
        let mut daemon = Daemon::start().await?;
        let reader = account(&daemon.address, "reader").await?;
        let id = fill(&daemon, &reader, self.messages).await?;
        let started = daemon.restart().await?;
        println!("{} messages in one channel", self.messages);
        println!("  start: {:.0} ms to listening", started.as_secs_f64() * 1e3);
        let mut pages = Pages::open(&daemon, reader, id).await?;
        for (depth, query) in
            [("the newest", Newest), ("any, before", Before), ("any, after", After), ("any, since", Since)]
        {
            println!("  page of 50, {depth}: {}", percentiles(&pages.read(query, self.messages).await?));
        }

        let alone = self.talk(&daemon, "alone").await?;
        println!("  {:.0} messages a second in another channel: {alone}", self.rate);
        // The daemon has closed the idle connection meanwhile.
        pages.http = Http::open(&daemon.address).await?;
        let stop = Rc::new(Cell::new(false));
        let reading = tokio::task::spawn_local({
            let (stop, messages) = (stop.clone(), self.messages);
            async move {
                let mut latencies = Vec::new();
                while !stop.get() {
                    latencies.extend(pages.read(Before, messages).await?);
                }
                latencies.sort_unstable();
                anyhow::Ok(latencies)
            }
        });
        let meanwhile = self.talk(&daemon, "meanwhile").await?;
        stop.set(true);
        let latencies = reading.await??;
        println!("  the same while pages are read: {meanwhile}");
        println!("  {} pages read meanwhile: {}", latencies.len(), percentiles(&latencies));
        Ok(())
    }

    /// Sends at a fixed rate for some seconds and says how long that took to arrive.
    async fn talk(&self, daemon: &Daemon, channel: &str) -> Result<String> {
        let speaker = account(&daemon.address, &format!("in-{channel}")).await?;
        let (mut reader, mut writer) = connect(&daemon.address, &speaker, json!({"history": 0})).await?;
        let id = join(&mut reader, &mut writer, channel).await?;
        let load = Load { window: 1_000, messages: (self.rate * 5.0) as u64, rate: Some(self.rate) };
        Ok(load.measure(daemon, vec![(id, vec![Member { reader, writer }])]).await?.latencies())
    }
}

/// Says so many things in a channel of one's own, and gives its id.
async fn fill(daemon: &Daemon, reader: &Guest, messages: u64) -> Result<String> {
    let (mut incoming, mut writer) = connect(&daemon.address, reader, json!({"history": 0})).await?;
    let id = join(&mut incoming, &mut writer, "past").await?;
    let load = Load { window: 60, messages, rate: None };
    load.measure(daemon, vec![(id.clone(), vec![Member { reader: incoming, writer }])]).await?;
    Ok(id)
}

use Query::{After, Before, Newest, Since};

/// Which pages are read.
#[derive(Debug, Clone, Copy)]
enum Query {
    Newest,
    Before,
    After,
    Since,
}

struct Pages {
    http: Http,
    reader: Guest,
    id: String,
}

impl Pages {
    async fn open(daemon: &Daemon, reader: Guest, id: String) -> Result<Self> {
        Ok(Self { http: Http::open(&daemon.address).await?, reader, id })
    }

    /// Reads some pages from end to end; gives what each took in microseconds, sorted.
    async fn read(&mut self, query: Query, messages: u64) -> Result<Vec<u64>> {
        let mut latencies = Vec::new();
        for number in 0..PAGES {
            // From one end to the other in steps that meet no page twice.
            let place = messages / PAGES * number + 51;
            let query = match query {
                Newest => String::new(),
                Before => format!("&before={place}"),
                After => format!("&after={}", place - 51),
                Since => format!("&since={}", place - 51),
            };
            let path = format!("{}?channel={}&limit=50{query}", ReadHistory::PATH, self.id);
            let began = Instant::now();
            let page = self.http.get(&path, Some(&self.reader.token)).await?;
            latencies.push(began.elapsed().as_micros() as u64);
            let page: Value = serde_json::from_slice(&page)?;
            anyhow::ensure!(page["messages"].as_array().is_some_and(|messages| messages.len() == 50), "{path}: {page}");
            // Others have their turn.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        latencies.sort_unstable();
        Ok(latencies)
    }
}
