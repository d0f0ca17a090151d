//! What somebody has set for themselves, on all devices.

use serde::{Deserialize, Serialize};

use crate::optional::or_default;
use crate::person::{Status, ThemeName};
use crate::presence::ChosenPresence;

/// The people from whom somebody takes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody who is signed in.
    Everyone,
    /// Who is in a channel with one, and friends.
    Shared,
    /// Only friends of the account.
    Friends,
    /// Somebody whom this version does not know.
    #[serde(other)]
    Unknown,
}

/// Who may see and write what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    /// Who sees whether one is there.
    pub presence: Audience,
    /// Who may write to one directly.
    pub messages: Audience,
    /// Who may make one a member of a channel at once; of anybody else the invitation waits.
    #[serde(default = "everyone")]
    pub invitations: Audience,
    /// Who reads what one posts: friends or everyone.
    pub posts: Audience,
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            presence: Audience::Shared,
            messages: Audience::Everyone,
            invitations: everyone(),
            posts: Audience::Friends,
        }
    }
}

fn everyone() -> Audience {
    Audience::Everyone
}

/// Payload of the event `settings`, and part of the answer to `GET /v1/settings`: what one has set for oneself, for all one's devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// What one says by hand about being there.
    pub presence: ChosenPresence,
    /// What one does just now.
    #[serde(default)]
    pub status: Status,
    /// Who may see and write what.
    pub privacy: Privacy,
    /// How clients look.
    #[serde(default)]
    pub theme: ThemeName,
}

/// Payload of `settings`: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSettings {
    /// Who may see and write what.
    #[serde(default, skip_serializing_if = "SetPrivacy::is_empty", deserialize_with = "or_default")]
    pub privacy: SetPrivacy,
    /// How clients look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<ThemeName>,
}

/// The part of `settings` that says who may see and write what: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPrivacy {
    /// Who sees whether one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Audience>,
    /// Who may write to one directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Audience>,
    /// Who may make one a member of a channel at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitations: Option<Audience>,
    /// Who reads what one posts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posts: Option<Audience>,
}

impl SetPrivacy {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
