//! Killing the daemon at any moment: what was acknowledged is there, once, where it was said to be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::{Folder, Person, Process, fresh_nonce, message};

/// Rounds of the ordinary run; `CHATD_KILL_ROUNDS` asks for more.
const ROUNDS: usize = 8;
/// Messages that one writer keeps under way.
const UNDER_WAY: usize = 32;
/// The longest time that a round lets the writers write.
const ROUND_MAX: Duration = Duration::from_millis(250);

/// What one writer knows when its connection has gone.
struct Written {
    writer: Person,
    acknowledged: Vec<(String, u64)>,
    unacknowledged: Vec<String>,
}

#[derive(Default)]
struct Tally {
    acknowledged: usize,
    resent: usize,
    lost: usize,
    doubled: usize,
}

/// "Acknowledged is durable. … Kill the daemon with SIGKILL … at any moment: whatever was acknowledged is
/// there after the restart." and "Exactly once … (after a lost reply, a reconnect, a restart)".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stderr, reason = "the summary of a long run is read by people")]
async fn sigkill_at_any_moment_loses_and_doubles_nothing() {
    let rounds =
        std::env::var("CHATD_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let mut random = Random::from_clock();
    eprintln!("kill: seed {}", random.0);
    let folder = Folder::new();
    let mut daemon = Process::start(&folder).await;
    let mut writers = Vec::new();
    for handle in ["alice", "bob", "carol"] {
        let mut writer = daemon.person(handle).await;
        writer.joins("tea").await;
        writers.push(writer);
    }
    let mut expected: BTreeMap<u64, String> = BTreeMap::new();
    let mut tally = Tally::default();
    for _ in 0..rounds {
        let writing = writers.drain(..).map(write_until_the_end).collect::<Vec<_>>();
        // This is no waiting for an event: the moment of the kill is what the round tries out.
        tokio::time::sleep(ROUND_MAX.mul_f64(random.fraction())).await;
        daemon.gets_killed().await;
        daemon = Process::start(&folder).await;
        let mut left_over = Vec::new();
        for written in writing {
            let Written { writer, acknowledged, unacknowledged } =
                written.await.expect("a writer only ends with its socket");
            tally.acknowledged += acknowledged.len();
            for (content, index) in acknowledged {
                if let Some(other) = expected.insert(index, content.clone()) {
                    panic!("index {index} was given to `{other}` and to `{content}`");
                }
            }
            left_over.push(unacknowledged);
            writers.push(writer.again_at(&daemon, json!({"channels": [writer.id("tea")], "history": 0})).await);
        }
        check(&writers[0], &expected, &mut tally).await;
        for (writer, unacknowledged) in writers.iter_mut().zip(left_over) {
            for content in unacknowledged {
                tally.resent += 1;
                let index = writer.sends_as("tea", &content, &content).await["index"].as_u64().unwrap();
                expected.insert(index, content);
            }
        }
        check(&writers[0], &expected, &mut tally).await;
        let stored = stored(&writers[0]).await;
        assert_eq!(stored.into_iter().collect::<BTreeMap<_, _>>(), expected, "everything is there, and nothing else");
    }
    let Tally { acknowledged, resent, lost, doubled } = tally;
    eprintln!("kill: rounds {rounds}, acknowledged {acknowledged}, resent {resent}, lost {lost}, doubled {doubled}");
    assert_eq!((lost, doubled), (0, 0));
    assert!(acknowledged > 0);
}

/// Keeps messages under way, each with its content for a nonce, until the connection ends.
fn write_until_the_end(mut writer: Person) -> JoinHandle<Written> {
    tokio::spawn(async move {
        let tea = writer.id("tea");
        let mut under_way = BTreeMap::new();
        let mut acknowledged = Vec::new();
        loop {
            while under_way.len() < UNDER_WAY {
                let content = fresh_nonce();
                let reference = writer.says("channel_message_add", message(&tea, &content, &content)).await;
                under_way.insert(reference, content);
            }
            let received = writer.receives().await;
            for packet in writer.take_waiting() {
                if let Some(content) = packet["ref"].as_i64().and_then(|reference| under_way.remove(&reference)) {
                    assert_eq!(packet["type"], "ok", "{packet}");
                    acknowledged.push((content, packet["payload"]["index"].as_u64().expect("an index")));
                }
            }
            if received.is_err() {
                let unacknowledged = under_way.into_values().collect();
                return Written { writer, acknowledged, unacknowledged };
            }
        }
    })
}

/// Compares the channel with what must be in it.
async fn check(reader: &Person, expected: &BTreeMap<u64, String>, tally: &mut Tally) {
    let stored = stored(reader).await;
    assert!(stored.iter().enumerate().all(|(place, (index, _))| *index == place as u64 + 1), "indexes have no gaps");
    let mut seen = BTreeSet::new();
    for (_, content) in &stored {
        if !seen.insert(content) {
            tally.doubled += 1;
        }
    }
    let by_index = stored.iter().cloned().collect::<BTreeMap<_, _>>();
    tally.lost += expected.iter().filter(|(index, content)| by_index.get(*index) != Some(*content)).count();
    assert_eq!((tally.lost, tally.doubled), (0, 0), "acknowledged messages are there once, under their index");
}

async fn stored(reader: &Person) -> Vec<(u64, String)> {
    let mut stored = Vec::new();
    loop {
        let after = stored.last().map_or(0, |(index, _): &(u64, String)| *index);
        let page: Value = reader.history("tea", &format!("&after={after}&limit=1000")).await;
        for message in page["messages"].as_array().expect("a list of messages") {
            let content = message["content"].as_str().expect("a message has content");
            stored.push((message["index"].as_u64().expect("an index"), content.to_owned()));
        }
        if page["more"] == false {
            return stored;
        }
    }
}

/// A small generator; its seed is printed, though a kill never falls twice on the same instruction.
struct Random(u64);

impl Random {
    fn from_clock() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock stands after 1970");
        Self(now.as_nanos() as u64 | 1)
    }

    /// Gives a number from 0 to 1, by xorshift.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
