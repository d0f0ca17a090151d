//! A line on a page in which a post, an answer or another text for either is written.

use proto::{ChannelId, ClientPacket, Content, EditMessage, Index, Message};

use super::Wish;
use crate::component::field::Field;

/// What is being written.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) field: Field,
    about: About,
}

#[derive(Debug)]
enum About {
    Post,
    Answer(ChannelId, Index),
    Edit(ChannelId, Index),
}

impl Writing {
    /// Begins a post of one's own.
    pub(super) fn post() -> Self {
        Self { field: Field::new("Post", ""), about: About::Post }
    }

    /// Begins an answer.
    pub(super) fn answer(channel: ChannelId, index: Index) -> Self {
        Self { field: Field::new("Reply", ""), about: About::Answer(channel, index) }
    }

    /// Begins to change what one has said.
    pub(super) fn edit(channel: ChannelId, message: &Message) -> Self {
        Self { field: Field::new("Edit", &message.content), about: About::Edit(channel, message.index) }
    }

    /// What is to be done with what is written; nothing while nothing is.
    pub(super) fn done(&self) -> Option<Wish> {
        let content = Content::parse(self.field.text()).ok()?;
        Some(match self.about {
            About::Post => Wish::Post(content),
            About::Answer(channel, index) => Wish::Answer(channel, index, content),
            About::Edit(id, index) => Wish::Say(ClientPacket::EditMessage(EditMessage { id, index, content })),
        })
    }
}
