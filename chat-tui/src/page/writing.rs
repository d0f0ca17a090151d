//! A box on a page in which a post, an answer or another text for either is written.

use proto::{ChannelId, Content, Index, Message};

use super::Wish;
use crate::component::composer;

/// What is being written.
#[derive(Debug)]
pub struct Writing {
    /// The text, with the keys of the composer.
    pub input: composer::State,
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
        Self { input: composer::State::default(), about: About::Post }
    }

    /// Begins an answer.
    pub(super) fn answer(channel: ChannelId, index: Index) -> Self {
        Self { input: composer::State::default(), about: About::Answer(channel, index) }
    }

    /// Begins to change what one has said.
    pub(super) fn edit(channel: ChannelId, message: &Message) -> Self {
        let mut input = composer::State::default();
        input.insert(&message.content);
        Self { input, about: About::Edit(channel, message.index) }
    }

    /// What stands above the box.
    pub(super) fn title(&self) -> &'static str {
        match self.about {
            About::Post => "Post for your friends",
            About::Answer(..) => "Reply",
            About::Edit(..) => "Edit",
        }
    }

    /// What is to be done with what is written; nothing while nothing is.
    pub(super) fn done(&self) -> Option<Wish> {
        let content = Content::parse(self.input.text()).ok()?;
        Some(match self.about {
            About::Post => Wish::Post(content),
            About::Answer(channel, index) => Wish::Answer(channel, index, content),
            About::Edit(channel, index) => Wish::Edit(channel, index, content),
        })
    }

    /// What is written and is to be kept where one writes when the box is closed without sending.
    pub(super) fn kept(self) -> Option<Wish> {
        let text = self.input.text();
        (!text.trim().is_empty()).then(|| Wish::Keep(text.to_owned()))
    }
}
