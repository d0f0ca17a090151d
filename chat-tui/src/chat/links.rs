//! Links to send or fetch files in a browser: asked for, and shown when they are made.

use proto::{ClientPacket, CreateLink, Index, Request};
use serde_json::value::RawValue;

use super::{Asked, ChatScreen};
use crate::component::link::{LinkPopup, LinkPurpose};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::words;

impl ChatScreen {
    /// Asks for a link by which files are sent into the open channel.
    pub(super) fn make_upload_link(&mut self) -> Vec<Effect> {
        let purpose = LinkPurpose::Send { channel: self.title_here() };
        self.ask_here_as(Asked::Link(purpose), |id| ClientPacket::CreateLink(CreateLink { id, index: None }))
    }

    /// Asks for a link to the files of a message here, so many.
    pub(super) fn make_download_link(&mut self, index: Index, files: u64) -> Vec<Effect> {
        let wish = |id| ClientPacket::CreateLink(CreateLink { id, index: Some(index) });
        self.ask_here_as(Asked::Link(LinkPurpose::Fetch { files }), wish)
    }

    /// Gives the message that is selected, or the newest one with files here, and how many it has.
    pub(super) fn message_with_files(&self) -> Option<(Index, u64)> {
        if let Some(chosen) = self.chosen() {
            return Some((chosen.index, chosen.files().len() as u64)).filter(|(_, files)| *files > 0);
        }
        let newest = self.channel()?.history.newest_with_files()?;
        Some((newest.index, newest.files.len() as u64))
    }

    /// The link is made: it is shown when the screen is drawn next.
    pub(super) fn link_made(&mut self, purpose: LinkPurpose, payload: &RawValue) {
        match CreateLink::read_answer(payload) {
            Ok(link) => {
                let until = words::moment(link.expires_at, self.now, &self.zone);
                self.made_link = Some(LinkPopup::new(purpose, CleanLine::new(&link.url), until));
            }
            Err(_) => self.fail(label!("error-internal-client")),
        }
    }

    /// Takes the link that is to be shown, once.
    pub(crate) fn take_link(&mut self) -> Option<LinkPopup> {
        self.made_link.take()
    }
}
