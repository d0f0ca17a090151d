//! Texts that are passed on as they are: whoever made them knows what they mean, and refuses what means nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! opaque {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Gives the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

opaque! {
    /// Where the next page begins: `next` of an answer, which only the daemon reads.
    PageCursor
}
opaque! {
    /// The code of an operator as somebody typed it who wants an account; one of the wrong form deserves the same answer as a
    /// wrong one.
    SignUpCode
}
opaque! {
    /// A public key of ssh, `TYPE BASE64`, as `sshd` tells it.
    SshKey
}
