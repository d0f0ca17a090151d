//! The rounds: something is broken while everybody talks, and it is seen how the daemon takes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tests::client::http::{Guest, account, guests};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::chance::Chance;
use crate::checker::{Fault, Truth, check};
use crate::house::{Disk, House, another};
use crate::person::{Person, Plan, enter, everything, read_on};
use crate::record::{Event, Recorder};

/// Rounds with the same channels; then everything is compared and forgotten.
const ROUNDS_PER_EPOCH: u32 = 10;
/// People who talk, each at this rate.
const SPEAKERS: usize = 6;
const MESSAGES_A_SECOND: f64 = 150.0;
/// Channels, all of them everybody's.
const CHANNELS: usize = 3;
/// How long everybody may take to be through with everything once nothing is broken any more.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// What is broken in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Killed,
    Stopped,
    ReaderStopped,
    DiskFull,
    WriteFails,
    SyncFails,
    WritesShort,
    ClockJumps,
    SecondDaemon,
    LogTruncated,
    StoreTruncated,
    PageLost,
}

impl Kind {
    /// Every kind but the first, which is most of the rounds.
    const OTHERS: [Self; 11] = [
        Self::Stopped,
        Self::ReaderStopped,
        Self::DiskFull,
        Self::WriteFails,
        Self::SyncFails,
        Self::WritesShort,
        Self::ClockJumps,
        Self::SecondDaemon,
        Self::LogTruncated,
        Self::StoreTruncated,
        Self::PageLost,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Killed => "daemon killed (SIGKILL)",
            Self::Stopped => "daemon told to stop (SIGTERM)",
            Self::ReaderStopped => "client stopped and continued (SIGSTOP)",
            Self::DiskFull => "disk full, then room again",
            Self::WriteFails => "writes to the store fail (EIO)",
            Self::SyncFails => "fsync of the store fails (EIO)",
            Self::WritesShort => "writes to the store are short, then killed",
            Self::ClockJumps => "time of day jumps by up to a week",
            Self::SecondDaemon => "second daemon on the same folder",
            Self::LogTruncated => "copy of the store with a truncated log",
            Self::StoreTruncated => "copy of the store, truncated",
            Self::PageLost => "copy of the store with a page of zeros",
        }
    }
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Tally {
    rounds: BTreeMap<Kind, u32>,
    acknowledged: u64,
    again: u64,
    refused: u64,
    lost_connections: u64,
    seen: u64,
    reads: u64,
    pub(crate) faults: Vec<Fault>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what was broken | rounds |\n| --- | --- |")?;
        for (kind, rounds) in &self.rounds {
            writeln!(f, "| {} | {rounds} |", kind.words())?;
        }
        writeln!(f, "\n| what was counted | |\n| --- | --- |")?;
        for (what, count) in [
            ("messages acknowledged", self.acknowledged),
            ("sent again after a lost connection", self.again),
            ("refused for want of space", self.refused),
            ("connections lost", self.lost_connections),
            ("deliveries seen", self.seen),
            ("reads compared", self.reads),
            ("**faults: lost, doubled, reordered, missed, invented, stale**", self.faults.len() as u64),
        ] {
            writeln!(f, "| {what} | {count} |")?;
        }
        Ok(())
    }
}

/// Breaks things until the time is over, and prints a line for each round.
pub(crate) async fn run(home: &Path, time: Duration, chance: &mut Chance) -> Result<Tally> {
    let began = Instant::now();
    let mut house = House::open(home).await?;
    let founder = account(&house.address().borrow().clone(), "founder").await?;
    let people = guests(&house.address().borrow().clone(), SPEAKERS + 2).await?;
    let mut tally = Tally::default();
    let mut past: Truth = Truth::new();
    let mut epochs = 0;
    while began.elapsed() < time && tally.faults.is_empty() {
        epochs += 1;
        let epoch = Epoch::begin(home, &house, &founder, &people, epochs).await?;
        for _ in 0..ROUNDS_PER_EPOCH {
            if began.elapsed() >= time {
                break;
            }
            let kind = if chance.below(3) > 0 { Kind::Killed } else { Kind::OTHERS[chance.below(11) as usize] };
            let settled = epoch.plan.settled.get();
            epoch.round(kind, &mut house, chance).await.with_context(|| format!("in a round of: {}", kind.words()))?;
            *tally.rounds.entry(kind).or_default() += 1;
            let more = epoch.plan.settled.get() - settled;
            println!("{:>4} s  {}: {more} messages", began.elapsed().as_secs(), kind.words());
        }
        let truth = epoch.end(&house, &mut tally).await?;
        past.extend(truth);
    }
    // What was found to be there in earlier rounds is still there.
    house.stop().await?;
    house.start().await?;
    let address = house.address().borrow().clone();
    for (channel, contents) in &past {
        ensure!(everything(&address, &people[0], channel).await? == *contents, "{channel} is not what it was");
    }
    Ok(tally)
}

/// Some rounds with the same channels.
struct Epoch {
    plan: Rc<Plan>,
    events: Rc<RefCell<Vec<Event>>>,
    channels: Vec<String>,
    listeners: Vec<String>,
    reader: Guest,
    sleeper: Child,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Epoch {
    async fn begin(home: &Path, house: &House, founder: &Guest, people: &[Guest], number: u32) -> Result<Self> {
        let address = house.address();
        let now = move || address.borrow().clone();
        let names = (0..CHANNELS).map(|channel| format!("e{number}-{channel}")).collect::<Vec<_>>();
        let channels = enter(&now(), founder, &names).await?;
        for guest in people {
            enter(&now(), guest, &names).await?;
        }
        let (plan, events) = (Rc::new(Plan::default()), Rc::<RefCell<Vec<Event>>>::default());
        let mut tasks = Vec::new();
        for guest in &people[..SPEAKERS] {
            let recorder = Recorder::shared(&guest.handle, events.clone());
            let person = Person::new(guest.clone(), recorder, plan.clone(), MESSAGES_A_SECOND, &channels);
            tasks.push(tokio::task::spawn_local(person.live(now.clone())));
        }
        let reader = people[SPEAKERS].clone();
        let recorder = Recorder::shared(&reader.handle, events.clone());
        tasks.push(tokio::task::spawn_local(read_on(reader.clone(), recorder, channels.clone(), now.clone())));
        let (sleeper, reading) = sleeper(home, &people[SPEAKERS + 1], &channels, events.clone(), plan.clone())?;
        tasks.push(reading);
        let listeners = people[..SPEAKERS].iter().chain(&people[SPEAKERS + 1..]).map(|guest| guest.handle.clone());
        Ok(Self { plan, listeners: listeners.collect(), reader, events, channels, sleeper, tasks })
    }

    /// Breaks one thing while everybody talks.
    async fn round(&self, kind: Kind, house: &mut House, chance: &mut Chance) -> Result<()> {
        tokio::time::sleep(Duration::from_millis(50 + chance.below(400))).await;
        let said = house.said().len();
        match kind {
            Kind::Killed => house.kill().await?,
            Kind::Stopped => {
                let status = house.stop().await?;
                ensure!(status.success(), "it ended with {status}");
            }
            Kind::ReaderStopped => {
                self.signal_sleeper(Signal::STOP)?;
                tokio::time::sleep(Duration::from_millis(500 + chance.below(1_500))).await;
                self.signal_sleeper(Signal::CONT)?;
                return self.goes_on().await;
            }
            Kind::DiskFull => {
                house.disk(Disk::Full)?;
                tokio::time::sleep(Duration::from_millis(100 + chance.below(400))).await;
                house.disk(Disk::Works)?;
                return self.goes_on().await;
            }
            Kind::WriteFails | Kind::SyncFails => {
                house.disk(if kind == Kind::SyncFails { Disk::SyncFails } else { Disk::WriteFails })?;
                let status = house.ends().await?;
                let words = house.said().split_off(said);
                ensure!(!status.success() && words.contains("disk I/O error"), "{status}, and it says: {words}");
            }
            Kind::WritesShort => {
                house.disk(Disk::WritesShort)?;
                tokio::time::sleep(Duration::from_millis(chance.below(300))).await;
                house.kill().await?;
            }
            Kind::ClockJumps => {
                house.clock(chance.below(7 * 86_400) as i64 * if chance.below(2) == 0 { 1 } else { -1 })?;
                self.goes_on().await?;
                return house.clock(0);
            }
            Kind::SecondDaemon => {
                match another(house.folder()).await? {
                    Ok(_) => bail!("two daemons run on one folder"),
                    Err((status, words)) => {
                        ensure!(status.code() == Some(1) && words.contains("another chatd"), "{status}: {words}");
                    }
                }
                return self.goes_on().await;
            }
            Kind::LogTruncated | Kind::StoreTruncated | Kind::PageLost => {
                house.kill().await?;
                self.look_at_a_broken_copy(kind, house.folder(), chance).await?;
            }
        }
        house.start().await?;
        self.goes_on().await
    }

    /// Waits until messages are acknowledged again.
    async fn goes_on(&self) -> Result<()> {
        let before = self.plan.settled.get();
        self.wait("messages to flow again", || self.plan.settled.get() > before + 50).await
    }

    async fn wait(&self, what: &str, done: impl Fn() -> bool) -> Result<()> {
        let waiting = async {
            while !done() {
                let _ = tokio::time::timeout(Duration::from_millis(50), self.plan.changed.notified()).await;
            }
        };
        tokio::time::timeout(SETTLE_MAX, waiting).await.with_context(|| format!("waited in vain for {what}"))
    }

    fn signal_sleeper(&self, signal: Signal) -> Result<()> {
        let id = self.sleeper.id().and_then(|id| Pid::from_raw(id.cast_signed())).context("the sleeper runs")?;
        Ok(kill_process(id, signal)?)
    }

    /// Damages a copy of the store: a daemon on it says no more than what was there, or says what is wrong.
    async fn look_at_a_broken_copy(&self, kind: Kind, folder: &Path, chance: &mut Chance) -> Result<()> {
        let copy = folder.with_file_name("copy");
        let _ = std::fs::remove_dir_all(&copy);
        std::fs::create_dir(&copy)?;
        for name in ["chatd.db", "chatd.db-wal", "token.key"] {
            if folder.join(name).exists() {
                std::fs::copy(folder.join(name), copy.join(name))?;
            }
        }
        let file = copy.join(if kind == Kind::LogTruncated { "chatd.db-wal" } else { "chatd.db" });
        let store = std::fs::OpenOptions::new().write(true).open(&file)?;
        let length = store.metadata()?.len();
        match kind {
            Kind::PageLost => {
                let page = 1 + chance.below((length / 4_096).max(2) - 1);
                std::os::unix::fs::FileExt::write_all_at(&store, &[0; 4_096], page * 4_096)?;
            }
            _ => store.set_len(chance.below(length + 1))?,
        }
        match another(&copy).await? {
            Err((status, words)) => {
                let told = words.lines().last().is_some_and(|line| line.starts_with("chatd: "));
                ensure!(status.code() == Some(1) && told && !words.contains("panicked"), "{status}: {words}");
            }
            Ok((mut child, address)) => {
                // What is there must be what was sent; how much is there, nobody can promise.
                for channel in &self.channels {
                    let Ok(contents) = everything(&address, &self.reader, channel).await else { continue };
                    let known = self.events.borrow();
                    let seen = known.iter().filter(|event| event.channel == *channel);
                    let seen = seen.filter_map(|event| match &event.what {
                        crate::record::What::Sees(index, content) => Some((*index, content.as_str())),
                        _ => None,
                    });
                    for (index, content) in seen {
                        let found = contents.get(index as usize - 1).map(String::as_str);
                        ensure!(found.is_none_or(|found| found == content), "{found:?} stands where {content} was");
                    }
                }
                child.kill().await?;
            }
        }
        Ok(std::fs::remove_dir_all(&copy)?)
    }

    /// Lets everybody finish, and compares what they saw with what is there.
    async fn end(mut self, house: &House, tally: &mut Tally) -> Result<Truth> {
        self.plan.quiet.set(true);
        let address = house.address().borrow().clone();
        let mut truth = Truth::new();
        let mut before = None;
        // Nothing new is said, but what was said may still be on its way.
        while before != Some(self.plan.settled.get()) {
            before = Some(self.plan.settled.get());
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        for channel in &self.channels {
            let contents = everything(&address, &self.reader, channel).await?;
            let all = contents.len() as u64;
            let everybody_saw_it = || {
                let seen = self.plan.seen.borrow();
                let of = |person: &String| seen.get(&(person.clone(), channel.clone())).copied().unwrap_or_default();
                self.listeners.iter().all(|person| of(person) >= all)
            };
            // Who does not get there is found by the checker.
            let _ = self.wait("everybody to see everything", everybody_saw_it).await;
            truth.insert(channel.clone(), contents);
        }
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
        let _ = self.sleeper.kill().await;
        let events = self.events.borrow();
        use crate::record::What::{Acknowledged, Reads, Sees};
        tally.acknowledged += events.iter().filter(|event| matches!(event.what, Acknowledged(..))).count() as u64;
        tally.seen += events.iter().filter(|event| matches!(event.what, Sees(..))).count() as u64;
        tally.reads += events.iter().filter(|event| matches!(event.what, Reads(..))).count() as u64;
        tally.again += self.plan.again.get();
        tally.refused += self.plan.refused.get();
        tally.lost_connections += self.plan.lost.get();
        tally.faults.extend(check(&events, &truth));
        Ok(truth)
    }
}

/// Starts a listener in a process of its own, which can be stopped, and takes down what it saw.
fn sleeper(
    home: &Path,
    guest: &Guest,
    channels: &[String],
    events: Rc<RefCell<Vec<Event>>>,
    plan: Rc<Plan>,
) -> Result<(Child, tokio::task::JoinHandle<()>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("listener")
        .arg(home.join("address"))
        .args([&guest.handle, &guest.token])
        .args(channels)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is ours")?).lines();
    let reading = tokio::task::spawn_local(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let Ok(event) = serde_json::from_str::<Event>(&line) else { continue };
            if let crate::record::What::Sees(index, _) = &event.what {
                plan.seen.borrow_mut().insert((event.person.clone(), event.channel.clone()), *index);
            }
            events.borrow_mut().push(event);
            plan.changed.notify_waiters();
        }
    });
    Ok((child, reading))
}
