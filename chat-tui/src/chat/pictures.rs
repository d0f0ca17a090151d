//! Pictures: drawn or only named, fetched when they are on the screen, and those that people are seen by.

use proto::{Avatar, ClientPacket, FileInfo, SetProfile};

use super::{Asked, ChatScreen};
use crate::component::avatar;
use crate::effect::Effect;
use crate::image::ImageSetup;
use crate::text::CleanLine;

impl ChatScreen {
    /// The picture that one wants to be seen by is at the server, or why not.
    pub fn avatar_uploaded(&mut self, result: Result<FileInfo, String>) -> Vec<Effect> {
        match result {
            Ok(file) => {
                let profile = SetProfile { avatar: Some(Avatar::of(Some(file.id))), ..SetProfile::default() };
                let told = Asked::Told(label!("notice-profile-saved").to_owned());
                vec![self.ask(told, ClientPacket::SetProfile(profile))]
            }
            Err(reason) => {
                self.fail(say!("notice-not-uploaded", reason = CleanLine::new(&reason).as_str()));
                Vec::new()
            }
        }
    }

    /// The terminal has said how it can draw pictures.
    pub fn images_can_be_drawn(&mut self, setup: Option<ImageSetup>) {
        self.image_setup = setup;
        self.images.set_up(setup.filter(|_| self.wants_images));
    }

    /// Draws pictures, or no longer, and says how or why not.
    pub(super) fn show_pictures(&mut self, on: bool) {
        self.wants_images = on;
        self.images.set_up(self.image_setup.filter(|_| on));
        match (on, self.image_setup) {
            (true, Some(setup)) => self.tell(say!("notice-pictures-on", how = setup.protocol.name())),
            (true, None) => self.fail(label!("error-no-pictures")),
            (false, _) => self.tell(label!("notice-pictures-off")),
        }
    }

    /// Fetches the pictures that are on the screen and not here.
    pub(super) fn load_images(&mut self) -> Vec<Effect> {
        self.moving.clear();
        let Some(setup) = self.images.setup().filter(|_| !self.is_covered()) else { return Vec::new() };
        let mut shown = self.with_timeline(|timeline, pane| timeline.images(pane)).unwrap_or_default();
        self.moving = shown.iter().filter(|key| key.moves).cloned().collect();
        let members = self.channel().into_iter().flat_map(|channel| channel.members.values());
        shown.extend(avatar::wanted(members.filter_map(|member| member.avatar), &self.images));
        self.images.shown(shown).into_iter().map(|key| Effect::LoadImage(key, setup)).collect()
    }
}
