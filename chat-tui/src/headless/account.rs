//! Signing in and out.

use std::io::IsTerminal;

use proto::http::Legacy;
use proto::{ErrorCode, Password};
use serde_json::json;

use super::arguments::{DeleteAccount, Passwd};
use super::ask::sure;
use super::output::Output;
use crate::failure::Failure;
use crate::http::{self, RequestError};
use crate::places::{Profile, password_file};
use crate::session::{Session, Source};
use crate::store::clear;

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
pub(super) async fn set_password(session: &Session, passwd: &Passwd, new: Password) -> Result<(), Failure> {
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
pub(super) async fn log_out(session: &Session, profile: &Profile, json: bool) -> Result<(), Failure> {
    match http::logout(session).await {
        Ok(()) => {}
        Err(RequestError::Refused(refusal)) if refusal.code.is_of_the_token() => {}
        Err(error) => return Err(error.into()),
    }
    profile.forget(session)?;
    forget_read(session, profile)?;
    let thing = json!({"handle": session.handle, "server": session.server.to_string()});
    Output::new(json).print(&thing, || format!("{} signed out", session.handle))
}

/// Deletes what was read on this machine: who signs out leaves nothing but what is unsent.
fn forget_read(session: &Session, profile: &Profile) -> Result<(), Failure> {
    let store = profile.store_of(&session.server);
    if session.source == Source::Profile && store.exists() {
        clear(&store)?;
    }
    Ok(())
}

/// Deletes the account, whose handle was named once more, and forgets its session.
pub(super) async fn delete_own_account(
    session: &Session,
    profile: &Profile,
    delete: &DeleteAccount,
) -> Result<(), Failure> {
    if delete.handle != session.handle {
        return Err(Failure::Usage(format!("you are `{}`, not `{}`", session.handle, delete.handle)));
    }
    let content = if delete.content == "remove" { Legacy::Remove } else { Legacy::Keep };
    let said = if content == Legacy::Remove { "with all that they have said" } else { "what they have said stays" };
    sure(delete.yes, &format!("the account of {} is deleted for good, {said}", session.handle))?;
    let password = delete.account_password_file.as_deref().map(password_file).transpose()?;
    let told = password.is_some();
    let deleted = match http::delete_account(session, password, content).await {
        Err(RequestError::Refused(refusal))
            if refusal.code == ErrorCode::InvalidPassword && !told && std::io::stdin().is_terminal() =>
        {
            let password = Password::new(rpassword::prompt_password("Password: ")?);
            http::delete_account(session, Some(password), content).await
        }
        deleted => deleted,
    };
    deleted.map_err(Failure::from_asked)?;
    profile.forget(session)?;
    forget_read(session, profile)?;
    let thing = json!({"handle": session.handle, "server": session.server.to_string()});
    Output::new(delete.json).print(&thing, || format!("the account of {} is deleted", session.handle))
}

/// Parts of an export without anything in them, one behind the other.
const EMPTY_PARTS_MAX: usize = 1_000;

/// Prints what the server keeps of the asker, part by part.
pub(super) async fn export(session: &Session) -> Result<(), Failure> {
    let mut output = Output::new(true);
    let (mut from, mut empty) = (None, 0);
    loop {
        let part = http::fetch_export(session, from.as_ref()).await.map_err(Failure::from_asked)?;
        for record in &part.records {
            output.print(record, String::new)?;
        }
        // Parts may hold nothing; a server that goes on without giving anything, or not at all, has nothing more.
        empty = if part.records.is_empty() { empty + 1 } else { 0 };
        match part.next {
            Some(next) if empty < EMPTY_PARTS_MAX && from.as_ref() != Some(&next) => from = Some(next),
            _ => return Ok(()),
        }
    }
}
