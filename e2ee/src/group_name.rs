//! Names of groups: the channel, and the how manieth group of it. A channel gets another group where the server's data went back
//! to a state that its devices have left behind.

use std::fmt;

use openmls::prelude::GroupId;
use proto::ChannelId;
use serde::{Deserialize, Serialize};

/// Between the channel and the number; ids of channels have none, as they are visible ASCII.
const BETWEEN: char = ' ';

/// A group of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupName {
    /// The channel.
    pub channel: ChannelId,
    /// Which of its groups, counted from 1.
    pub generation: u32,
}

impl GroupName {
    pub(crate) fn to_id(self) -> GroupId {
        GroupId::from_slice(self.to_string().as_bytes())
    }

    /// Reads a name; `None` if it is none of ours.
    pub(crate) fn of_id(id: &GroupId) -> Option<Self> {
        let (channel, generation) = std::str::from_utf8(id.as_slice()).ok()?.split_once(BETWEEN)?;
        let name = Self { channel: channel.parse().ok()?, generation: generation.parse().ok()? };
        (name.to_id() == *id).then_some(name)
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{BETWEEN}{}", self.channel, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_one_way_only() {
        let name = GroupName { channel: "abc".parse().unwrap(), generation: 7 };
        assert_eq!(GroupName::of_id(&name.to_id()), Some(name));
        for other in ["abc", "abc 07", "abc +7", "abc 7 ", " 7", "abc x", "a b 7", "\u{fffd} 1"] {
            assert_eq!(GroupName::of_id(&GroupId::from_slice(other.as_bytes())), None, "{other}");
        }
    }
}
