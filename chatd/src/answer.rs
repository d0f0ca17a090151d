//! What a request comes to, now, or when the disk has it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use proto::{ErrorReply, Request, Timestamp};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// What the handler of a request gives: the answer that the table of requests names, or a refusal.
pub(crate) type AnswerTo<R> = Result<<R as Request>::Answer, ErrorReply>;

/// What a connection tells of any request.
pub(crate) type Answer = Result<Done, ErrorReply>;

/// A request that was done.
#[derive(Debug)]
pub(crate) struct Done {
    /// The payload of its `ok`.
    pub(crate) payload: Box<RawValue>,
    /// Until when the connection may last from now on, where the request has changed that.
    pub(crate) expires: Option<Timestamp>,
}

impl Done {
    /// Writes the answer to a request.
    pub(crate) fn with(answer: &impl Serialize) -> Self {
        let payload = to_raw_value(answer).expect("answers hold nothing that JSON cannot");
        Self { payload, expires: None }
    }
}

/// A request on its way: refused or done at once, or waiting for the disk while its connection
/// already hands over the next one.
pub(crate) enum Outcome {
    /// The answer is known; nothing once it was given.
    Now(Option<Answer>),
    /// The answer comes after the commit.
    Later(Pin<Box<dyn Future<Output = Answer> + Send>>),
}

impl Outcome {
    /// Gives an answer that is known.
    pub(crate) fn now(answer: Answer) -> Self {
        Self::Now(Some(answer))
    }

    /// Waits for the answer; it is given once.
    pub(crate) fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Answer> {
        match self {
            Self::Now(answer) => Poll::Ready(answer.take().expect("an answer is given once")),
            Self::Later(answer) => answer.as_mut().poll(context),
        }
    }
}
