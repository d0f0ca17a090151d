//! A connection that has said hello: the loop that decides what it does next.
//!
//! What the peer sends is taken in by `incoming.rs`. What the hub has for it goes out by `wire.rs`.

mod answers;
mod incoming;
mod showing;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, StreamExt};
use proto::codec::ReceivedRequest;
use proto::{CloseCode, Ref, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use super::abuse_budget::AbuseBudget;
use super::cursor::Cursor;
use super::end::End;
use super::hello::Greeting;
use super::wire::Wire;
use crate::answer::{Answer, Outcome};
use crate::daemon::Daemon;
use crate::handler::snapshot::Show;
use crate::hub::{BACK_AFTER, News, Outbox};
use crate::policy::SignedIn;

/// Answers that a connection may have outstanding; further packets are read when one is given.
const ANSWERS_MAX: usize = 64;
/// Times that news may come first before the peer is heard.
const NEWS_IN_A_ROW: u32 = 16;
/// Without a sign of life for this long the peer is asked for one.
const PING_AFTER: Duration = Duration::from_secs(30);
/// Without a sign of life for this long the peer is gone.
const DEAD_AFTER: Duration = Duration::from_secs(75);
/// The farthest end of a token that a timer is set for: one year; nobody stays connected for longer.
const EXPIRY_LOOKED_AT_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// An answer that waits for its turn, and maybe for the disk, with the name of its request.
struct WaitingAnswer {
    reference: Option<Ref>,
    outcome: Outcome,
}

impl Future for WaitingAnswer {
    type Output = (Option<Ref>, Answer);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.outcome.poll_answer(context));
        Poll::Ready((self.reference.take(), answer))
    }
}

/// A connection that has said hello.
pub(super) struct Session<'a, S> {
    wire: &'a mut Wire<S>,
    daemon: &'a Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    who: SignedIn,
    outbox: Arc<Outbox>,
    cursor: Cursor,
    show: Show,
    answers: FuturesOrdered<WaitingAnswer>,
    /// Bytes of the messages whose answers are outstanding, at most.
    outstanding_bytes: usize,
    expires: Timestamp,
    expiry: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
    heard: Instant,
    abuse_budget: AbuseBudget,
    news_in_a_row: u32,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    pub(super) fn new(
        wire: &'a mut Wire<S>,
        daemon: &'a Arc<Daemon>,
        stopping: watch::Receiver<bool>,
        greeting: Greeting,
    ) -> Self {
        let now = Instant::now();
        Self {
            wire,
            daemon,
            stopping,
            expires: greeting.who.expires(),
            expiry: Box::pin(tokio::time::sleep(time_left(daemon, greeting.who.expires()))),
            who: greeting.who,
            outbox: greeting.outbox,
            cursor: Cursor::new(greeting.channels, greeting.resume, greeting.with_messages),
            show: greeting.show,
            answers: FuturesOrdered::new(),
            outstanding_bytes: 0,
            quiet: Box::pin(tokio::time::sleep_until(now + PING_AFTER)),
            heard: now,
            abuse_budget: AbuseBudget::new(now),
            news_in_a_row: 0,
        }
    }

    pub(super) async fn run(&mut self, first: Vec<ReceivedRequest>) -> End {
        // A connection that comes after the hub has notified the others finds out here.
        if *self.stopping.borrow() {
            self.outbox.stop(BACK_AFTER);
        }
        let outcome = async {
            self.handle_all(first).await?;
            loop {
                self.step().await?;
            }
        };
        match outcome.await {
            Ok(never) => never,
            Err(end) => end,
        }
    }

    /// Does one thing, the most urgent first: what ends the connection, what is owed, what is new.
    async fn step(&mut self) -> Result<(), End> {
        tokio::select! {
            biased;
            () = &mut self.expiry => Err(End::Close(CloseCode::TokenRefused, "the token has expired")),
            Some(answer) = self.answers.next() => {
                self.feed_answer(answer).await?;
                self.settle().await
            }
            news = self.outbox.news() => match news {
                News::Items => {
                    self.settle().await?;
                    self.have_an_ear().await
                }
                News::Closing(reason) => Err(reason.into()),
                News::Stopping(back_after) => Box::pin(self.say_goodbye(back_after)).await,
            },
            frame = self.wire.next(), if self.answers.len() < ANSWERS_MAX => self.read(frame).await,
            () = std::future::ready(()), if self.cursor.has_more_to_show() => Box::pin(self.show_next()).await,
            () = &mut self.quiet => self.ask_for_life().await,
        }
    }

    /// Writes everything that is ready: further answers, and what the outbox holds.
    async fn settle(&mut self) -> Result<(), End> {
        while let Some(Some(answer)) = self.answers.next().now_or_never() {
            self.feed_answer(answer).await?;
        }
        self.wire.write_waiting(&self.outbox, &mut self.cursor).await
    }

    /// Where there is news at every step, the peer is heard between them all the same.
    async fn have_an_ear(&mut self) -> Result<(), End> {
        self.news_in_a_row += 1;
        if self.news_in_a_row < NEWS_IN_A_ROW || self.answers.len() >= ANSWERS_MAX {
            return Ok(());
        }
        self.news_in_a_row = 0;
        if self.cursor.has_more_to_show() {
            Box::pin(self.show_next()).await?;
        }
        match self.wire.next().now_or_never() {
            Some(frame) => self.read(frame).await,
            None => Ok(()),
        }
    }

    async fn ask_for_life(&mut self) -> Result<(), End> {
        let silent = self.heard.elapsed();
        if silent >= DEAD_AFTER {
            return Err(End::Gone);
        }
        // The timer is not moved with every frame; it finds out here what was heard meanwhile.
        if silent < PING_AFTER {
            self.quiet.as_mut().reset(self.heard + PING_AFTER);
            return Ok(());
        }
        self.quiet.as_mut().reset(self.heard + DEAD_AFTER);
        self.wire.ping().await
    }
}

/// How long a token is still valid.
fn time_left(daemon: &Daemon, expires: Timestamp) -> Duration {
    Duration::from_millis(expires.millis_since(daemon.clock.now())).min(EXPIRY_LOOKED_AT_MAX)
}

#[cfg(test)]
mod tests;
