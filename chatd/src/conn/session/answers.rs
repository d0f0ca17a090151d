//! Answers of a connection, in the order of its requests.

use futures_util::StreamExt;
use proto::codec::{encode_error, encode_ok};
use proto::{ErrorCode, ErrorReply, Ref};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{Session, time_left};
use crate::answer::{Answer, Done};
use crate::conn::end::End;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Gives answers until no more than this many are outstanding.
    pub(super) async fn await_answers(&mut self, outstanding_max: usize) -> Result<(), End> {
        if self.answers.len() <= outstanding_max { Ok(()) } else { Box::pin(self.give_answers(outstanding_max)).await }
    }

    async fn give_answers(&mut self, outstanding_max: usize) -> Result<(), End> {
        // What the commits bring is written meanwhile, so that nobody's own messages fill the outbox.
        while self.answers.len() > outstanding_max {
            tokio::select! {
                Some(answer) = self.answers.next() => self.feed_answer(answer).await?,
                () = self.outbox.filled() => {
                    if let Some(reason) = self.outbox.closing() {
                        return Err(reason.into());
                    }
                    self.settle().await?;
                }
            }
        }
        self.settle().await
    }

    pub(super) async fn feed_answer(&mut self, (reference, answer): (Option<Ref>, Answer)) -> Result<(), End> {
        if self.answers.is_empty() {
            self.outstanding_bytes = 0;
        }
        if let Ok(Done { expires: Some(expires), .. }) = &answer {
            self.expires = *expires;
            self.expiry.as_mut().reset(Instant::now() + time_left(self.daemon, self.expires));
        }
        match (answer, reference) {
            (Ok(done), Some(reference)) => self.wire.feed(encode_ok(&reference, &done.payload).into()).await,
            (Ok(_), None) => Ok(()),
            (Err(refusal), reference) => {
                let borne = self.count_refusal(&refusal);
                self.wire.feed(encode_error(reference.as_ref(), &refusal).into()).await?;
                if borne.is_err() {
                    self.wire.flush().await?;
                }
                borne
            }
        }
    }

    pub(super) async fn refuse(&mut self, reference: Option<Ref>, refusal: &ErrorReply) -> Result<(), End> {
        let borne = self.count_refusal(refusal);
        self.wire.send(encode_error(reference.as_ref(), refusal)).await?;
        borne
    }

    fn count_refusal(&mut self, refusal: &ErrorReply) -> Result<(), End> {
        self.daemon.counters.packets_refused.add(1);
        self.daemon.counters.refused(&refusal.code);
        tracing::debug!(code = %refusal.code, handle = %self.who.handle(), "packet refused");
        match refusal.code {
            // Not the peer's doing.
            ErrorCode::Internal | ErrorCode::StorageFull => Ok(()),
            _ => self.abuse_budget.charge(Instant::now()),
        }
    }
}
