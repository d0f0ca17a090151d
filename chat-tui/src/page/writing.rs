//! The box on a page in which a post, a reply, an edit of either, or a setting is written.

use proto::{AskFriend, ChannelId, ClientPacket, Index, Message, PersonError, SetPresence, SetProfile, SetTopic};

use super::PageRequest;
use crate::component::composer::Composer;
use crate::keymap::hints::Hint;
use crate::rules::OnScreen;
use crate::shortcodes;

/// What is being written.
#[derive(Debug)]
pub struct Writing {
    /// The text, with the keys of the composer.
    pub input: Composer,
    purpose: WritingPurpose,
}

/// What it is written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WritingPurpose {
    Post,
    Answer(ChannelId, Index),
    Edit(ChannelId, Index),
    /// The line that everybody sees beside one's name.
    Status,
    /// One's display name.
    DisplayName,
    /// A few lines about oneself, shown in the profile.
    Bio,
    /// What a channel is about.
    Topic(ChannelId),
    /// Who is asked to be a friend.
    Friend,
}

impl Writing {
    /// Begins to write something, with what is there already.
    pub(super) fn begin(purpose: WritingPurpose, text: &str) -> Self {
        let mut input = Composer::default();
        input.insert(text);
        Self { input, purpose }
    }

    /// Begins a post of one's own.
    pub(super) fn post() -> Self {
        Self::begin(WritingPurpose::Post, "")
    }

    /// Begins an answer.
    pub(super) fn answer(channel: ChannelId, index: Index) -> Self {
        Self::begin(WritingPurpose::Answer(channel, index), "")
    }

    /// Begins to change what one has said.
    pub(super) fn edit(channel: ChannelId, message: &Message) -> Self {
        Self::begin(WritingPurpose::Edit(channel, message.index), &message.content)
    }

    /// What stands above the box.
    pub(super) fn title(&self) -> &'static str {
        match self.purpose {
            WritingPurpose::Post => label!("page-writing-post"),
            WritingPurpose::Answer(..) => label!("page-writing-reply"),
            WritingPurpose::Edit(..) => label!("page-writing-edit"),
            WritingPurpose::Status => label!("page-writing-status"),
            WritingPurpose::DisplayName => label!("page-writing-name"),
            WritingPurpose::Bio => label!("page-writing-bio"),
            WritingPurpose::Topic(_) => label!("page-writing-topic"),
            WritingPurpose::Friend => label!("page-writing-friend"),
        }
    }

    /// The keys of the box; the frame around pages reads them.
    pub(super) fn hints(&self) -> Vec<Hint> {
        let done = match self.purpose {
            WritingPurpose::Post | WritingPurpose::Answer(..) => label!("page-key-send"),
            WritingPurpose::Friend => label!("page-key-send-request"),
            WritingPurpose::Edit(..)
            | WritingPurpose::Status
            | WritingPurpose::DisplayName
            | WritingPurpose::Bio
            | WritingPurpose::Topic(_) => {
                label!("page-key-save")
            }
        };
        let new_line = self.takes_lines().then(|| ("Alt+Enter", label!("page-key-new-line")));
        [("Enter", done)].into_iter().chain(new_line).chain([("Esc", label!("page-key-cancel"))]).collect()
    }

    /// Tells whether what is written may have several lines.
    pub(super) fn takes_lines(&self) -> bool {
        matches!(
            self.purpose,
            WritingPurpose::Post | WritingPurpose::Answer(..) | WritingPurpose::Edit(..) | WritingPurpose::Bio
        )
    }

    /// Tells whether the box waits until the daemon has it; what is posted is kept until then anyway.
    pub(super) fn waits(&self) -> bool {
        !matches!(self.purpose, WritingPurpose::Post | WritingPurpose::Answer(..))
    }

    /// What is to be done with what is written, or what is wrong with it.
    pub(super) fn done(&self) -> Result<PageRequest, String> {
        let text = self.input.text();
        let content = || shortcodes::content(text).map_err(|error| error.on_screen());
        let of_a_person = |error: PersonError| error.on_screen();
        Ok(match &self.purpose {
            WritingPurpose::Post => PageRequest::Post(content()?),
            WritingPurpose::Answer(channel, index) => PageRequest::Answer(*channel, *index, content()?),
            WritingPurpose::Edit(channel, index) => PageRequest::Edit(*channel, *index, content()?),
            WritingPurpose::Status => {
                let status = Some(text.trim().parse().map_err(of_a_person)?);
                PageRequest::Set(ClientPacket::SetPresence(SetPresence { state: None, status }))
            }
            WritingPurpose::DisplayName => {
                let display_name = Some(text.trim().parse().map_err(of_a_person)?);
                PageRequest::Set(ClientPacket::SetProfile(SetProfile { display_name, ..SetProfile::default() }))
            }
            WritingPurpose::Bio => {
                let about = Some(text.trim().parse().map_err(of_a_person)?);
                PageRequest::Set(ClientPacket::SetProfile(SetProfile { about, ..SetProfile::default() }))
            }
            WritingPurpose::Topic(id) => {
                let topic = text.trim().parse().map_err(|error: proto::NameError| error.on_screen())?;
                PageRequest::Set(ClientPacket::SetTopic(SetTopic { id: *id, topic }))
            }
            WritingPurpose::Friend => {
                let handle = crate::meant::handle(text).map_err(|error| error.on_screen())?;
                PageRequest::Set(ClientPacket::AskFriend(AskFriend { handle }))
            }
        })
    }

    /// What is written and is to be kept where one writes when the box is closed without sending. A setting is not among
    /// what one says.
    pub(super) fn kept(self) -> Option<PageRequest> {
        let said = matches!(self.purpose, WritingPurpose::Post | WritingPurpose::Answer(..) | WritingPurpose::Edit(..));
        let text = self.input.text();
        (said && !text.trim().is_empty()).then(|| PageRequest::Keep(text.to_owned()))
    }
}
