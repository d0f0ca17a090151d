//! Saying something: sent in order, kept until the daemon has it.

use proto::codec::encode_request;
use proto::{
    ChannelId, ClientPacket, Content, ContentError, Index, MarkRead, MessageKind, NewMessage, Ref, SendMessage,
    Timestamp,
};

use super::outbox::{Outgoing, Recipient};
use super::{Asked, Core, CoreEffect};
use crate::unsent::{To, UnsentMessage};

/// What is larger than the daemon takes, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// What is said.
    #[error("that is {bytes} bytes long, the server takes {max}")]
    Content {
        /// How long it is.
        bytes: u64,
        /// How long it may be.
        max: u64,
    },
    /// What is said with everything around it, as it crosses the wire.
    #[error("that makes a packet of {bytes} bytes, the server takes {max}")]
    Packet {
        /// How long it is.
        bytes: u64,
        /// How long it may be.
        max: u64,
    },
}

impl Core {
    /// Makes a message, under a name of its own.
    pub fn outgoing(&mut self, content: String, kind: MessageKind) -> Outgoing {
        let outgoing = self.next_outgoing(content, kind);
        self.next_nonce += 1;
        outgoing
    }

    /// A message as it would go next.
    fn next_outgoing(&self, content: String, kind: MessageKind) -> Outgoing {
        let nonce = format!("{}-{}", self.nonce_prefix, self.next_nonce);
        Outgoing {
            nonce: nonce.parse().expect("letters, digits and hyphens are a nonce"),
            content,
            kind,
            reply_to: None,
            files: Vec::new(),
        }
    }

    /// Says something in a channel; what may go now goes at once.
    pub fn say(&mut self, channel: ChannelId, outgoing: Outgoing, now: Timestamp) -> Vec<CoreEffect> {
        self.now = now;
        self.outbox.push(channel, outgoing, now);
        if self.is_online() {
            self.send_due();
        }
        std::mem::take(&mut self.out.effects)
    }

    /// Says something to somebody with whom no conversation is open yet; where it was written is where it is given back.
    pub fn say_to(&mut self, from: Option<ChannelId>, handle: proto::Handle, outgoing: Outgoing, now: Timestamp) {
        self.outbox.push_from(from, Recipient::Person(handle), outgoing, now);
    }

    /// Hands over what may go now. A message that the daemon would close the connection for never goes.
    pub(super) fn send_due(&mut self) {
        self.upload_due();
        let (channels, walls) = (&self.channels, &self.walls);
        let live = |id: &ChannelId| channels.get(id).is_some_and(|channel| channel.gone.is_none());
        for (id, outgoing) in self.outbox.due(self.now, |id| live(id) || walls.knows(id)) {
            self.deliver(id, &outgoing);
        }
    }

    fn deliver(&mut self, id: ChannelId, outgoing: &Outgoing) {
        let fit = match content_of(outgoing) {
            Ok(content) => self.exceeds(id, outgoing).map_or(Ok(content), |error| Err(error.to_string())),
            Err(error) => Err(error.to_string()),
        };
        match fit {
            Ok(content) => {
                let packet = packet_of(id, outgoing, content);
                self.add_request(Asked::Send(id, outgoing.nonce.clone()), packet);
            }
            Err(reason) if self.walls.knows(&id) => self.post_refused(&outgoing.nonce, reason),
            Err(reason) => self.outbox.refused(&outgoing.nonce, &reason),
        }
    }

    /// Tells when a text is larger than the daemon takes, as a message of a channel.
    pub fn too_large(&self, id: ChannelId, content: &Content, kind: MessageKind) -> Option<TooLarge> {
        self.exceeds(id, &self.next_outgoing(content.as_str().to_owned(), kind))
    }

    fn exceeds(&self, id: ChannelId, outgoing: &Outgoing) -> Option<TooLarge> {
        let limits = self.limits.as_ref()?;
        let bytes = outgoing.content.len() as u64;
        if bytes > limits.message_bytes {
            return Some(TooLarge::Content { bytes, max: limits.message_bytes });
        }
        let content = content_of(outgoing).ok()?;
        let packet = packet_of(id, outgoing, content);
        // The longest `ref` that there will be.
        let packet_bytes = encode_request(&Ref::Number(i64::MAX), &packet).len() as u64;
        let large = packet_bytes > limits.packet_bytes;
        large.then_some(TooLarge::Packet { bytes: packet_bytes, max: limits.packet_bytes })
    }

    /// Lets what was refused go again where that may be; gives how much that is.
    pub fn try_again(&mut self) -> usize {
        let channels = &self.channels;
        self.outbox.try_again(|id| channels.get(id).is_none_or(|channel| channel.gone.is_none()))
    }

    /// Says up to where a channel was read.
    pub fn mark_read(&mut self, id: ChannelId, index: Index) -> Option<CoreEffect> {
        self.touch(id);
        let channel = self.channels.get_mut(&id).filter(|channel| channel.gone.is_none())?;
        let last = channel.history.last_index();
        if index >= last {
            channel.set_read(last, 0, 0);
        } else {
            // How many of them named the reader the daemon says.
            channel.set_read(index, channel.counted.get().saturating_sub(index.get()), channel.mentions);
        }
        Some(self.send_unasked(ClientPacket::MarkRead(MarkRead { id, index })))
    }

    /// Takes up a message that was written before this start.
    pub fn take_up_message(&mut self, message: UnsentMessage, now: Timestamp) {
        let to = match &message.to {
            To::Channel(place) => {
                self.places.insert(place.id, place.clone());
                Recipient::Channel(place.id)
            }
            To::Wall(id) => {
                self.note_wall(*id);
                Recipient::Channel(*id)
            }
            To::OwnWall => Recipient::OwnWall,
            To::Person(handle) => Recipient::Person(handle.clone()),
        };
        self.outbox.take_up(to, message, now);
    }

    /// Gives the messages that the daemon does not have, as they are kept for the next start.
    pub fn unsent_messages(&self) -> Vec<UnsentMessage> {
        self.outbox.kept(|recipient| {
            Some(match recipient {
                Recipient::Channel(id) if self.walls.knows(id) => To::Wall(*id),
                Recipient::Channel(id) => To::Channel(self.place_of(id)?),
                Recipient::OwnWall => To::OwnWall,
                Recipient::Person(handle) => To::Person(handle.clone()),
            })
        })
    }

    /// Gives the store that all of it was written for.
    pub fn store(&self) -> Option<&str> {
        self.store.as_deref()
    }

    /// Takes up for which store all of it was written.
    pub fn take_up_store(&mut self, store: Option<String>) {
        self.store = store;
    }
}

/// What is said beside files may be nothing.
fn content_of(outgoing: &Outgoing) -> Result<Content, ContentError> {
    if outgoing.files.is_empty() { Content::parse(&outgoing.content) } else { Content::beside_files(&outgoing.content) }
}

/// Gives the packet that says something, with the files that are at the server.
fn packet_of(id: ChannelId, outgoing: &Outgoing, content: Content) -> ClientPacket {
    let Outgoing { nonce, kind, reply_to, files, .. } = outgoing;
    let files = files.iter().filter_map(|file| Some(file.file.as_ref()?.id)).collect();
    let message = NewMessage { content, nonce: nonce.clone(), kind: *kind, reply_to: *reply_to, files };
    ClientPacket::SendMessage(SendMessage { id, message })
}
