//! Signing in as the user that the system knows: over a Unix socket, without a password.

use std::time::Instant;

use base64::Engine;
use proto::http::{LocalSignIn, SignedIn};
use proto::{DeviceName, ErrorCode, ErrorReply, Handle, SshKey};
use sha2::{Digest, Sha256};

use super::account::{new_handle, new_session, registration_closed, sign};
use crate::config::{Local, Registration};
use crate::daemon::Daemon;
use crate::error::{internal, rate_limited, store_error};
use crate::source::Source;
use crate::store::{Refused, StoreError, UnixUser};

/// The user of nobody, whose number the kernel also shows for those of another namespace.
const NOBODY: u32 = 65_534;

/// The first number that Debian gives to a person (login.defs, `UID_MIN`); those below are the system's own.
const FIRST_PERSON: u32 = 1_000;

/// A user with the names of the groups.
struct Known {
    user: UnixUser,
    groups: Vec<String>,
}

/// Signs in the Unix user at the other end of the socket; true when the account is new.
pub(crate) async fn sign_in_local(
    daemon: &Daemon,
    uid: Option<u32>,
    wish: LocalSignIn,
) -> Result<(SignedIn, bool), ErrorReply> {
    let uid = uid.ok_or_else(|| ErrorReply::new(ErrorCode::NotFound, "this works only over a Unix socket"))?;
    let device = wish.device.clone();
    daemon.entrance.count_local_sign_in(uid, Instant::now()).map_err(rate_limited)?;
    // The system may have to ask elsewhere for a name.
    let known = tokio::task::spawn_blocking(move || look_up(uid)).await.map_err(|error| internal(&error))?;
    let config = daemon.config();
    if let Some(known) = known.as_ref().filter(|known| config.auth.local.key_users.contains(&known.user.name)) {
        return by_key(daemon, &known.user.name, wish, device).await;
    }
    if wish.ssh_key.is_some() {
        return Err(refused("you are not trusted to sign people in by their ssh keys".to_owned()));
    }
    let (user, handle) = admit(&config.auth.local, uid, known)?;
    let session = new_session(daemon, device);
    let (name, id) = (user.name.clone(), session.session);
    let expires = session.expires;
    let pending = daemon.store.sign_in_local(user, handle.clone(), session).await;
    match pending.committed().await {
        Ok((handle, new)) => {
            daemon.entrance.guesses.got_in(&handle, Source::User(uid));
            Ok((sign(daemon, &handle, id, expires), new))
        }
        Err(StoreError::Refused(Refused::HandleTaken)) => {
            let reason = format!(
                "the handle `{handle}` belongs to another account; sign in to it with its password, or ask the operator for another handle for `{name}`"
            );
            Err(ErrorReply::new(ErrorCode::UserExists, reason))
        }
        Err(StoreError::Refused(Refused::NotAllowed)) => {
            Err(refused(format!("the user id of `{name}` belongs to another account here; ask the operator")))
        }
        Err(error) => Err(store_error(&error)),
    }
}

/// Keeps the handles of those whom the system can vouch for: nobody else takes one before they first come.
pub(super) async fn check_free(daemon: &Daemon, handle: &Handle) -> Result<(), ErrorReply> {
    let config = daemon.config();
    if !daemon.served.addresses.iter().any(|address| address.starts_with("unix:")) {
        return Ok(());
    }
    let wanted = handle.clone();
    let taken = tokio::task::spawn_blocking(move || {
        let policy = &config.auth.local;
        let renamed = policy.handles.iter().filter(|(_, handle)| **handle == wanted).map(|(name, _)| name.as_str());
        let users = renamed.chain([wanted.as_str()]).filter_map(uzers::get_user_by_name);
        users
            .map(|user| user.uid())
            .any(|uid| admit(policy, uid, look_up(uid)).is_ok_and(|(_, handle)| handle == wanted))
    });
    if taken.await.map_err(|error| internal(&error))? {
        let reason = format!("the handle `{handle}` is kept for the user of this machine with that name");
        return Err(ErrorReply::new(ErrorCode::InvalidHandle, reason));
    }
    Ok(())
}

/// Signs in the owner of an ssh key that a key user vouches for.
async fn by_key(
    daemon: &Daemon,
    name: &str,
    wish: LocalSignIn,
    device: Option<DeviceName>,
) -> Result<(SignedIn, bool), ErrorReply> {
    let Some(key) = &wish.ssh_key else {
        return Err(refused(format!("`{name}` has no account: it signs people in by their ssh keys")));
    };
    let hash = key_hash(key).ok_or_else(|| ErrorReply::new(ErrorCode::Malformed, "`ssh_key` is not a public key"))?;
    let closed = daemon.config().auth.registration == Registration::Closed;
    let handle = match wish.handle.as_deref().filter(|_| !closed) {
        Some(handle) => {
            let handle = new_handle(handle)?;
            check_free(daemon, &handle).await?;
            Some(handle)
        }
        None => None,
    };
    let session = new_session(daemon, device);
    let (id, expires) = (session.session, session.expires);
    match daemon.store.sign_in_by_key(hash, handle, session).await.committed().await {
        Ok((handle, new)) => Ok((sign(daemon, &handle, id, expires), new)),
        Err(StoreError::Refused(Refused::NoSuchUser)) if closed => Err(registration_closed()),
        Err(StoreError::Refused(Refused::NoSuchUser)) => {
            Err(ErrorReply::new(ErrorCode::NoSuchUser, "no account has this key yet; name a handle"))
        }
        Err(error) => Err(store_error(&error)),
    }
}

/// Bytes of a public key, so that its form is looked at and nothing more: 16,384 bits of RSA and room to spare.
const KEY_BYTES_MAX: usize = 4_096;

/// Gives the SHA-256 of a public key as OpenSSH writes it: `TYPE BASE64`, whatever follows. It is the one that
/// `ssh-keygen -l` shows.
fn key_hash(key: &SshKey) -> Option<[u8; 32]> {
    let mut parts = key.as_str().split_ascii_whitespace();
    let (kind, body) = (parts.next()?, parts.next()?);
    let body = base64::engine::general_purpose::STANDARD.decode(body).ok()?;
    // The body begins with the type, behind its length. Source: RFC 4253 section 6.6.
    let (length, rest) = body.split_first_chunk::<4>()?;
    let named = rest.get(..u32::from_be_bytes(*length) as usize)?;
    (named == kind.as_bytes() && body.len() <= KEY_BYTES_MAX).then(|| Sha256::digest(&body).into())
}

fn look_up(uid: u32) -> Option<Known> {
    let user = uzers::get_user_by_uid(uid)?;
    let name = user.name().to_str()?.to_owned();
    let groups = uzers::get_user_groups(&name, user.primary_group_id()).unwrap_or_default();
    let groups = groups.iter().filter_map(|group| group.name().to_str().map(str::to_owned)).collect();
    Some(Known { user: UnixUser { uid, name }, groups })
}

/// Decides whether a user is let in, and under which handle.
fn admit(policy: &Local, uid: u32, known: Option<Known>) -> Result<(UnixUser, Handle), ErrorReply> {
    if uid == 0 || uid == NOBODY {
        return Err(refused("root and nobody have no account here; use your own user".to_owned()));
    }
    let Some(Known { user, groups }) = known else {
        return Err(refused("this machine has no name for your user id".to_owned()));
    };
    let everybody = uid >= FIRST_PERSON && policy.users.iter().any(|name| name == "*");
    let named = everybody || policy.users.contains(&user.name);
    if !named && !policy.groups.iter().any(|group| groups.contains(group)) {
        return Err(refused(format!("`{}` may not sign in without a password", user.name)));
    }
    let handle = match policy.handles.get(&user.name) {
        Some(handle) => handle.clone(),
        None => user.name.parse().map_err(|error| {
            refused(format!("`{}` cannot be a handle ({error}); ask the operator for another one", user.name))
        })?,
    };
    if handle.is_guest() || handle.is_reserved() {
        return Err(refused(format!("the handle `{handle}` is reserved; ask the operator for another one")));
    }
    Ok((user, handle))
}

fn refused(reason: String) -> ErrorReply {
    ErrorReply::new(ErrorCode::NotAllowed, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, groups: &[&str]) -> Option<Known> {
        let user = UnixUser { uid: 1_000, name: name.to_owned() };
        Some(Known { user, groups: groups.iter().map(|&group| group.to_owned()).collect() })
    }

    fn handle(policy: &Local, uid: u32, known: Option<Known>) -> Option<String> {
        admit(policy, uid, known).ok().map(|(_, handle)| handle.to_string())
    }

    #[test]
    fn a_key_is_named_as_ssh_names_it() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKLMzOdEQHNkfDMsy1hSL8Z4rXdvNwFAZ5Kk2QcfOp3j";
        let hash = key_hash(&key.into()).unwrap();
        assert_eq!(key_hash(&format!("{key} jane@laptop").into()), Some(hash), "what follows is a remark");
        for bad in
            ["", "ssh-ed25519", "ssh-ed25519 !", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA", "ssh-ed25519 AAAA", "x /w=="]
        {
            assert_eq!(key_hash(&bad.into()), None, "{bad}");
        }
    }

    #[test]
    fn the_policy_says_who_comes_in() {
        let everybody = Local::default();
        assert_eq!(handle(&everybody, 1_000, known("Jane", &[])).as_deref(), Some("jane"));
        for uid in [0, NOBODY] {
            assert_eq!(handle(&everybody, uid, known("jane", &[])), None, "{uid}");
        }
        assert_eq!(handle(&everybody, 1_000, None), None, "a number without a name");
        assert_eq!(handle(&everybody, 33, known("www-data", &[])), None, "the system's own is to be named");
        let web = Local { users: vec!["www-data".to_owned()], ..Local::default() };
        assert!(handle(&web, 33, known("www-data", &[])).is_some());
        for name in ["root", "system", "guest-1", "jane doe", "", "ünï"] {
            assert_eq!(handle(&everybody, 1_000, known(name, &[])), None, "{name}");
        }
        let some = Local { users: vec!["jane".to_owned()], groups: vec!["chat".to_owned()], ..Local::default() };
        assert!(handle(&some, 1_000, known("jane", &[])).is_some());
        assert!(handle(&some, 1_000, known("john", &["staff", "chat"])).is_some());
        assert_eq!(handle(&some, 1_000, known("john", &["staff"])), None);
        let named = Local { handles: [("jane doe".to_owned(), "jane".parse().unwrap())].into(), ..Local::default() };
        assert_eq!(handle(&named, 1_000, known("jane doe", &[])).as_deref(), Some("jane"));
    }
}
