//! Coming in and going out, and what becomes of an account.

use serde::{Deserialize, Serialize};

use crate::device::DeviceName;
use crate::name::Handle;
use crate::opaque::{SignUpCode, SshKey};
use crate::text::{Password, Token};
use crate::time::Timestamp;

/// Body of `POST /v1/register` and `POST /v1/login`. The handle is a plain text here: an empty or
/// impossible one deserves its own answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The handle as typed.
    #[serde(default)]
    pub handle: String,
    /// The password as typed.
    #[serde(default = "empty_password")]
    pub password: Password,
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
    /// Signing up where it takes an invitation: the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<SignUpCode>,
}

fn empty_password() -> Password {
    Password::new("")
}

/// Body of `POST /v1/guest`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestWish {
    /// What should follow `guest-` in the handle, if that is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// Body of `POST /v1/local`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalSignIn {
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
    /// Of somebody whom the user at the other end lets in by ssh: the public key, `TYPE BASE64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_key: Option<SshKey>,
    /// The handle that a key which nobody has yet is to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// Answer to `POST /v1/register` and `POST /v1/login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The handle of the account that is signed in.
    pub handle: Handle,
    /// The token of the new session.
    pub token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Body of `POST /v1/password`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    /// The password that the account has; left out where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Password>,
    /// The one that it is to have.
    pub password: Password,
}

/// Body of `POST /v1/account/delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAccount {
    /// The password of the account; left out where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// What becomes of what its person has said.
    pub content: Legacy,
}

/// What becomes of what somebody has said when their account is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Legacy {
    /// It stays, without their name.
    Keep,
    /// It is deleted, as if they had deleted each message.
    Remove,
}
