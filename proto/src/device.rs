//! What a client says of itself: where it runs, and which program it is. Lists of sessions show both, on terminals too.

use std::str::FromStr;

use crate::bounds::DEVICE_BYTES_MAX;
use crate::text::on_the_wire;

/// Why a text is no name of a device or program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`device` and `client` have at most {DEVICE_BYTES_MAX} bytes and no control characters")]
pub struct DeviceError;

macro_rules! name_of_a_client {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Box<str>);

        impl $name {
            /// Gives the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = DeviceError;

            fn from_str(text: &str) -> Result<Self, DeviceError> {
                let fits = text.len() <= DEVICE_BYTES_MAX && !text.contains(char::is_control);
                if fits { Ok(Self(text.into())) } else { Err(DeviceError) }
            }
        }

        on_the_wire!($name);
    };
}

name_of_a_client! {
    /// The name of a client's profile: up to 64 bytes without control characters, chosen by the client, which keeps it.
    DeviceName
}
name_of_a_client! {
    /// The name and version of a client program, as it gives them: up to 64 bytes without control characters.
    ClientName
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_a_line() {
        for good in ["", "laptop-1", "chat-tui 1.2 (Linux)", &"x".repeat(DEVICE_BYTES_MAX), "Büro"] {
            assert_eq!(good.parse::<DeviceName>().unwrap().as_str(), good);
            assert_eq!(good.parse::<ClientName>().unwrap().as_str(), good);
        }
        for bad in ["two\nlines", "\u{1b}[2J", "nul\0", "\u{9b}2J", &"x".repeat(DEVICE_BYTES_MAX + 1)] {
            assert_eq!(bad.parse::<DeviceName>(), Err(DeviceError), "{bad:?}");
            assert_eq!(bad.parse::<ClientName>(), Err(DeviceError), "{bad:?}");
        }
    }
}
