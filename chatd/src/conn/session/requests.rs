//! Requests of a connection and their answers, in order.

use futures_util::StreamExt;
use proto::codec::{ReceivedRequest, encode_error, encode_ok};
use proto::{ClientPacket, CloseCode, ErrorCode, ErrorReply, Ref};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::{ANSWERS_MAX, Session, time_left};
use crate::answer::{Answer, Done, Outcome};
use crate::conn::end::End;
use crate::dispatch::{Turn, dispatch};

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    pub(super) async fn handle_all(&mut self, requests: Vec<ReceivedRequest>) -> Result<(), End> {
        self.daemon.counters.packets.add(requests.len() as u64);
        for request in requests {
            match request.packet {
                Ok(packet) => self.handle(request.reference, packet).await?,
                Err(refusal) => {
                    self.await_answers(0).await?;
                    self.require_signed_in()?;
                    self.refuse(request.reference, &refusal).await?;
                }
            }
        }
        Ok(())
    }

    /// A session that ends while a frame of many packets is worked on does nothing more.
    fn require_signed_in(&self) -> Result<(), End> {
        if let Some(reason) = self.outbox.closing() {
            return Err(reason.into());
        }
        if self.daemon.clock.now() >= self.expires {
            return Err(End::Close(CloseCode::TokenRefused, "the token has expired"));
        }
        Ok(())
    }

    pub(super) async fn handle(&mut self, reference: Option<Ref>, packet: ClientPacket) -> Result<(), End> {
        let room = self.outbox.bytes_max() / 2;
        let turn = Turn::of(&packet);
        let fits = self.outstanding_bytes + turn.bytes <= room;
        let outstanding_max = if turn.may_overtake_the_disk && fits { ANSWERS_MAX - 1 } else { 0 };
        self.await_answers(outstanding_max).await?;
        self.require_signed_in()?;
        self.outstanding_bytes += turn.bytes;
        let outcome = Box::pin(dispatch(self.daemon, &self.who, &self.outbox, packet)).await;
        self.answers.push_back(Box::pin(async move {
            match outcome {
                Outcome::Now(answer) => (reference, answer),
                Outcome::Later(answer) => (reference, answer.await),
            }
        }));
        Ok(())
    }

    /// Gives answers until no more than this many are outstanding.
    pub(super) async fn await_answers(&mut self, outstanding_max: usize) -> Result<(), End> {
        if self.answers.len() <= outstanding_max {
            return Ok(());
        }
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
