//! Signing in and out.

use serde_json::json;

use super::output::Output;
use crate::cli::Failure;
use crate::http::{self, RequestError};
use crate::places::Profile;
use crate::session::Session;

/// Says who is signed in where.
pub(super) fn signed_in(session: &Session, json: bool) -> Result<(), Failure> {
    let server = session.server.to_string();
    let thing = json!({"handle": session.handle, "server": server, "expires_at": session.expires_at});
    Output::new(json).print(&thing, || format!("{} on {server}", session.handle))
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
