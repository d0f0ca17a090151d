//! Signing in and out.

use std::io::IsTerminal;

use proto::{ErrorCode, Password};
use serde_json::json;

use super::Passwd;
use super::output::Output;
use crate::cli::Failure;
use crate::http::{self, RequestError};
use crate::places::{Profile, password_file};
use crate::session::Session;

/// Says who is signed in where.
pub(super) fn signed_in(session: &Session, json: bool) -> Result<(), Failure> {
    let server = session.server.to_string();
    let thing = json!({"handle": session.handle, "server": server, "expires_at": session.expires_at});
    Output::new(json).print(&thing, || format!("{} on {server}", session.handle))
}

/// Gives the password that is to be, which is asked for twice.
pub(super) fn new_password(passwd: &Passwd) -> Result<Password, Failure> {
    if let Some(path) = &passwd.new_password_file {
        return Ok(password_file(path)?);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("without a terminal name the new password: --new-password-file FILE".to_owned()));
    }
    let first = rpassword::prompt_password("New password: ")?;
    if rpassword::prompt_password("Once more: ")? != first {
        return Err(Failure::Usage("the two are not the same".to_owned()));
    }
    Ok(Password::new(first))
}

/// Changes the password. That the account has one is known when the server asks for it.
pub(super) async fn change_password(session: &Session, passwd: &Passwd, new: Password) -> Result<(), Failure> {
    let old = passwd.old_password_file.as_deref().map(password_file).transpose()?;
    let told = old.is_some();
    let changed = match http::change_password(session, old, new.clone()).await {
        Err(RequestError::Refused(refusal))
            if refusal.code == ErrorCode::InvalidPassword && !told && std::io::stdin().is_terminal() =>
        {
            let old = Password::new(rpassword::prompt_password("Old password: ")?);
            http::change_password(session, Some(old), new).await
        }
        changed => changed,
    };
    changed.map_err(Failure::from_asked)?;
    let thing = json!({"handle": session.handle, "server": session.server.to_string()});
    Output::new(passwd.json).print(&thing, || format!("the password of {} is set", session.handle))
}

/// Ends the session on the server and forgets it; one that has ended already is only forgotten.
pub(super) async fn logout(session: &Session, profile: &Profile, json: bool) -> Result<(), Failure> {
    match http::logout(session).await {
        Ok(()) => {}
        Err(RequestError::Refused(refusal)) if refusal.code.is_of_the_token() => {}
        Err(error) => return Err(error.into()),
    }
    profile.forget(session)?;
    let thing = json!({"handle": session.handle, "server": session.server.to_string()});
    Output::new(json).print(&thing, || format!("{} signed out", session.handle))
}
