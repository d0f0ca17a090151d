//! Effects about the account and its sessions: signing in and out, the password, the end of the account, and what the
//! profile keeps of all that.

use proto::http::Legacy;
use proto::{ErrorCode, Password};

use super::Runtime;
use crate::effect::SignIn;
use crate::http::{self, RequestError};
use crate::msg::{Msg, SignInFailure};
use crate::places::{PlaceError, Profile};
use crate::refusals;
use crate::session::{Server, Session};

impl Runtime {
    /// Signs in, to a new account if there is to be one: by an invitation, if there is any.
    pub(super) fn sign_in(&self, wish: SignIn) {
        let SignIn { server, handle, password, register, invite } = wish;
        let (device, admitted) = (self.device.clone(), self.trust.admit(server));
        self.answer(async move {
            let server = match admitted {
                Ok(server) => server,
                Err(error) => return Msg::SignedIn(Err(SignInFailure::Address(error))),
            };
            let signed_in = if register {
                http::register(&server, &handle, &password, &device, invite.as_deref()).await
            } else {
                http::login(&server, &handle, &password, &device).await
            };
            match signed_in {
                Err(RequestError::Untrusted { error, .. }) => Msg::KeyRefused(server, error),
                signed_in => Msg::SignedIn(signed_in.map_err(SignInFailure::Request)),
            }
        });
    }

    /// Signs in as the user that the system knows.
    pub(super) fn sign_in_locally(&self, server: Server) {
        let device = self.device.clone();
        self.answer(async move {
            Msg::SignedIn(http::local(&server, &device).await.map_err(|error| match error {
                RequestError::Refused(refusal) if refusal.code == ErrorCode::NotFound => SignInFailure::NotByTheSystem,
                error => SignInFailure::Request(error),
            }))
        });
    }

    /// Comes as a guest.
    pub(super) fn come_as_guest(&self, server: Server, name: Option<String>) {
        self.answer(async move {
            match http::guest(&server, name.as_deref()).await {
                Err(RequestError::Untrusted { error, .. }) => Msg::KeyRefused(server, error),
                signed_in => Msg::SignedIn(signed_in.map_err(SignInFailure::Request)),
            }
        });
    }

    /// Gives the account another password, or its first one.
    pub(super) fn change_password(&self, old: Option<Password>, new: Password) {
        let Some(session) = self.session.clone() else { return };
        self.answer_of_session(async move { Msg::PasswordChanged(http::change_password(&session, old, new).await) });
    }

    /// Deletes the account.
    pub(super) fn delete_account(&self, password: Option<Password>, content: Legacy) {
        let Some(session) = self.session.clone() else { return };
        self.answer_of_session(
            async move { Msg::AccountDeleted(http::delete_account(&session, password, content).await) },
        );
    }

    /// Takes a key for the server's from now on.
    pub(super) fn remember_key(&self, server: &Server, key: &str) {
        if let Server::Https(place) = server
            && let Err(error) = self.trust.remember(place.authority(), key)
        {
            tracing::warn!(%error, "the key of the server is not remembered");
        }
    }

    /// Keeps a session for the next start, in one way or another.
    pub(super) fn save_session(&mut self, session: Session, save: fn(&Profile, &Session) -> Result<(), PlaceError>) {
        if let Err(error) = save(&self.profile, &session) {
            self.tell_kept()(Err(refusals::of_file(&error)));
        }
        self.session = Some(session);
    }

    /// Forgets the session that was kept.
    pub(super) fn forget_session(&self, session: &Session) {
        if let Err(error) = self.profile.forget(session) {
            tracing::warn!(%error, "the session is still kept");
        }
    }
}

/// Ends a session on the server too; nobody waits for it.
pub(super) fn sign_out(session: Session) {
    tokio::spawn(async move {
        if let Err(error) = http::logout(&session).await {
            tracing::warn!(%error, "the session could not be ended on the server");
        }
    });
}
