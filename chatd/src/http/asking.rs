//! One request over HTTP: who asks, and what is read of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, header};
use proto::http::{Asker, Call, Method, PathName, Query, decode_object};
use proto::{ErrorCode, ErrorReply, Handle, Token};

use super::response::{Body, ok};
use crate::config::Registration;
use crate::daemon::Daemon;
use crate::error::rate_limited;
use crate::peer::Peer;
use crate::policy::{self, SignedIn};
use crate::source::Source;

/// Bytes of the body of a sign-in.
const BODY_BYTES_MAX: usize = 16_384;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A request that is being answered.
pub(super) struct Asking<'a> {
    pub(super) daemon: &'a Arc<Daemon>,
    pub(super) peer: Peer,
    /// The user of the system at the other end, where nothing is in between.
    pub(super) user: Option<u32>,
    pub(super) request: &'a mut Request<Incoming>,
    /// Whom a sign-in names, for the log.
    pub(super) named: Option<Handle>,
}

impl Asking<'_> {
    /// Gives what limits count the other end as.
    pub(super) async fn source(&self) -> Source {
        let config = self.daemon.config();
        let counts = config.limits.sign_in_rate > 0 || config.auth.registration == Registration::Approval;
        self.peer.source(counts).await
    }

    /// Answers what somebody who is signed in reads.
    pub(super) async fn reads<C: Call>(
        &self,
        at: &C,
        handler: impl AsyncFnOnce(&Daemon, &SignedIn, C::Query) -> Result<C::Answer, ErrorReply>,
    ) -> Result<Response<Body>, ErrorReply> {
        let who = self.reader(at).await?;
        Ok(ok(at, &handler(self.daemon, &who, self.query::<C>()?).await?))
    }

    /// Answers what they read of a person.
    pub(super) async fn reads_of<C: Call>(
        &self,
        at: &C,
        of: &PathName,
        handler: impl AsyncFnOnce(&Daemon, &SignedIn, Handle, C::Query) -> Result<C::Answer, ErrorReply>,
    ) -> Result<Response<Body>, ErrorReply> {
        let who = self.reader(at).await?;
        let of = of.handle()?;
        Ok(ok(at, &handler(self.daemon, &who, of, self.query::<C>()?).await?))
    }

    /// Finds out who reads: that is a request as one on a connection.
    pub(super) async fn reader<C: Call>(&self, at: &C) -> Result<SignedIn, ErrorReply> {
        const { assert!(matches!(C::METHOD, Method::Get), "the table says that it changes something") };
        let who = self.who(at).await?;
        // Where somebody reads with a token of theirs nobody else guesses; asking the system for a user would cost more.
        if let Some(address) = self.peer.address {
            self.daemon.entrance.guesses.got_in(who.handle(), Source::at(address));
        }
        self.daemon.pace.requests.take(who.user(), Instant::now()).map_err(rate_limited)?;
        Ok(who)
    }

    /// Reads the query of an endpoint whose body is no JSON.
    pub(super) fn query_of<C: Call>(&self, _: &C) -> Result<C::Query, ErrorReply> {
        self.query::<C>()
    }

    fn query<C: Call>(&self) -> Result<C::Query, ErrorReply> {
        C::Query::read(self.request.uri().query().unwrap_or_default())
    }

    /// Reads the body.
    pub(super) async fn body<C: Call>(&mut self, _: &C) -> Result<C::Body, ErrorReply> {
        const { assert!(matches!(C::METHOD, Method::Post), "the table says that it only reads") };
        let body = Limited::new(self.request.body_mut(), BODY_BYTES_MAX).collect();
        match tokio::time::timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => decode_object(&body.to_bytes()),
            Ok(Err(failure)) if failure.is::<http_body_util::LengthLimitError>() => {
                let reason = format!("the body has more than {BODY_BYTES_MAX} bytes");
                Err(ErrorReply::new(ErrorCode::TooLarge, reason))
            }
            Ok(Err(_)) => Err(ErrorReply::new(ErrorCode::Malformed, "the body broke off")),
            Err(_) => Err(ErrorReply::new(ErrorCode::Malformed, "the body took too long")),
        }
    }

    /// Finds out who asks an endpoint that the table gives to those who are signed in, and to nobody else.
    pub(super) async fn who<C: Call>(&self, _: &C) -> Result<SignedIn, ErrorReply> {
        const { assert!(matches!(C::ASKER, Asker::SignedIn | Asker::WithPassword), "the table says: anybody") };
        let token = self
            .request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| Token::new(token.trim()));
        match token {
            Some(token) => policy::sign_in(self.daemon, &token).await,
            None => Err(ErrorReply::new(ErrorCode::TokenInvalid, "an `Authorization: Bearer` header is needed")),
        }
    }
}
