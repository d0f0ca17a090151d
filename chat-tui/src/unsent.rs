//! What a person has written and the daemon does not have yet. It lies in the folder of the profile until the daemon has it,
//! so that nothing of it is lost with the program, the connection or the machine.

use proto::{ChannelId, ChannelKind, ChannelName, Handle, Index, MessageKind, Nonce, Timestamp};
use serde::{Deserialize, Serialize};

use crate::core::attachment::Attachment;

/// All that one person has written for one server and that is not there yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unsent {
    /// Messages, in the order in which they were written.
    pub messages: Vec<UnsentMessage>,
    /// What was being written, in each channel.
    pub drafts: Vec<Draft>,
    /// Changes of messages that were not answered: packets, as they go to the daemon.
    pub changes: Vec<String>,
    /// What was being written elsewhere, such as a post or a command.
    pub lines: Vec<String>,
    /// When the first of them was made.
    pub changed: Option<Timestamp>,
    /// The store that all of it was written for: numbers of messages mean something in it alone.
    pub store: Option<String>,
    /// The channel that was open.
    pub open: Option<ChannelId>,
}

/// A channel, and what it is called should one be in it no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelPlace {
    /// The channel's id; it never changes.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// A channel that one was in.
    Channel(ChannelPlace),
    /// The wall with that id, which one may read without being a member.
    Wall(ChannelId),
    /// The writer's own wall, whose id is not known.
    OwnWall,
    /// The conversation with somebody, which is opened first.
    Person(Handle),
}

/// A message that is to be sent, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentMessage {
    /// Where it goes.
    pub to: To,
    /// Where it was written, if that is elsewhere.
    pub from: Option<ChannelId>,
    /// What it is sent under, each time: so it arrives once.
    pub nonce: Nonce,
    /// What is said.
    pub content: String,
    /// Text or action.
    pub kind: MessageKind,
    /// The message that it answers.
    pub reply_to: Option<Index>,
    /// When it was written.
    pub written: Timestamp,
    /// Why it was refused, if it was.
    pub refused: Option<String>,
    /// Files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Attachment>,
}

/// What was being written in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The channel; none while no channel was open.
    pub place: Option<ChannelPlace>,
    /// What was written.
    pub text: String,
    /// What the daemon kept of it.
    pub kept: String,
    /// The message that it answers, and how that begins.
    pub reply: Option<(Index, String)>,
    /// Another text for an own message, which was being written instead.
    pub edit: Option<(Index, String)>,
}

impl Unsent {
    /// Tells whether nothing was written that is not there.
    pub fn is_empty(&self) -> bool {
        let Self { messages, drafts, changes, lines, changed: _, store: _, open: _ } = self;
        messages.is_empty() && drafts.is_empty() && changes.is_empty() && lines.is_empty()
    }

    /// Adds what another program has left behind. A message that both have is one message.
    pub fn add(&mut self, other: Self) {
        let known = |message: &UnsentMessage| self.messages.iter().any(|known| known.nonce == message.nonce);
        let messages = other.messages.into_iter().filter(|message| !known(message)).collect::<Vec<_>>();
        self.messages.extend(messages);
        self.messages.sort_by_key(|message| message.written);
        self.changes.extend(other.changes);
        self.lines.extend(other.lines);
        for draft in other.drafts {
            let id = |draft: &Draft| draft.place.as_ref().map(|place| place.id);
            match self.drafts.iter().find(|known| id(known) == id(&draft)) {
                // One place is written in at a time; what stands there stays, the other is to be had back.
                Some(_) => self
                    .lines
                    .extend([draft.text, draft.edit.unwrap_or_default().1].into_iter().filter(|text| !text.is_empty())),
                None => self.drafts.push(draft),
            }
        }
        self.changed = [self.changed, other.changed].into_iter().flatten().min();
        self.store = self.store.take().or(other.store);
        self.open = self.open.or(other.open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, text: &str) -> Draft {
        let place = ChannelPlace { id: id.parse().unwrap(), name: "tea".parse().unwrap(), kind: ChannelKind::Public };
        Draft { place: Some(place), text: text.to_owned(), kept: String::new(), reply: None, edit: None }
    }

    fn message(nonce: &str, written: i64) -> UnsentMessage {
        UnsentMessage {
            to: To::Person("bob".parse().unwrap()),
            from: None,
            nonce: nonce.parse().unwrap(),
            content: nonce.to_owned(),
            kind: MessageKind::Text,
            reply_to: None,
            written: Timestamp::from_millis(written),
            refused: None,
            files: Vec::new(),
        }
    }

    #[test]
    fn what_several_windows_left_comes_together() {
        let mut mine =
            Unsent { messages: vec![message("b", 2)], drafts: vec![draft("c1", "mine")], ..Unsent::default() };
        let messages = vec![message("a", 1), message("b", 2)];
        mine.add(Unsent { messages, drafts: vec![draft("c1", "theirs"), draft("c2", "other")], ..Unsent::default() });
        let nonces = mine.messages.iter().map(|message| message.nonce.as_str()).collect::<Vec<_>>();
        assert_eq!(nonces, ["a", "b"], "each once, in the order in which they were written");
        assert_eq!(mine.drafts, [draft("c1", "mine"), draft("c2", "other")]);
        assert_eq!(mine.lines, ["theirs"]);
    }

    #[test]
    fn a_file_of_another_version_is_read_as_far_as_it_is_known() {
        let read: Unsent = serde_json::from_str(r#"{"lines": ["x"], "files": []}"#).unwrap();
        assert_eq!(read.lines, ["x"]);
        let written = Unsent { messages: vec![message("a", 1)], drafts: vec![draft("c1", "x")], ..read };
        assert_eq!(serde_json::from_str::<Unsent>(&serde_json::to_string(&written).unwrap()).unwrap(), written);
    }
}
