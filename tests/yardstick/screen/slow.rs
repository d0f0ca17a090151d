//! A terminal that takes 2,000 bytes a second, as one behind a poor line, while others talk and one types.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::busy::{BACKSPACE, TYPED, TYPED_MORE};
use super::comparison::{Comparison, Unit, at_share};
use super::program::Program;
use super::stage::{Stage, Voice};
use super::window::Window;

/// Bytes that the terminal takes a second.
const TAKES: u32 = 2_000;
/// Messages a second.
const RATE: f64 = 10.0;
/// How often one looks at the screen.
const LOOK: Duration = Duration::from_millis(10);
/// The time between an echo and the next key.
const BETWEEN_KEYS: Duration = Duration::from_secs(1);
/// How long everything may take to be shown in the end.
const PATIENCE: Duration = Duration::from_secs(120);

/// Lets others talk for some seconds.
pub(super) async fn slow_lines(table: &mut Comparison, programs: &[Program], seconds: u64) -> Result<()> {
    for &program in programs {
        let Stage { mut window, mut voice } = Stage::set(program).await?;
        window.types(TYPED)?;
        window.shows(TYPED).await?;
        window.takes(TAKES);
        let mut looker = Looker::new(&voice);
        // The moment in which each message was sent, of which the looker sees those that were shown.
        let sent = Cell::new(0);
        let began = Instant::now();
        let talking = talks(&mut voice, &sent, seconds);
        let (talked, looked) = tokio::join!(talking, looker.looks(&mut window, &sent, began, seconds));
        talked?;
        looked?;
        let (mut lags, mut echoes) = (looker.lags, looker.echoes);
        let what = |figure: &str| format!("2,000 bytes/s taken, 10 messages/s: {figure}");
        table.put(program, &what("newest shown after"), Unit::Seconds, Some(1.0), at_share(&mut lags, 0.5));
        table.put(program, &what("at the latest"), Unit::Seconds, None, at_share(&mut lags, 1.0));
        table.put(program, &what("key echoed after"), Unit::Seconds, Some(0.5), at_share(&mut echoes, 0.5));
        table.put(program, &what("echoed at the latest"), Unit::Seconds, None, at_share(&mut echoes, 1.0));
    }
    Ok(())
}

async fn talks(voice: &mut Voice, sent: &Cell<u64>, seconds: u64) -> Result<()> {
    let many = (seconds as f64 * RATE) as u64;
    voice
        .talks_at(RATE, |number| {
            sent.set(number);
            number < many
        })
        .await
}

/// Who sits before the terminal.
struct Looker {
    /// The number of the last message before the others began.
    before: u64,
    /// Messages that were seen, or that newer ones have pushed away.
    seen: u64,
    lags: Vec<f64>,
    echoes: Vec<f64>,
}

impl Looker {
    fn new(voice: &Voice) -> Self {
        Self { before: voice.said(), seen: 0, lags: Vec::new(), echoes: Vec::new() }
    }

    /// Looks until the last message is shown.
    async fn looks(&mut self, window: &mut Window, sent: &Cell<u64>, began: Instant, seconds: u64) -> Result<()> {
        let all = (seconds as f64 * RATE) as u64;
        let mut pressed: Option<Instant> = None;
        let (mut is_letter, mut next_key) = (false, began + BETWEEN_KEYS);
        while self.seen < all || pressed.is_some() {
            if began.elapsed() > PATIENCE {
                bail!("{} of {} messages were sent, the newest shown is {}", sent.get(), all, self.seen);
            }
            let text = window.text();
            self.sees(&text, began);
            if let Some(at) = pressed.take_if(|_| text.contains(TYPED_MORE) == is_letter) {
                self.echoes.push(at.elapsed().as_secs_f64());
                next_key = Instant::now() + BETWEEN_KEYS;
            } else if pressed.is_none() && Instant::now() > next_key && self.seen < all {
                is_letter = !is_letter;
                window.types(if is_letter { &TYPED_MORE[TYPED.len()..] } else { BACKSPACE })?;
                pressed = Some(Instant::now());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Counts the messages that are new on the screen, and those that were skipped on the way to them.
    fn sees(&mut self, text: &str, began: Instant) {
        let newest = text.split('w').filter_map(|rest| rest.get(..7)?.parse::<u64>().ok()).max().unwrap_or(0);
        let newest = newest.saturating_sub(self.before);
        for number in self.seen..newest {
            let sent = Duration::from_secs_f64(number as f64 / RATE);
            self.lags.push(began.elapsed().saturating_sub(sent).as_secs_f64());
        }
        self.seen = self.seen.max(newest);
    }
}
