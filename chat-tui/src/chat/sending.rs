//! Saying something: shown at once, sent in order, kept until the daemon has it.

use proto::codec::encode_request;
use proto::{ChannelId, ClientPacket, Content, MessageKind, NewMessage, Ref, SendMessage, Timestamp};

use super::{Asked, Connection, State};
use crate::core::outbox::Outgoing;
use crate::effect::Effect;

impl State {
    /// Says something in a channel.
    pub(super) fn send(&mut self, channel: ChannelId, outgoing: Outgoing, now: Timestamp) {
        let Some(shown) = self.channels.get_mut(&channel) else { return };
        if shown.unread == 0 {
            shown.timeline.set_divider(None);
        }
        shown.timeline.scroll_to_bottom();
        self.outbox.push(channel, outgoing, now);
        self.quit_warned = false;
        self.typing_told = None;
    }

    pub(super) fn outgoing(&mut self, content: String, kind: MessageKind) -> Outgoing {
        let outgoing = self.draft(content, kind);
        self.next_nonce += 1;
        outgoing
    }

    /// A message as it would go next.
    pub(super) fn draft(&self, content: String, kind: MessageKind) -> Outgoing {
        let nonce = format!("{}-{}", self.nonce_prefix, self.next_nonce);
        Outgoing {
            nonce: nonce.parse().expect("letters, digits and hyphens are a nonce"),
            content,
            kind,
            reply_to: None,
        }
    }

    /// Hands over what may go now. A message that the daemon would close the connection for never goes.
    pub(super) fn send_due(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.connection != Connection::Online {
            return Vec::new();
        }
        let (channels, walls) = (&self.channels, &self.walls);
        let live = |id: &ChannelId| channels.get(id).is_some_and(|channel| channel.gone.is_none());
        let due = self.outbox.due(now, |id| live(id) || walls.knows(id));
        due.into_iter().filter_map(|(id, outgoing)| self.deliver(id, &outgoing)).collect()
    }

    fn deliver(&mut self, id: ChannelId, outgoing: &Outgoing) -> Option<Effect> {
        let fit = match Content::parse(&outgoing.content) {
            Ok(content) => self.too_large(id, outgoing).map_or(Ok(content), Err),
            Err(error) => Err(error.to_string()),
        };
        match fit {
            Ok(content) => {
                let nonce = outgoing.nonce.clone();
                let message =
                    NewMessage { content, nonce: nonce.clone(), kind: outgoing.kind, reply_to: outgoing.reply_to };
                Some(self.ask(Asked::Send(id, nonce), ClientPacket::SendMessage(SendMessage { id, message })))
            }
            Err(reason) if self.walls.knows(&id) => {
                self.post_refused(id, outgoing, &reason);
                None
            }
            Err(reason) => {
                self.outbox.refused(&outgoing.nonce, &reason);
                None
            }
        }
    }

    /// Tells in words when a message is larger than the daemon takes.
    pub(super) fn too_large(&self, id: ChannelId, outgoing: &Outgoing) -> Option<String> {
        let limits = self.limits.as_ref()?;
        let bytes = outgoing.content.len() as u64;
        if bytes > limits.message_bytes {
            return Some(format!("that is {bytes} bytes long, the server takes {}", limits.message_bytes));
        }
        let content = Content::parse(&outgoing.content).ok()?;
        let message =
            NewMessage { content, nonce: outgoing.nonce.clone(), kind: outgoing.kind, reply_to: outgoing.reply_to };
        let packet = ClientPacket::SendMessage(SendMessage { id, message });
        // The longest `ref` that there will be.
        let packet_bytes = encode_request(&Ref::Number(i64::MAX), &packet).len() as u64;
        let large = packet_bytes > limits.packet_bytes;
        large.then(|| format!("that makes a packet of {packet_bytes} bytes, the server takes {}", limits.packet_bytes))
    }

    /// Tells in words when a text is larger than the daemon takes, wherever it goes.
    pub fn refuses(&self, content: &Content) -> Option<String> {
        let id = self.current?;
        self.too_large(id, &self.draft(content.as_str().to_owned(), MessageKind::Text))
    }

    /// Tries again what was refused, and to connect, if that waits.
    pub(super) fn retry(&mut self) -> Option<Effect> {
        let channels = &self.channels;
        let is_open = |id: &ChannelId| channels.get(id).is_none_or(|channel| channel.gone.is_none());
        let refused = self.outbox.try_again(is_open);
        match (refused, self.outbox.on_its_way()) {
            (0, 0) if self.outbox.unsent_count() > 0 => {
                self.tell("what is not sent was for channels that you are no longer in")
            }
            (0, 0) => self.tell("everything was sent"),
            (0, 1) => self.tell("one message is still on its way"),
            (0, under_way) => self.tell(format!("{under_way} messages are still on their way")),
            _ => {}
        }
        self.connect_now()
    }

    /// Puts the last message that was refused here back where one writes.
    pub(super) fn take_back(&mut self) {
        let taken = self.current.and_then(|id| self.outbox.take_back(id));
        let (Some(taken), Some(channel)) = (taken, self.channel_mut()) else {
            self.tell("nothing that failed waits here");
            return;
        };
        if !channel.composer.is_empty() {
            channel.composer.insert("\n");
        }
        let sign = if taken.kind == MessageKind::Action { "/me " } else { "" };
        channel.composer.insert(&format!("{sign}{}", taken.content));
    }
}
